"""
The gates a build passes before it may become `current`.

The new release and the one it would replace go in, as their own counts and tables; findings come out, one for each gate, in plain
words. Deciding is all that happens here: nothing is written or removed.

A first release is compared with nothing: it is only refused when it is empty or contradicts itself.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mediation_geo.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

__all__ = ["DEFAULT_LIMITS", "Finding", "GateLimits", "check_gates"]

# Rates of a small source jump with a single row: below this size a source is not judged on its own.
SMALL_FEED_ROWS = 20


@dataclass(frozen=True, slots=True)
class GateLimits:
    """
    How far a release may be from the one before.

    Attributes
    ----------
    row_drop_share : float
        Largest share of the places that may be gone.
    position_drop_share : float
        Largest fall of the share of places that have a position.
    id_loss_share : float
        Largest share of earlier place ids, among those whose records still come in, that lead nowhere.
    reject_rise_share : float
        Largest rise, for any source, of the share of its rows that are rejected.
    duplicate_rise_share : float
        Largest rise of the share of places that repeat the name, address and commune of another.
    """

    row_drop_share: float = 0.05
    position_drop_share: float = 0.02
    id_loss_share: float = 0.01
    reject_rise_share: float = 0.10
    duplicate_rise_share: float = 0.01


DEFAULT_LIMITS = GateLimits()


@dataclass(frozen=True, slots=True)
class Finding:
    """
    Outcome of one gate.

    Attributes
    ----------
    gate : str
        Stable English name.
    passed : bool
        Whether the release may go on.
    measured, limit : float
        The figure and how far it may go, as shares of 1 or as counts.
    message : str
        One sentence for the operator.
    """

    gate: str
    passed: bool
    measured: float
    limit: float
    message: str

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as it stands in the manifest."""
        return asdict(self)


def check_gates(
    *,
    places: pd.DataFrame,
    records: pd.DataFrame,
    counts: Mapping[str, Any],
    previous_places: pd.DataFrame | None,
    previous_counts: Mapping[str, Any] | None,
    limits: GateLimits,
) -> list[Finding]:
    """
    Findings of every gate, passed or not.

    Parameters
    ----------
    places, records : pandas.DataFrame
        Tables of the new release.
    counts, previous_counts : Mapping
        `manifest["counts"]` of the new and of the current release; None when there is no current release.
    previous_places : pandas.DataFrame or None
        Places of the current release.
    limits : GateLimits
        What is tolerated.

    Examples
    --------
    >>> import pandas as pd
    >>> places = pd.DataFrame({"place_id": ["a"], "aliases": [None], "source_ids": [["f/1"]], "nom": ["Mairie"],
    ...                        "adresse": ["1 rue X"], "code_insee": ["34172"]})
    >>> records = pd.DataFrame({"record_id": ["f/1"]})
    >>> counts = {"places": 1, "places_with_position": 1, "records_by_feed": {"f": 1}, "rejects_by_feed": {}}
    >>> findings = check_gates(places=places, records=records, counts=counts, previous_places=None,
    ...                        previous_counts=None, limits=DEFAULT_LIMITS)
    >>> [finding.gate for finding in findings if finding.passed]
    ['not_empty', 'unique_ids']
    """
    findings = [_not_empty(counts), _unique_ids(places, records)]
    if previous_places is not None and previous_counts is not None:
        findings.append(_row_drop(counts, previous_counts, limits))
        findings.append(_position_drop(counts, previous_counts, limits))
        findings.append(_id_loss(places, previous_places, limits))
        findings.extend(_reject_rise(counts, previous_counts, limits))
        findings.append(_duplicate_rise(places, previous_places, limits))
    return findings


def _not_empty(counts: Mapping[str, Any]) -> Finding:
    size = counts["places"]
    return Finding("not_empty", size > 0, size, 1, f"{size} places; a release has at least one")


def _unique_ids(places: pd.DataFrame, records: pd.DataFrame) -> Finding:
    members = places["source_ids"].explode().dropna()
    repeated = [
        *places.loc[places["place_id"].duplicated(), "place_id"],
        *records.loc[records["record_id"].duplicated(), "record_id"],
        *members[members.duplicated()],
    ]
    shown = f" ({', '.join(map(str, repeated[:5]))})" if repeated else ""
    message = f"{len(repeated)} ids stand twice{shown}; a place, a record and a membership are each unique"
    return Finding("unique_ids", not repeated, len(repeated), 0, message)


