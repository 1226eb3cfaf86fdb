"""
From text under the names of the standard to clean values, every change in the issues: one family of fields a module.

`clean_fields` runs them in the order in which they depend on each other. It never drops a row.
"""

from __future__ import annotations

import pandas as pd

from mediation_geo.ingest.apply import map_distinct
from mediation_geo.ingest.clean.address import ADDRESS_RULES, COMMUNE_RULES
from mediation_geo.ingest.clean.contact import PHONE_RULES
from mediation_geo.ingest.clean.dates import DATE_RULES
from mediation_geo.ingest.clean.hours import clean_hours
from mediation_geo.ingest.clean.identifiers import COMMUNE_CODE_RULES, PIVOT_RULES, POSTCODE_RULES, remove_zero_pivot
from mediation_geo.ingest.clean.labels import clean_labels
from mediation_geo.ingest.clean.moves import (
    add_typologies,
    fill_from_address,
    put_number_first,
    rescue_contacts,
    split_summary,
)
from mediation_geo.ingest.clean.name import NAME_RULES
from mediation_geo.ingest.clean.position import clean_positions
from mediation_geo.ingest.clean.rules import IssueLog, Rule, clean_column
from mediation_geo.ingest.clean.text import LINE_RULES, PARAGRAPH_RULES
from mediation_geo.ingest.clean.web import EMAIL_RULES, SINGLE_URL_RULES, URL_RULES
from mediation_geo.ingest.personal import remove_nominative_emails, remove_person_names
from mediation_geo.standard.fields import LIST_FIELDS, LIST_SEPARATOR

__all__ = ["clean_fields"]

_PARAGRAPHS = ("presentation_resume", "presentation_detail", "horaires", "horaires_brut")
_FREE_TEXTS = ("presentation_resume", "presentation_detail", "complement_adresse")
_UNTOUCHED = ("id", "latitude", "longitude", "date_maj")
# Field, its rules, and the field that the rules may look at beside it.
_RULES: tuple[tuple[str, tuple[Rule, ...], str | None], ...] = (
    ("code_postal", POSTCODE_RULES, None),
    ("code_insee", COMMUNE_CODE_RULES, "code_postal"),
    ("commune", COMMUNE_RULES, None),
    ("adresse", ADDRESS_RULES, None),
    ("nom", NAME_RULES, "adresse"),
    ("telephone", PHONE_RULES, "code_postal"),
    ("telephone_secondaire", PHONE_RULES, "code_postal"),
    ("courriels", EMAIL_RULES, None),
    ("site_web", URL_RULES, None),
    ("prise_rdv", SINGLE_URL_RULES, None),
    ("fiche_acces_libre", SINGLE_URL_RULES, None),
    ("pivot", PIVOT_RULES, "code_postal"),
    ("date_maj", DATE_RULES, None),
)


def clean_fields(frame: pd.DataFrame, *, log: IssueLog) -> pd.DataFrame:
    """
    Clean values of mapped rows.

    Parameters
    ----------
    frame : pandas.DataFrame
        Text under the names of the standard, as `apply_mapping` gives it; not changed.
    log : IssueLog
        Receives every change with before and after.

    Returns
    -------
    pandas.DataFrame
        The fields of the standard: text, float64 positions, datetime64 dates, Python lists. Same rows, same index.
    """
    clean = _clean_text(frame, log=log)
    clean["pivot"] = map_distinct(clean["pivot"], remove_zero_pivot).astype("str")
    clean = put_number_first(clean)
    clean = _run(clean, ("code_postal",), log=log)
    clean = fill_from_address(clean, log=log)
    clean = rescue_contacts(clean, log=log)
    clean = _run(clean, tuple(name for name, _, _ in _RULES if name != "code_postal"), log=log)
    clean = _second_phone(clean, log=log)
    clean = clean.assign(**clean_labels(clean, log=log))
    clean = add_typologies(clean, log=log)
    clean = remove_nominative_emails(clean, log=log)
    clean = remove_person_names(clean, fields=_FREE_TEXTS, log=log)
    clean = split_summary(clean, log=log)
    clean = clean.assign(horaires=clean_hours(clean, log=log))
    return _typed(clean.assign(**clean_positions(frame, log=log)))


def _clean_text(frame: pd.DataFrame, *, log: IssueLog) -> pd.DataFrame:
    columns = {}
    for name in frame.columns:
        if name in _UNTOUCHED:
            columns[name] = frame[name]
            continue
        multiline = name in _PARAGRAPHS or name in LIST_FIELDS
        rules = PARAGRAPH_RULES if multiline else LINE_RULES
        columns[name] = clean_column(frame[name], rules, field=name, log=log)
    return pd.DataFrame(columns, index=frame.index)


def _run(frame: pd.DataFrame, names: tuple[str, ...], *, log: IssueLog) -> pd.DataFrame:
    for name, rules, beside in _RULES:
        if name in names and name in frame.columns:
            context = frame[beside] if beside else None
            frame = frame.assign(**{name: clean_column(frame[name], rules, field=name, log=log, context=context)})
    return frame


def _second_phone(frame: pd.DataFrame, *, log: IssueLog) -> pd.DataFrame:
    """The phone of a second column where the first gave none."""
    if "telephone_secondaire" not in frame.columns:
        return frame
    second = frame["telephone_secondaire"]
    used = frame["telephone"].isna() & second.notna()
    log.add("phone_from_second_column", rows=used, field="telephone", corrected=second)
    return frame.assign(telephone=frame["telephone"].mask(used, second).astype("str"))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    lists = {name: map_distinct(frame[name], lambda text: text.split(LIST_SEPARATOR)) for name in LIST_FIELDS}
    dates = pd.to_datetime(frame["date_maj"], format="%Y-%m-%d").astype("datetime64[s]")
    return frame.assign(date_maj=dates, **lists)
