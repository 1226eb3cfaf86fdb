"""What a stage returns, and the ledger that proves that it lost nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mediation_geo.errors import RowLedgerError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

__all__ = ["StageResult", "check_row_ledger", "rejected_ids"]


@dataclass(frozen=True, slots=True)
class StageResult:
    """
    Outcome of a stage.

    Attributes
    ----------
    table : pandas.DataFrame
        The rows that go on, with a unique `record_id`.
    issues : pandas.DataFrame
        Layout `ISSUES`; a row that does not go on has an issue of severity `reject`.
    """

    table: pd.DataFrame
    issues: pd.DataFrame


def rejected_ids(issues: pd.DataFrame) -> set[str]:
    """
    Record ids that an issue of severity `reject` took out.

    Examples
    --------
    >>> from mediation_geo.standard.issues import no_issues
    >>> rejected_ids(no_issues())
    set()
    """
    return set(issues.loc[issues["severity"].eq("reject"), "record_id"])


def check_row_ledger(stage: str, *, came_in: Iterable[str], went_on: Iterable[str], rejected: Iterable[str]) -> None:
    """
    Verify that each record that came in went on exactly once, or was rejected.

    Parameters
    ----------
    stage : str
        Name for the message.
    came_in, went_on, rejected : iterable of str
        Record ids; repetitions in `went_on` are a fault.

    Raises
    ------
    RowLedgerError
        If a record is lost, invented, doubled, or both went on and was rejected. Names up to five of them.

    Examples
    --------
    >>> check_row_ledger("locate", came_in=["a/1", "a/2"], went_on=["a/1"], rejected=["a/2"])
    >>> check_row_ledger("locate", came_in=["a/1"], went_on=[], rejected=[])
    Traceback (most recent call last):
        ...
    mediation_geo.errors.RowLedgerError: stage locate: 1 lost (a/1)
    """
    before, out = Counter(came_in), Counter(went_on)
    expected, after, refused = set(before), set(out), set(rejected)
    faults = {
        "lost": expected - after - refused,
        "invented": (after | refused) - expected,
        "both kept and rejected": after & refused,
        "doubled": {each for each, times in out.items() if times > 1},
        "not unique on entry": {each for each, times in before.items() if times > 1},
    }
    found = [f"{len(ids)} {fault} ({', '.join(sorted(ids)[:5])})" for fault, ids in faults.items() if ids]
    if found:
        message = f"stage {stage}: {'; '.join(found)}"
        raise RowLedgerError(message)