def _row_drop(counts: Mapping[str, Any], before: Mapping[str, Any], limits: GateLimits) -> Finding:
    # Rounded: 95 of 100 places are a drop of exactly 5 %, not of 5.000000000000004 %.
    drop = round(1 - counts["places"] / before["places"], 9)
    message = (
        f"{counts['places']} places after {before['places']}: "
        f"{_percent(max(drop, 0))} fewer, at most {_percent(limits.row_drop_share)} may be gone"
    )
    return Finding("row_drop", drop <= limits.row_drop_share, drop, limits.row_drop_share, message)


def _position_drop(counts: Mapping[str, Any], before: Mapping[str, Any], limits: GateLimits) -> Finding:
    now, earlier = _position_share(counts), _position_share(before)
    fall = earlier - now
    message = (
        f"{_percent(now)} of the places have a position, {_percent(earlier)} before: "
        f"the share may fall by {_percent(limits.position_drop_share)}"
    )
    return Finding("position_drop", fall <= limits.position_drop_share, fall, limits.position_drop_share, message)


def _position_share(counts: Mapping[str, Any]) -> float:
    return float(counts["places_with_position"] / counts["places"]) if counts["places"] else 0.0


def _id_loss(places: pd.DataFrame, previous: pd.DataFrame, limits: GateLimits) -> Finding:
    reachable = {*places["place_id"], *places["aliases"].explode().dropna()}
    records = set(places["source_ids"].explode().dropna())
    members = previous[["place_id", "source_ids"]].explode("source_ids").dropna()
    expected = set(members.loc[members["source_ids"].isin(records), "place_id"])
    lost = expected - reachable
    share = len(lost) / len(expected) if expected else 0.0
    shown = f" ({', '.join(sorted(lost)[:5])})" if lost else ""
    message = (
        f"{len(lost)} of {len(expected)} earlier place ids lead nowhere although their records still come in{shown}: "
        f"at most {_percent(limits.id_loss_share)} may"
    )
    return Finding("id_loss", share <= limits.id_loss_share, share, limits.id_loss_share, message)


def _reject_rise(counts: Mapping[str, Any], before: Mapping[str, Any], limits: GateLimits) -> Iterator[Finding]:
    for feed in sorted({*counts["records_by_feed"], *counts["rejects_by_feed"]}):
        size, now = _reject_share(counts, feed)
        size_before, earlier = _reject_share(before, feed)
        if min(size, size_before) < SMALL_FEED_ROWS:
            continue
        message = (
            f"source {feed}: {_percent(now)} of its {size} rows rejected, {_percent(earlier)} before: "
            f"the share may rise by {_percent(limits.reject_rise_share)}"
        )
        rise = now - earlier
        yield Finding("reject_rise", rise <= limits.reject_rise_share, rise, limits.reject_rise_share, message)


def _reject_share(counts: Mapping[str, Any], feed: str) -> tuple[int, float]:
    rejected = counts["rejects_by_feed"].get(feed, 0)
    size = counts["records_by_feed"].get(feed, 0) + rejected
    return size, rejected / size if size else 0.0


def _duplicate_rise(places: pd.DataFrame, previous: pd.DataFrame, limits: GateLimits) -> Finding:
    now, earlier = _duplicate_share(places), _duplicate_share(previous)
    rise = now - earlier
    message = (
        f"{_percent(now)} of the places repeat the name, address and commune of another, {_percent(earlier)} before: "
        f"the share may rise by {_percent(limits.duplicate_rise_share)}"
    )
    return Finding("duplicate_rise", rise <= limits.duplicate_rise_share, rise, limits.duplicate_rise_share, message)


def _duplicate_share(places: pd.DataFrame) -> float:
    complete = places[["nom", "adresse", "code_insee"]].dropna()
    folded = complete.assign(nom=complete["nom"].map(fold), adresse=complete["adresse"].map(fold))
    return float(folded.duplicated().sum() / len(places)) if len(places) else 0.0


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
