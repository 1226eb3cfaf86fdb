"""Which mapping a file belongs to, from its columns, the values in them and its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mediation_geo.errors import SchemaMismatch
from mediation_geo.standard.fields import FIELD_NAMES
from mediation_geo.text import slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pandas as pd

    from mediation_geo.ingest.mapping import Mapping, Recognise

__all__ = ["STANDARD", "file_slug", "recognise"]

STANDARD = "standard"
_DATE_PREFIX = re.compile(r"^(\d{4}-?\d{2}-?\d{2}|\d{4})[-_ ]+")
# A file is taken for the national standard when it has a name and one way to find the place.
_PLACE_COLUMNS = frozenset({"adresse", "commune", "code_postal", "code_insee", "latitude"})


@dataclass(frozen=True)
class _Candidate:
    mapping: Mapping
    weight: tuple[int, int, int]


def file_slug(path: Path) -> str:
    """
    Name of a file without the date of its edition, so that tomorrow's edition gives the same name.

    Examples
    --------
    >>> from pathlib import Path
    >>> file_slug(Path("2023-07-11_charente_v0.1.json")), file_slug(Path("20240320-Les Places.csv"))
    ('charente-v0-1', 'les-places')
    """
    return slug(_DATE_PREFIX.sub("", path.stem)) or slug(path.stem) or "file"


def recognise(frame: pd.DataFrame, *, path: Path, mappings: Iterable[Mapping], feed: str | None = None) -> tuple[Mapping, str]:
    """
    Mapping and feed name of a file.

    Parameters
    ----------
    frame : pandas.DataFrame
        First raw rows.
    path : pathlib.Path
        The file, for its name.
    mappings : iterable of Mapping
        The mappings to choose from; one is named `standard`.
    feed : str, optional
        Name given by the caller. When it is that of a mapping, that mapping is used without looking further.

    Raises
    ------
    SchemaMismatch
        If no mapping fits; names the columns that were found and those of the standard that were expected.
    """
    by_name = {mapping.name: mapping for mapping in mappings}
    if feed in by_name:
        return by_name[feed], by_name[feed].feed or feed
    candidates = [
        _Candidate(mapping, weight)
        for mapping in by_name.values()
        for evidence in mapping.recognise
        if (weight := _weight(evidence, frame, path)) is not None
    ]
    if candidates:
        best = max(candidates, key=lambda each: (each.weight, each.mapping.name))
        return best.mapping, feed or best.mapping.feed or best.mapping.name
    if "nom" in frame.columns and _PLACE_COLUMNS & set(frame.columns):
        return by_name[STANDARD], feed or file_slug(path)
    raise _unknown(list(frame.columns), path)


def _weight(evidence: Recognise, frame: pd.DataFrame, path: Path) -> tuple[int, int, int] | None:
    """Values weigh more than the file's name, the name more than the number of columns; None when it does not fit."""
    if set(evidence.columns) - set(frame.columns) or set(evidence.absent) & set(frame.columns):
        return None
    if evidence.file is not None and not re.search(evidence.file, file_slug(path)):
        return None
    if any(name not in frame.columns or frame[name].isna().all() for name in evidence.filled):
        return None
    for name, allowed in evidence.only.items():
        if name not in frame.columns or not frame[name].dropna().isin(allowed).all() or frame[name].isna().all():
            return None
    return (len(evidence.only) + len(evidence.filled), int(evidence.file is not None), len(evidence.columns))


def _unknown(columns: Sequence[str], path: Path) -> SchemaMismatch:
    found = ", ".join(map(repr, list(columns)[:12]))
    expected = ", ".join(FIELD_NAMES[:7])
    message = (
        f"columns of no known source ({found}); expected the national standard ({expected}, ...) or a source of "
        "`mediation-geo sources`; `mediation-geo map FILE` proposes a mapping"
    )
    return SchemaMismatch(message, path=str(path), line=1)
