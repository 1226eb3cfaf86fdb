"""
Values that stand in the wrong field, handed to the right one.

A postcode and town at the end of a street line, an e-mail in the column of phones, a summary that is too long, kinds of
structure that only the name tells.

Each function takes the frame of text and gives it back changed; an already right frame comes back as it was.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pandas as pd

from mediation_geo.ingest.apply import holds_for_pairs, map_distinct
from mediation_geo.ingest.clean.address import cut_complement, cut_tail, remove_commune_extras
from mediation_geo.ingest.clean.identifiers import pad_postcode
from mediation_geo.ingest.clean.typology import join_codes, read_typologies, typologies_in_name
from mediation_geo.ingest.clean.web import emails_in, urls_in
from mediation_geo.standard.fields import FIELDS, LIST_SEPARATOR
from mediation_geo.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from mediation_geo.ingest.clean.rules import IssueLog

__all__ = ["add_typologies", "fill_from_address", "put_number_first", "rescue_contacts", "split_summary"]

_SUMMARY_CHARS = next(each.max_length for each in FIELDS if each.name == "presentation_resume") or 280


def put_number_first(frame: pd.DataFrame) -> pd.DataFrame:
    """Street line with the house number of a column of its own, when the line does not start with it already."""
    if "numero" not in frame.columns:
        return frame
    number = frame["numero"].str.strip().str.replace(r"\.0$", "", regex=True)
    number = number.where(number.str.contains(r"\d", regex=True).eq(True) & number.ne("0"))
    both = number.notna() & frame["adresse"].notna()
    starts = holds_for_pairs(frame["adresse"], number, str.startswith)
    joined = (number + " " + frame["adresse"]).where(both & ~starts, frame["adresse"])
    return frame.assign(adresse=joined.astype("str")).drop(columns="numero")


def fill_from_address(frame: pd.DataFrame, *, log: IssueLog) -> pd.DataFrame:
    """Street line without the postcode, town and postal box at its end, which fill their own fields where those are empty."""
    before = frame["adresse"]
    tails = map_distinct(before, cut_tail)
    street = map_distinct(tails, lambda tail: tail.adresse or None).astype("str")
    postcode = map_distinct(tails, lambda tail: tail.code_postal).astype("str").map(pad_postcode, na_action="ignore")
    town = map_distinct(tails, lambda tail: remove_commune_extras(tail.commune) if tail.commune else None).astype("str")
    log.add("address_tail_moved", rows=tails.notna() & ~(street.eq(before)), field="adresse", value=before, corrected=street)

    filled = {}
    for field, found in (("code_postal", postcode), ("commune", town)):
        empty = frame[field].isna() & found.notna()
        filled[field] = frame[field].mask(empty, found).astype("str")
        log.add("filled_from_address", rows=empty, field=field, corrected=found)
    differs = frame["code_postal"].notna() & postcode.notna() & ~frame["code_postal"].eq(postcode)
    log.add("address_postcode_differs", rows=differs, field="code_postal", value=frame["code_postal"], corrected=postcode)

    parts = map_distinct(street, cut_complement)
    line = map_distinct(parts, lambda cut: cut[0]).astype("str")
    extra = map_distinct(parts, lambda cut: cut[1]).astype("str")
    log.add("address_complement_moved", rows=parts.notna() & line.ne(street), field="adresse", value=street, corrected=line)
    return frame.assign(adresse=line, complement_adresse=_appended(frame["complement_adresse"], extra), **filled)


def _appended(existing: pd.Series, extra: pd.Series) -> pd.Series:
    both = existing.notna() & extra.notna()
    return (existing + ", " + extra).where(both, existing.where(existing.notna(), extra)).astype("str")


def rescue_contacts(frame: pd.DataFrame, *, log: IssueLog) -> pd.DataFrame:
    """E-mail and web addresses that stand in each other's column or in that of the phone, when their own is empty."""
    moved = frame
    for origin, target, finder in (
        ("telephone", "courriels", emails_in),
        ("site_web", "courriels", emails_in),
        ("telephone", "site_web", urls_in),
        ("courriels", "site_web", urls_in),
    ):
        found = map_distinct(moved[origin], functools.partial(_joined, finder)).astype("str")
        rescued = found.notna() & moved[target].isna()
        log.add("contact_in_wrong_field", rows=rescued, field=target, value=moved[origin], corrected=found)
        moved = moved.assign(**{target: moved[target].mask(rescued, found).astype("str")})
    return moved


def _joined(finder: Callable[[str], list[str]], text: str) -> str | None:
    return LIST_SEPARATOR.join(finder(text)) or None


def split_summary(frame: pd.DataFrame, *, log: IssueLog) -> pd.DataFrame:
    """Summaries over the length the standard admits are cut at a word; the whole text goes to the detail."""
    summary, detail = frame["presentation_resume"], frame["presentation_detail"]
    too_long = summary.str.len().gt(_SUMMARY_CHARS)
    short = map_distinct(summary.where(too_long), _cut).astype("str")
    both = too_long & detail.notna()
    contained = holds_for_pairs(summary.where(too_long), detail, lambda left, right: fold(left) in fold(right))
    longer = (summary + "\n" + detail).where(both & ~contained, detail.where(detail.notna(), summary))
    log.add("summary_shortened", rows=too_long, field="presentation_resume", value=summary, corrected=short)
    return frame.assign(
        presentation_resume=summary.mask(too_long, short).astype("str"),
        presentation_detail=detail.mask(too_long, longer).astype("str"),
    )


def _cut(value: str) -> str:
    return value[: _SUMMARY_CHARS - 1].rsplit(" ", 1)[0].rstrip(" ,;:.-") + "…"


def add_typologies(frame: pd.DataFrame, *, log: IssueLog) -> pd.DataFrame:
    """Kinds of structure as codes: those of the source, those its name tells, and RFS for a France Services place."""
    cells = frame["typologie"]
    read = map_distinct(cells, read_typologies)
    unknown = map_distinct(read, lambda found: " | ".join(found[1]) or None)
    log.add("typology_unknown", rows=unknown.notna(), field="typologie", value=unknown)
    given = map_distinct(read, lambda found: join_codes(found[0])).astype("str")
    log.add("typology_coded", rows=given.notna() & given.ne(cells), field="typologie", value=cells, corrected=given)
    named = map_distinct(frame["nom"], lambda name: join_codes(typologies_in_name(name))).astype("str")
    programme = frame["dispositif_programmes_nationaux"].str.contains("France Services", regex=False).eq(True)
    with_rfs = _union(named, pd.Series("RFS", index=frame.index, dtype="str").where(programme))
    final = _union(given, with_rfs)
    added = final.notna() & final.ne(given)
    log.add("typology_from_name", rows=added, field="typologie", value=given, corrected=final)
    return frame.assign(typologie=final)


def _union(left: pd.Series, right: pd.Series) -> pd.Series:
    both = left.notna() & right.notna()
    joined = (left + LIST_SEPARATOR + right).where(both, left.where(left.notna(), right))
    return map_distinct(joined, lambda text: LIST_SEPARATOR.join(dict.fromkeys(text.split(LIST_SEPARATOR)))).astype("str")
