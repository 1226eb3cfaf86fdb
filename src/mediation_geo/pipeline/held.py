"""
Sources that cannot be believed tonight: found out, and replaced by what the last release knows of them.

Tonight's located records and the last release go in; out come the same tables, in which the records and issues of a source in
doubt are those of the last release, and for each such source one sentence that says why. A source that halves its rows, loses a
column, or moves its points by a degree is a fault at its end far more often than news: the night goes on without it, and says so
until somebody trusts it by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from mediation_geo.geodesy import geodesic_distance_m
from mediation_geo.standard import LOCATED_RECORDS, StageResult, concat_issues, conform

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date

    from mediation_geo.release import Release

__all__ = ["DOUBT", "DoubtLimits", "doubts", "held_sources", "keep_last"]

# Stages whose issues belong to the records of one source; what dedupe says is said anew each night.
_OWN_STAGES = ("ingest", "locate", "pipeline")
_REPEATED = ("id_repeated", "row_repeated")
# What a place is found, reached and told apart by.
_FIELDS = ("nom", "adresse", "commune", "code_postal", "telephone", "courriels", "horaires", "services", "date_maj")
_DAMAGE = "\ufffd"


@dataclass(frozen=True, slots=True)
class DoubtLimits:
    """
    How far a source may be from what it was in the last release.

    Attributes
    ----------
    small_rows : int
        Below so many records a source is only doubted when nothing is left of it: its shares jump with a single row.
    gone_share : float
        Largest share of its earlier records that may be gone.
    fault_rise_share : float
        Largest rise of the share of its rows that are rejected, that repeat the id of another, or whose text is damaged.
    emptied_share : float
        Largest fall of the share of its records that have a field, or a position of its own.
    moved_m, moved_share : float
        Share of its points that may be farther than so many metres from where they were.
    """

    small_rows: int = 20
    gone_share: float = 0.25
    fault_rise_share: float = 0.10
    emptied_share: float = 0.25
    moved_m: float = 2_000.0
    moved_share: float = 0.10


DOUBT = DoubtLimits()


def doubts(
    located: StageResult,
    *,
    previous: Release,
    feeds: Collection[str],
    limits: DoubtLimits = DOUBT,
) -> dict[str, str]:
    """
    Why each source that cannot be believed is not.

    Parameters
    ----------
    located : StageResult
        Tonight's records in the layout `LOCATED_RECORDS`, and all issues so far.
    previous : Release
        The release that tonight's is compared with.
    feeds : collection of str
        Sources whose files were read tonight, also those that no row is left of.
    limits : DoubtLimits
        What is tolerated.

    Returns
    -------
    dict of str to str
        Feed -> one sentence. A source that the last release does not know is not judged.
    """
    records, before = located.table, previous.records
    found = {}
    for feed in sorted(feeds):
        earlier = before[before["feed"].eq(feed)]
        now = records[records["feed"].eq(feed)]
        if earlier.empty or (len(earlier) < limits.small_rows and len(now)):
            continue
        tonight = StageResult(now, located.issues[located.issues["feed"].eq(feed)])
        last = StageResult(earlier, previous.issues[previous.issues["feed"].eq(feed)])
        reason = next(_reasons(tonight, last, limits), None)
        if reason is not None:
            found[feed] = f"{reason}, compared with release {previous.id}"
    return found


def keep_last(located: StageResult, *, previous: Release, held: Collection[str]) -> StageResult:
    """
    Tables in which the held sources are as the last release has them.

    Parameters
    ----------
    located : StageResult
        Tonight's records and issues.
    previous : Release
        The release whose records are taken.
    held : collection of str
        Feeds.
    """
    if not held:
        return located
    kept = conform(previous.records[previous.records["feed"].isin(held)], LOCATED_RECORDS)
    fresh = located.table[~located.table["feed"].isin(held)]
    own = previous.issues["feed"].isin(held) & previous.issues["stage"].isin(_OWN_STAGES)
    issues = [located.issues[~located.issues["feed"].isin(held)], previous.issues[own]]
    records = pd.concat([fresh, kept], ignore_index=True).sort_values("record_id", kind="stable", ignore_index=True)
    return StageResult(conform(records, LOCATED_RECORDS), concat_issues(issues))


def held_sources(
    held: Mapping[str, str], *, late: Mapping[str, str], previous: Release | None, as_of: date
) -> list[dict[str, str]]:
    """
    What the manifest says of sources that are not of tonight: `source`, `why`, `kept` (what was used instead) and `since`.

    Parameters
    ----------
    held : mapping of str to str
        Feed -> why its records are those of the last release.
    late : mapping of str to str
        File -> why it is the one of an earlier download.
    previous : Release or None
        The last release, which knows since when.
    as_of : datetime.date
        Tonight.
    """
    before = [] if previous is None else previous.manifest.get("held", [])
    since = {each["source"]: each["since"] for each in before}
    rows = [(source, why, "last download") for source, why in late.items()]
    rows += [(source, why, f"release {previous.id}") for source, why in held.items() if previous is not None]
    return [
        {"source": source, "why": why, "kept": kept, "since": since.get(source, as_of.isoformat())}
        for source, why, kept in sorted(rows)
    ]


def _reasons(now: StageResult, before: StageResult, limits: DoubtLimits) -> Iterator[str]:
    """Sentences without a subject, the plainest first."""
    size = len(before.table)
    if now.table.empty:
        yield f"none of its {size:,} records is left"
        return
    yield from _faults(now, before, limits)
    gone = 1 - before.table["record_id"].isin(now.table["record_id"]).mean()
    if gone > limits.gone_share:
        yield f"{gone:.0%} of its {size:,} records are gone (at most {limits.gone_share:.0%} may)"
    yield from _emptied(now.table, before.table, limits)
    share = _moved_share(now.table, before.table, limits)
    if share > limits.moved_share:
        yield f"{share:.0%} of its points moved by more than {limits.moved_m:,.0f} m (at most {limits.moved_share:.0%} may)"


def _faults(now: StageResult, before: StageResult, limits: DoubtLimits) -> Iterator[str]:
    shares = {
        "of its rows are rejected": _rejected_share,
        "of its rows repeat the id or the content of another": _repeated_share,
        "of its names and addresses hold damaged characters": _damaged_share,
    }
    for words, share in shares.items():
        after, earlier = share(now), share(before)
        if after - earlier > limits.fault_rise_share:
            yield f"{after:.0%} {words}, {earlier:.0%} before (at most {limits.fault_rise_share:.0%} more may)"


def _rejected_share(source: StageResult) -> float:
    issues = source.issues
    # An older edition in the same folder is no fault of the source.
    faults = issues["severity"].eq("reject") & issues["stage"].ne("pipeline")
    count = issues.loc[faults, "record_id"].nunique()
    return float(count / (count + len(source.table)))


def _repeated_share(source: StageResult) -> float:
    repeated = source.issues.loc[source.issues["code"].isin(_REPEATED), "record_id"]
    return float(repeated.nunique() / len(source.table))


def _damaged_share(source: StageResult) -> float:
    text = source.table["nom"].fillna("") + source.table["adresse"].fillna("")
    return float(text.str.contains(_DAMAGE, regex=False).mean())


def _emptied(now: pd.DataFrame, before: pd.DataFrame, limits: DoubtLimits) -> Iterator[str]:
    filled = _filled_shares(now)
    for name, earlier in _filled_shares(before).items():
        if earlier - filled[name] > limits.emptied_share:
            yield (
                f"{name} is filled in {filled[name]:.0%} of its records, {earlier:.0%} before "
                f"(the share may fall by {limits.emptied_share:.0%})"
            )


def _filled_shares(records: pd.DataFrame) -> Mapping[str, float]:
    shares = {name: float(records[name].notna().mean()) for name in _FIELDS}
    return shares | {"a position of its own": float(records["position_origin"].eq("source").mean())}


def _moved_share(now: pd.DataFrame, before: pd.DataFrame, limits: DoubtLimits) -> float:
    points = ["record_id", "longitude", "latitude"]
    pairs = now.loc[now["position_origin"].eq("source"), points].merge(
        before.loc[before["position_origin"].eq("source"), points], on="record_id", suffixes=("", "_before")
    )
    if pairs.empty:
        return 0.0
    metres = geodesic_distance_m(pairs["longitude"], pairs["latitude"], pairs["longitude_before"], pairs["latitude_before"])
    return float((metres > limits.moved_m).mean())
