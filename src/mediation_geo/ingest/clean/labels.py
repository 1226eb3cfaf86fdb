"""
List fields: labels of every version and spelling to those of the standard v1.0, each once, in the order of the source.

Columns of version 0.1 are read into the fields that replaced them; a label that nobody knows is kept in the issues, never in
silence.
"""

from __future__ import annotations

import functools
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from mediation_geo.ingest.apply import map_distinct
from mediation_geo.ingest.clean.spellings import VARIANTS
from mediation_geo.standard.fields import LIST_FIELDS, LIST_SEPARATOR
from mediation_geo.standard.versions import FIELD_RENAMES, LABELS_V01, label_targets
from mediation_geo.standard.vocabularies import VOCABULARIES
from mediation_geo.text import collapse_blanks, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mediation_geo.ingest.clean.rules import IssueLog

__all__ = ["clean_labels", "split_labels"]

_LABEL_FIELDS = (*tuple(name for name in LIST_FIELDS if name in VOCABULARIES), "autres_formations_labels")
_SEPARATORS = tuple(re.compile(each) for each in (r"\|", ";", r"\s*/\s+|\s+/\s*", r"\n", ","))
_FREE = "autres_formations_labels"


@lru_cache(maxsize=1 << 15)
def split_labels(field: str, value: str) -> tuple[str, ...]:
    """
    Labels of a cell, whatever its separator; a label that contains a separator is not cut.

    Examples
    --------
    >>> split_labels("services", "Accéder à du matériel;Créer avec le numérique")
    ('Accéder à du matériel', 'Créer avec le numérique')
    >>> split_labels("frais_a_charge", "Gratuit sous condition : des critères (situation familiale, convention...)")
    ('Gratuit sous condition : des critères (situation familiale, convention...)',)
    """
    text = value.strip(' "{}[]')
    for separator in _SEPARATORS:
        if not separator.search(text):
            continue
        if separator.pattern == "," and (_targets(field, text) is not None or field == _FREE):
            continue
        parts = [collapse_blanks(part).strip(" .\"'") for part in separator.split(text)]
        return tuple(dict.fromkeys(part for part in parts if fold(part)))
    text = collapse_blanks(text)
    return (text,) if fold(text) else ()


@lru_cache(maxsize=1 << 15)
def _targets(field: str, label: str) -> tuple[tuple[str, str], ...] | None:
    """Known targets of a label, of a spelling that producers use for it, or of a label glued from several."""
    known = label_targets(field, label)
    if known is not None:
        return known
    for name in (field, *FIELD_RENAMES.get(field, ())):
        variant = VARIANTS.get(name, {}).get(fold(label))
        if variant is not None:
            return variant
    if field == _FREE:
        return label_targets("labels_nationaux", label) or ((_FREE, label),)
    if field in VOCABULARIES:
        # A column under its new name may still hold old labels.
        for old, news in FIELD_RENAMES.items():
            if field in news and (known := label_targets(old, label)) is not None:
                return known
    return _glued(field, fold(label)) or None


def _glued(field: str, folded: str) -> tuple[tuple[str, str], ...]:
    """Targets of labels that follow each other without a separator, found by their full wording."""
    targets: list[tuple[str, str]] = []
    rest = folded
    for wording, found in _wordings(field):
        if wording in rest:
            targets += found
            rest = rest.replace(wording, " ; ")
    return tuple(dict.fromkeys(targets))


@cache
def _wordings(field: str) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Wordings of three words or more, longest first, so that no label is found inside another."""
    wordings = {fold(label): targets for label, targets in LABELS_V01.get(field, {}).items()}
    wordings |= {fold(label): ((field, label),) for label in VOCABULARIES.get(field, ())}
    wordings |= VARIANTS.get(field, {})
    long = {wording: targets for wording, targets in wordings.items() if len(wording.split()) >= 3}
    return tuple(sorted(long.items(), key=lambda item: (-len(item[0]), item[0])))


@lru_cache(maxsize=1 << 15)
def _read(field: str, value: str) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Targets of all labels of a cell, and the labels that are unknown."""
    targets: list[tuple[str, str]] = []
    unknown = []
    for label in split_labels(field, value):
        found = _targets(field, label)
        if found is None:
            unknown.append(label)
        else:
            targets += found
    return tuple(dict.fromkeys(targets)), tuple(unknown)


def clean_labels(frame: pd.DataFrame, *, log: IssueLog) -> pd.DataFrame:
    """
    The list fields that have a vocabulary, with the labels of v1.0 joined by `|`.

    Parameters
    ----------
    frame : pandas.DataFrame
        Text columns under names of v1.0 and v0.1.
    log : IssueLog
        Receives relabelled cells (`labels_rewritten`) and unknown labels (`label_unknown`).

    Returns
    -------
    pandas.DataFrame
        `str` columns, same index.
    """
    fields = (*_LABEL_FIELDS, *FIELD_RENAMES)
    origins = [name for name in fields if name in frame.columns and name not in ("courriel", "accessibilite")]
    pieces: dict[str, list[pd.Series]] = {name: [] for name in _LABEL_FIELDS}
    for origin in origins:
        cells = frame[origin]
        if cells.isna().all():
            continue
        read = map_distinct(cells, functools.partial(_read, origin))
        _log_unknown(read, field=origin, log=log)
        given = {target for value in cells.dropna().unique() for target, _ in _read(origin, value)[0]}
        for target in given:
            pieces[target].append(map_distinct(cells, functools.partial(_of, target, origin)).astype("str"))
        _log_rewritten(cells, read, field=origin, log=log)
    return pd.DataFrame({name: _united(parts, frame.index) for name, parts in pieces.items()})


def _of(target: str, origin: str, value: str) -> str | None:
    return LIST_SEPARATOR.join(label for field, label in _read(origin, value)[0] if field == target) or None


def _united(parts: Sequence[pd.Series], index: pd.Index) -> pd.Series:
    united = pd.Series([None] * len(index), index=index, dtype="str")
    for part in parts:
        both = united.notna() & part.notna()
        united = (united + LIST_SEPARATOR + part).where(both, united.where(united.notna(), part))
    return map_distinct(united, _distinct).astype("str")


def _distinct(value: str) -> str:
    return LIST_SEPARATOR.join(dict.fromkeys(value.split(LIST_SEPARATOR)))


def _log_unknown(read: pd.Series, *, field: str, log: IssueLog) -> None:
    unknown = map_distinct(read, lambda found: " | ".join(found[1]) or None)
    log.add("label_unknown", rows=unknown.notna(), field=field, value=unknown)


def _log_rewritten(cells: pd.Series, read: pd.Series, *, field: str, log: IssueLog) -> None:
    after = map_distinct(read, lambda found: LIST_SEPARATOR.join(label for _, label in found[0]) or None)
    changed = cells.notna() & after.notna() & after.ne(cells)
    log.add("labels_rewritten", rows=changed, field=field, value=cells, corrected=after)
