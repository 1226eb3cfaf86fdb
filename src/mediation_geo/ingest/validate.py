"""
Rules on whole records: what a record lacks, and whether it can be a place at all.

Nothing is changed here. A record is rejected only when nobody could find or name the place it speaks of, or when it says itself
that the place has closed; everything else is a warning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mediation_geo.ingest.apply import map_distinct
from mediation_geo.ingest.clean.name import is_closed
from mediation_geo.standard.vocabularies import NO_PUBLIC

if TYPE_CHECKING:
    import pandas as pd

    from mediation_geo.ingest.clean.rules import IssueLog

__all__ = ["reject_reasons", "report_gaps"]

_REQUIRED = {
    "nom": "name_missing",
    "adresse": "address_missing",
    "commune": "commune_missing",
    "code_postal": "postcode_missing",
    "date_maj": "date_missing",
    "services": "services_missing",
}
_LOCATORS = ("adresse", "commune", "code_postal", "code_insee", "latitude")


def report_gaps(records: pd.DataFrame, *, log: IssueLog) -> None:
    """Log what the standard wants and a record does not have, and what a reader should know about it."""
    for field, code in _REQUIRED.items():
        log.add(code, rows=records[field].isna(), field=field)
    contacts = records[["telephone", "courriels", "site_web"]]
    log.add("contact_missing", rows=contacts.isna().all(axis=1), field="telephone")
    closed_doors = map_distinct(records["modalites_acces"].map(_joined, na_action="ignore"), lambda text: NO_PUBLIC in text)
    log.add("no_public", rows=closed_doors.eq(True), field="modalites_acces", value=NO_PUBLIC)


def _joined(labels: list[str]) -> str:
    return "|".join(labels)


def reject_reasons(raw: pd.DataFrame, records: pd.DataFrame, *, log: IssueLog) -> pd.Series:
    """
    Rows that are no places, each with its issue of severity `reject`.

    Returns
    -------
    pandas.Series of bool
        True for rejected rows.
    """
    empty = raw.isna().all(axis=1)
    nameless = ~empty & records["nom"].isna() & records["adresse"].isna()
    nowhere = ~empty & ~nameless & records[list(_LOCATORS)].isna().all(axis=1)
    closed = map_distinct(records["nom"], is_closed).eq(True) & ~empty & ~nowhere
    log.add("row_empty", rows=empty, field=None)
    log.add("row_not_a_place", rows=nameless, field="nom")
    log.add("row_nowhere", rows=nowhere, field="adresse", value=records["nom"])
    log.add("place_closed", rows=closed, field="nom", value=records["nom"])
    return empty | nameless | nowhere | closed
