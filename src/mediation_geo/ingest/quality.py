"""
What a producer should know about a source: completeness, freshness, faults by code in French with examples, trend.

Built from records and issues only, so that it serves a file being checked and a source of a release alike. The page made of it
is in `quality_page.py`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from mediation_geo.standard import FIELD_NAMES, issue_codes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

__all__ = ["CodeCount", "Example", "SourceQuality", "Trend", "issue_listing", "quality_by_feed"]

_EXAMPLES = 3
_EXAMPLE_CHARS = 120
_RECENT_MONTHS, _OLD_MONTHS = 6, 18
_FRESHNESS = ("recent", "a_verifier", "ancien", "inconnue")
_ORDER = {"reject": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class Example:
    """One issue: the record, its row in the file where that is known, the value before and after."""

    record_id: str | None
    row: int | None
    value: str | None
    corrected: str | None

    def __str__(self) -> str:
        """Row and values as a producer reads them, e.g. `ligne 3 : 3070 → 03070`."""
        values = " → ".join(text for text in (self.value or "", self.corrected) if text is not None)
        return " : ".join(part for part in (f"ligne {self.row}" if self.row else "", values.strip()) if part)


@dataclass(frozen=True)
class CodeCount:
    """Issues of one code: how many, on how many records, what they mean, some examples."""

    code: str
    severity: str
    message: str
    count: int
    records: int
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Trend:
    """
    Change since the previous report; positive where there is more now.

    Attributes
    ----------
    records, rejected : int
        Records that went on, rows rejected.
    completeness : dict of str to float
        Share of records that have a value, for each field.
    freshness, codes : dict of str to int
        Records by age; issues by code, those that vanished included, those that did not change left out.
    """

    records: int
    rejected: int
    completeness: dict[str, float]
    freshness: dict[str, int]
    codes: dict[str, int]


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
    trend : Trend or None
        Change since the previous report; None without one.
    """

    feed: str
    rows: int
    records: int
    rejected: int
    completeness: dict[str, float]
    freshness: dict[str, int]
    codes: tuple[CodeCount, ...]
    trend: Trend | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, from which `from_dict` makes the report again."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SourceQuality:
        """Report as `to_dict` gave it, for example to the manifest of a release."""
        codes = [
            CodeCount(**{**code, "examples": tuple(Example(**each) for each in code["examples"])}) for code in values["codes"]
        ]
        # Written JSON has its keys sorted; people want the fields in the order of the standard.
        completeness = {name: values["completeness"][name] for name in FIELD_NAMES if name in values["completeness"]}
        freshness = {name: values["freshness"][name] for name in _FRESHNESS}
        trend = Trend(**values["trend"]) if values["trend"] else None
        return cls(**{**values, "codes": tuple(codes), "completeness": completeness, "freshness": freshness, "trend": trend})


