"""Commands about source files: which sources are known, a first mapping for an unknown file, the quality of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mediation_geo.cli.console import print_json, say

if TYPE_CHECKING:
    from mediation_geo.ingest.quality import SourceQuality

__all__ = ["register"]

_SEVERITIES = {"reject": "écarté", "warning": "à corriger", "info": "corrigé"}


def register(app: typer.Typer) -> None:
    """Add `sources`, `map` and `check` to the command line."""
    app.command("sources", epilog="Example: mediation-geo sources --json")(list_sources)
    app.command("map", epilog="Example: mediation-geo map lieux.csv > mapping.toml")(propose)
    app.command("check", epilog="Example: mediation-geo check lieux.csv --html rapport.html")(check)


def list_sources(*, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the sources we can read: name, territory, producer, licence, where they are fetched."""
    from mediation_geo.ingest.mapping import shipped_mappings

    mappings = sorted(shipped_mappings().values(), key=lambda each: each.name)
    if json:
        print_json(
            [each.model_dump(include={"name", "title", "territory", "producer", "licence", "page", "fetch"}) for each in mappings]
        )
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("source", "territory", "producer", "licence", "fetched")
    for each in mappings:
        table.add_row(each.name, each.territory, each.producer, each.licence, each.fetch.url if each.fetch else "file only")
    Console().print(table)


def propose(
    file: Annotated[Path, typer.Argument(help="A file of a source we do not know yet.")],
    *,
    name: Annotated[str | None, typer.Option(help="Name of the source; from the file's name when absent.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Propose a first mapping for an unknown file, as TOML with the evidence for each column."""
    from dataclasses import asdict

    from mediation_geo.errors import SchemaMismatch
    from mediation_geo.ingest.propose import propose_mapping, to_toml
    from mediation_geo.ingest.read import open_raw
    from mediation_geo.ingest.recognise import file_slug

    raw = open_raw(file)
    first = next(raw.read(2_000), None)
    if first is None:
        message = "a header without rows; expected at least one place"
        raise SchemaMismatch(message, path=str(file), line=1)
    proposals = propose_mapping(first.frame)
    if json:
        named = {"name": name or file_slug(file), "columns": list(raw.columns)}
        print_json({**named, "fields": [asdict(each) for each in proposals]})
    else:
        print(to_toml(proposals, name=name or file_slug(file), columns=list(raw.columns)), end="")
    say(
        f"{len(proposals)} fields proposed from {len(raw.columns)} columns; check them, then: mediation-geo check FILE "
        f"--mapping MAPPING.toml"
    )


def check(
    file: Annotated[Path, typer.Argument(help="A source file.")],
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write the report as a French web page.")] = None,
    mapping: Annotated[Path | None, typer.Option("--mapping", help="A mapping of your own.")] = None,
) -> None:
    """Read a source file and report its quality: what is missing, wrong, corrected, with examples."""
    from datetime import UTC, datetime

    from mediation_geo.ingest.mapping import load_mapping_file
    from mediation_geo.ingest.quality import quality_by_feed, render_html
    from mediation_geo.ingest.source import read_source
    from mediation_geo.ingest.table_schema import schema_faults

    own = [load_mapping_file(mapping)] if mapping else []
    result = read_source(file, mappings=own, feed=own[0].name if own else None)
    reports = quality_by_feed(result.table, result.issues, as_of=datetime.now(tz=UTC).date())
    faults = schema_faults(result.table)["fault"].value_counts()
    if html:
        html.write_text(render_html(reports, title=f"Qualité de {file.name}"), encoding="utf-8")
        say(f"report written to {html}")
    if json:
        print_json({"file": file.name, "sources": [each.to_dict() for each in reports], "schema_faults": faults.to_dict()})
        return
    for report in reports:
        _print_report(report)
    verdict = ", ".join(f"{count} {name}" for name, count in faults.items()) or "none"
    print(f"Faults against the national schema v1.0.2 after cleaning: {verdict}")


def _print_report(report: SourceQuality) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    console.print(f"[bold]{escape(report.feed)}[/]: {report.rows} rows, {report.records} records, {report.rejected} rejected")
    console.print("freshness: " + ", ".join(f"{name} {count}" for name, count in report.freshness.items()))
    table = Table("gravité", "ce que nous avons vu", "fois", "exemple")
    for code in report.codes:
        table.add_row(
            _SEVERITIES[code.severity], escape(code.message), str(code.count), escape(code.examples[0] if code.examples else "")
        )
    console.print(table)
    filled = ", ".join(f"{name} {share:.0%}" for name, share in report.completeness.items())
    console.print(escape(f"filled: {filled}"))
