"""
What a producer should know about a source: completeness, freshness, faults by code in French with examples, trend.

Built from records and issues only, so that it serves a file being checked and a source of a release alike.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from mediation_geo.standard import FIELD_NAMES, issue_codes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

__all__ = ["CodeCount", "SourceQuality", "quality_by_feed", "render_html"]

_EXAMPLES = 3
_RECENT_MONTHS, _OLD_MONTHS = 6, 18
_FRESHNESS = ("recent", "a_verifier", "ancien", "inconnue")


@dataclass(frozen=True)
class CodeCount:
    """Issues of one code: how many, what they mean, some examples as `before -> after`."""

    code: str
    severity: str
    message: str
    count: int
    records: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class SourceQuality:
    """
    Quality of one feed.

    Attributes
    ----------
    rows, records, rejected : int
        Rows of the file, records that went on, rows rejected: rows = records + rejected.
    completeness : dict of str to float
        Share of records that have a value, for each field of the standard.
    freshness : dict of str to int
        Records updated less than 6 months ago (`recent`), up to 18 (`a_verifier`), earlier (`ancien`), unknown (`inconnue`).
    codes : tuple of CodeCount
        Rejections first, then warnings, then what was corrected; most frequent first.
    trend : dict of str to float
        Change of each completeness since the previous report; empty without one.
    """

    feed: str
    rows: int
    records: int
    rejected: int
    completeness: dict[str, float]
    freshness: dict[str, int]
    codes: tuple[CodeCount, ...]
    trend: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def quality_by_feed(
    records: pd.DataFrame,
    issues: pd.DataFrame,
    *,
    as_of: date,
    previous: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[SourceQuality]:
    """
    Quality of each feed, in the order of their names.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `RECORDS` or wider.
    issues : pandas.DataFrame
        Layout `ISSUES`; those of other stages count as well.
    as_of : datetime.date
        The day from which freshness is counted.
    previous : mapping, optional
        Feed -> `SourceQuality.to_dict()` of an earlier run, for the trend.

    Examples
    --------
    >>> from datetime import date
    >>> import pandas as pd
    >>> from mediation_geo.standard import RECORDS, conform, no_issues
    >>> one = conform(pd.DataFrame({"record_id": ["x/1"], "feed": ["x"], "row": [1], "nom": ["Mairie"]}), RECORDS)
    >>> report = quality_by_feed(one, no_issues(), as_of=date(2026, 1, 1))[0]
    >>> report.records, report.completeness["nom"], report.freshness["inconnue"]
    (1, 1.0, 1)
    """
    feeds = sorted(set(records["feed"].dropna()) | set(issues["feed"].dropna()))
    before = previous or {}
    return [
        _feed_quality(
            feed,
            records[records["feed"].eq(feed)],
            issues[issues["feed"].eq(feed)],
            as_of=as_of,
            previous=before.get(feed),
        )
        for feed in feeds
    ]


def _feed_quality(
    feed: str, records: pd.DataFrame, issues: pd.DataFrame, *, as_of: date, previous: Mapping[str, Any] | None
) -> SourceQuality:
    rejected = issues.loc[issues["severity"].eq("reject"), "record_id"].nunique()
    completeness = {name: round(float(records[name].notna().mean()), 4) if len(records) else 0.0 for name in FIELD_NAMES}
    earlier = (previous or {}).get("completeness", {})
    trend = {name: round(share - earlier[name], 4) for name, share in completeness.items() if name in earlier}
    return SourceQuality(
        feed=feed,
        rows=len(records) + int(rejected),
        records=len(records),
        rejected=int(rejected),
        completeness=completeness,
        freshness=_freshness(records["date_maj"], as_of=as_of),
        codes=_codes(issues),
        trend=trend,
    )


def _freshness(dates: pd.Series, *, as_of: date) -> dict[str, int]:
    today = pd.Timestamp(as_of)
    recent, old = today - pd.DateOffset(months=_RECENT_MONTHS), today - pd.DateOffset(months=_OLD_MONTHS)
    counts = (dates.ge(recent), dates.lt(recent) & dates.ge(old), dates.lt(old), dates.isna())
    return {name: int(rows.sum()) for name, rows in zip(_FRESHNESS, counts, strict=True)}


def _codes(issues: pd.DataFrame) -> tuple[CodeCount, ...]:
    known = issue_codes()
    order = {"reject": 0, "warning": 1, "info": 2}
    counts = []
    for code, rows in issues.groupby("code", sort=True):
        meaning = known[str(code)]
        shown = rows.drop_duplicates(["value", "corrected"]).head(_EXAMPLES)
        examples = tuple(_example(value, corrected) for value, corrected in zip(shown["value"], shown["corrected"], strict=True))
        counts.append(
            CodeCount(
                str(code),
                meaning.severity,
                meaning.message,
                len(rows),
                int(rows["record_id"].nunique()),
                tuple(filter(None, examples)),
            )
        )
    return tuple(sorted(counts, key=lambda each: (order[each.severity], -each.count, each.code)))


def _example(value: object, corrected: object) -> str:
    before = value[:120] if isinstance(value, str) else ""
    return f"{before} → {corrected[:120]}" if isinstance(corrected, str) else before


def render_html(reports: list[SourceQuality], *, title: str) -> str:
    """
    One self-contained French page; every value is escaped.

    Examples
    --------
    >>> "<script>" in render_html([], title="<script>")
    False
    """
    from jinja2 import Environment

    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(_PAGE)
    return page.render(reports=reports, title=title)


_PAGE = """<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #999; padding: .25rem .5rem; text-align: left; vertical-align: top; }
td.n { text-align: right; }
</style>
</head>
<body>
<h1>{{ title }}</h1>
{% for report in reports %}
<section>
<h2>{{ report.feed }}</h2>
<p>{{ report.rows }} lignes, {{ report.records }} lieux gardés, {{ report.rejected }} lignes écartées.</p>
<p>Fraîcheur : {{ report.freshness.recent }} à jour depuis moins de 6 mois, {{ report.freshness.a_verifier }} de 6 à 18 mois,
{{ report.freshness.ancien }} plus anciens, {{ report.freshness.inconnue }} de date inconnue.</p>
<h3>Ce qu’il faut corriger, et ce qui l’a été</h3>
<table>
<thead><tr><th scope="col">Gravité</th><th scope="col">Ce que nous avons vu</th><th scope="col">Fois</th>
<th scope="col">Exemples</th></tr></thead>
<tbody>
{% for code in report.codes %}
<tr><td>{{ {"reject": "écarté", "warning": "à corriger", "info": "corrigé"}[code.severity] }}</td>
<td>{{ code.message }} <small>({{ code.code }})</small></td><td class="n">{{ code.count }}</td>
<td>{{ code.examples | join(" · ") }}</td></tr>
{% endfor %}
</tbody>
</table>
<h3>Champs remplis</h3>
<table>
<thead><tr><th scope="col">Champ</th><th scope="col">Part des lieux</th>{% if report.trend %}
<th scope="col">Évolution</th>{% endif %}</tr></thead>
<tbody>
{% for name, share in report.completeness.items() %}
<tr><th scope="row">{{ name }}</th><td class="n">{{ "%.0f" | format(100 * share) }} %</td>{% if report.trend %}
<td class="n">{{ "%+.0f" | format(100 * report.trend.get(name, 0)) }}</td>{% endif %}</tr>
{% endfor %}
</tbody>
</table>
</section>
{% endfor %}
</body>
</html>
"""