def quality_by_feed(
    records: pd.DataFrame,
    issues: pd.DataFrame,
    *,
    as_of: date,
    rows: pd.Series | None = None,
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
    rows : pandas.Series of int, optional
        Row of the file by record id, see `source_rows`; without it rejected rows are shown without their number.
    previous : mapping, optional
        Feed -> `SourceQuality.to_dict()` of an earlier run, for the trend.

    Examples
    --------
    >>> from datetime import date
    >>> import pandas as pd
    >>> from mediation_geo.standard import RECORDS, conform, no_issues
    >>> one = conform(pd.DataFrame({"record_id": ["x/1"], "feed": ["x"], "row": [1], "nom": ["Mairie"]}), RECORDS)
    >>> report = quality_by_feed(one, no_issues(), as_of=date(2026, 1, 1))[0]
    >>> report.records, report.completeness["nom"], report.freshness["inconnue"], report.trend
    (1, 1.0, 1, None)
    """
    numbers = records.set_index("record_id")["row"] if rows is None else rows
    listed = issues.assign(row=issues["record_id"].map(numbers).astype("Int64"))
    feeds = sorted(set(records["feed"].dropna()) | set(issues["feed"].dropna()))
    before = previous or {}
    return [
        _feed_quality(
            feed,
            records[records["feed"].eq(feed)],
            listed[listed["feed"].eq(feed)],
            as_of=as_of,
            previous=before.get(feed),
        )
        for feed in feeds
    ]


def issue_listing(issues: pd.DataFrame, *, rows: pd.Series) -> pd.DataFrame:
    """
    Every issue as a producer corrects it: where, what was there, what we made of it, what it means.

    Parameters
    ----------
    issues : pandas.DataFrame
        Layout `ISSUES`.
    rows : pandas.Series of int
        Row of the file by record id.

    Returns
    -------
    pandas.DataFrame
        Columns `row`, `record_id`, `field`, `severity`, `code`, `value`, `corrected`, `message`; what concerns the whole file
        first, then in the order of the file.
    """
    sentences = {code: meaning.message for code, meaning in issue_codes().items()}
    told = issues.assign(row=issues["record_id"].map(rows).astype("Int64"), message=issues["code"].map(sentences))
    columns = ["row", "record_id", "field", "severity", "code", "value", "corrected", "message"]
    return told.sort_values(["row", "field", "code"], kind="stable", na_position="first", ignore_index=True)[columns]


def _feed_quality(
    feed: str, records: pd.DataFrame, issues: pd.DataFrame, *, as_of: date, previous: Mapping[str, Any] | None
) -> SourceQuality:
    rejected = int(issues.loc[issues["severity"].eq("reject"), "record_id"].nunique())
    completeness = {name: round(float(records[name].notna().mean()), 4) if len(records) else 0.0 for name in FIELD_NAMES}
    now = SourceQuality(
        feed=feed,
        rows=len(records) + rejected,
        records=len(records),
        rejected=rejected,
        completeness=completeness,
        freshness=_freshness(records["date_maj"], as_of=as_of),
        codes=_codes(issues),
    )
    return now if previous is None else replace(now, trend=_trend(now, previous))


def _trend(now: SourceQuality, previous: Mapping[str, Any]) -> Trend:
    counts = {each.code: each.count for each in now.codes}
    before = {each["code"]: each["count"] for each in previous["codes"]}
    shares = previous["completeness"]
    changes = {code: counts.get(code, 0) - before.get(code, 0) for code in sorted({*counts, *before})}
    return Trend(
        records=now.records - previous["records"],
        rejected=now.rejected - previous["rejected"],
        completeness={name: round(share - shares.get(name, 0.0), 4) for name, share in now.completeness.items()},
        freshness={name: count - previous["freshness"].get(name, 0) for name, count in now.freshness.items()},
        codes={code: change for code, change in changes.items() if change},
    )


def _freshness(dates: pd.Series, *, as_of: date) -> dict[str, int]:
    today = pd.Timestamp(as_of)
    recent, old = today - pd.DateOffset(months=_RECENT_MONTHS), today - pd.DateOffset(months=_OLD_MONTHS)
    counts = (dates.ge(recent), dates.lt(recent) & dates.ge(old), dates.lt(old), dates.isna())
    return {name: int(rows.sum()) for name, rows in zip(_FRESHNESS, counts, strict=True)}


def _codes(issues: pd.DataFrame) -> tuple[CodeCount, ...]:
    known = issue_codes()
    counts = [
        CodeCount(
            code=str(code),
            severity=known[str(code)].severity,
            message=known[str(code)].message,
            count=len(rows),
            records=int(rows["record_id"].nunique()),
            examples=_examples(rows),
        )
        for code, rows in issues.groupby("code", sort=True)
    ]
    return tuple(sorted(counts, key=lambda each: (_ORDER[each.severity], -each.count, each.code)))


def _examples(issues: pd.DataFrame) -> tuple[Example, ...]:
    """Issues with different values, the first rows of the file first, so that equal releases show the same."""
    shown = issues.sort_values(["row", "record_id"], kind="stable").drop_duplicates(["value", "corrected"]).head(_EXAMPLES)
    columns = (shown[name] for name in ("record_id", "row", "value", "corrected"))
    return tuple(
        Example(_text(record_id), None if pd.isna(row) else int(row), _text(value), _text(corrected))
        for record_id, row, value, corrected in zip(*columns, strict=True)
    )


def _text(value: object) -> str | None:
    return value[:_EXAMPLE_CHARS] if isinstance(value, str) else None
