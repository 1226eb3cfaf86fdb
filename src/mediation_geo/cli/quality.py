"""Commands about quality: `check` of a file before it is published, `quality` of the sources of a release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mediation_geo.cli.console import AsJson, Releases, print_json, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mediation_geo.ingest.quality import CodeCount, SourceQuality

__all__ = ["register"]

_SEVERITIES = {"reject": "écarté", "warning": "à corriger", "info": "corrigé"}

ToHtml = Annotated[Path | None, typer.Option("--html", help="Write the report as a French web page.")]
ToCsv = Annotated[
    Path | None, typer.Option("--csv", help="Write every issue: row, field, value before and after, what it means in French.")
]


def register(app: typer.Typer) -> None:
    """Add `check` and `quality` to the command line."""
    app.command("check", epilog="Example: mediation-geo check lieux.csv --html rapport.html --csv a-corriger.csv")(check)
    app.command("quality", epilog="Example: mediation-geo quality cnfs --releases releases --html cnfs.html")(quality)


def check(
    file: Annotated[Path, typer.Argument(help="A source file.")],
    *,
    json: AsJson = False,
    html: ToHtml = None,
    csv: ToCsv = None,
    mapping: Annotated[Path | None, typer.Option("--mapping", help="A mapping of your own.")] = None,
) -> None:
    """Read a source file and report its quality: what is missing, wrong, corrected, on which row, with examples."""
    from datetime import UTC, datetime

    from mediation_geo.ingest.mapping import load_mapping_file
    from mediation_geo.ingest.quality import quality_by_feed
    from mediation_geo.ingest.source import read_source, source_rows
    from mediation_geo.ingest.table_schema import schema_faults

    own = [load_mapping_file(mapping)] if mapping else []
    feed = own[0].name if own else None
    result = read_source(file, mappings=own, feed=feed)
    rows = source_rows(file, mappings=own, feed=feed)
    reports = quality_by_feed(result.table, result.issues, as_of=datetime.now(tz=UTC).date(), rows=rows)
    faults = schema_faults(result.table)["fault"].value_counts()
    _write(reports, result.issues, rows, title=f"Qualité de {file.name}", html=html, csv=csv)
    if json:
        print_json({"file": file.name, "sources": [each.to_dict() for each in reports], "schema_faults": faults.to_dict()})
        return
    _print_reports(reports)
    verdict = ", ".join(f"{count} {name}" for name, count in faults.items()) or "none"
    print(f"Faults against the national schema v1.0.2 after cleaning: {verdict}")


def quality(
    feeds: Annotated[list[str] | None, typer.Argument(help="Sources to report on; none: all of them.")] = None,
    *,
    releases: Releases = Path("releases"),
    release_id: Annotated[str | None, typer.Option("--release", help="Release to look at; none: the current one.")] = None,
    json: AsJson = False,
    html: ToHtml = None,
    csv: ToCsv = None,
) -> None:
    """Report the quality of the sources of a release, with what changed since the release before it."""
    from mediation_geo.errors import RequestError
    from mediation_geo.release import open_release

    release = open_release(releases, release_id)
    if "quality" not in release.manifest:
        parameter, message = "release", f"{release.id} was built before releases had a report on quality; expected a newer one"
        raise RequestError(parameter, message)
    reports = _chosen(release.manifest["quality"], feeds)
    issues = release.issues[release.issues["feed"].isin([each.feed for each in reports])]
    rows = release.records.set_index("record_id")["row"]
    _write(reports, issues, rows, title=f"Qualité des sources, {release.id}", html=html, csv=csv)
    if json:
        print_json({"release": release.id, "sources": [each.to_dict() for each in reports]})
        return
    _print_reports(reports)


def _chosen(stored: dict[str, Any], feeds: Sequence[str] | None) -> list[SourceQuality]:
    from mediation_geo.errors import RequestError
    from mediation_geo.ingest.quality import SourceQuality

    for feed in feeds or ():
        if feed not in stored:
            parameter, message = "feed", f"{feed!r} is not a source of this release"
            raise RequestError(parameter, message, allowed=sorted(stored))
    return [SourceQuality.from_dict(stored[feed]) for feed in feeds or sorted(stored)]


def _write(
    reports: Sequence[SourceQuality],
    issues: pd.DataFrame,
    rows: pd.Series,
    *,
    title: str,
    html: Path | None,
    csv: Path | None,
) -> None:
    """Write the page and the list that were asked for."""
    if html:
        from mediation_geo.ingest.quality_page import render_html

        html.write_text(render_html(reports, title=title), encoding="utf-8")
        say(f"report written to {html}")
    if csv:
        from mediation_geo.ingest.quality import issue_listing
        from mediation_geo.release.exports.official import guard

        listing = issue_listing(issues, rows=rows)
        # What producers typed is quoted here as it was: a spreadsheet must not run it.
        texts = {name: listing[name].map(guard, na_action="ignore") for name in ("record_id", "value", "corrected")}
        # With the mark that spreadsheets need to show accents.
        listing.assign(**texts).to_csv(csv, index=False, encoding="utf-8-sig")
        say(f"{len(listing):,} issues written to {csv}")


def _print_reports(reports: Sequence[SourceQuality]) -> None:
    from rich.console import Console

    console = Console()
    for report in reports:
        _print_report(report, console=console)


def _print_report(report: SourceQuality, *, console: Any) -> None:
    from rich.markup import escape
    from rich.table import Table

    console.print(f"[bold]{escape(report.feed)}[/]: {report.rows} rows, {report.records} records, {report.rejected} rejected")
    if report.trend:
        console.print(f"since the last report: {report.trend.records:+d} records, {report.trend.rejected:+d} rejected")
    console.print("freshness: " + ", ".join(f"{name} {count}" for name, count in report.freshness.items()))
    table = Table("gravité", "ce que nous avons vu", "fois", "exemple")
    for code in report.codes:
        example = escape(str(code.examples[0])) if code.examples else ""
        table.add_row(_SEVERITIES[code.severity], escape(code.message), _times(code, report), example)
    console.print(table)
    filled = ", ".join(f"{name} {share:.0%}" for name, share in report.completeness.items())
    console.print(escape(f"filled: {filled}"))


def _times(code: CodeCount, report: SourceQuality) -> str:
    change = report.trend.codes.get(code.code, 0) if report.trend else 0
    return f"{code.count} ({change:+d})" if change else str(code.count)
