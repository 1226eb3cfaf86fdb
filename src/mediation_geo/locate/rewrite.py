"""
Fields of a record rewritten to agree with the commune that was established, with an issue for every change.

Comes in: records and the outcome of `resolve_communes`. Goes out: the records with `commune`, `code_postal`, `code_insee`,
`code_arrondissement`, `code_departement`, `code_region`, `timezone`, and issues that say from what to what and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mediation_geo.locate.names import commune_key
from mediation_geo.locate.resolve import CLEAR_MARGIN
from mediation_geo.standard import issue_table
from mediation_geo.standard.territories import DEPARTEMENTS, departement_of_commune, departements_of_postcode

if TYPE_CHECKING:
    from mediation_geo.locate.communes import Communes

__all__ = ["rewrite_communes"]


def rewrite_communes(
    records: pd.DataFrame, resolved: pd.DataFrame, *, communes: Communes
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """
    Records that agree with their commune, and the issues.

    Parameters
    ----------
    records : pandas.DataFrame, shape (n, ...)
        Layout `RECORDS`.
    resolved : pandas.DataFrame, shape (n, ...)
        Outcome of `resolve_communes`, same index.
    communes : Communes

    Returns
    -------
    tuple of (pandas.DataFrame, list of pandas.DataFrame)
        The records with the located text columns, and tables in the layout `ISSUES`.

    Notes
    -----
    The postcode of the source is kept when it serves the commune, when it is a CEDEX of the same département (no commune has
    it), or when it is unknown but of the same département; it is replaced when it belongs elsewhere.

    Examples
    --------
    >>> from mediation_geo.locate import load_communes
    >>> from mediation_geo.locate.resolve import resolve_communes
    >>> rows = pd.DataFrame(
    ...     {"record_id": ["a/1"], "feed": ["a"], "commune": ["Lyon"], "code_postal": ["69003"], "code_insee": ["69383"]}
    ... )
    >>> found = resolve_communes(rows, communes=load_communes())
    >>> rewritten, _ = rewrite_communes(rows, found, communes=load_communes())
    >>> rewritten.loc[0, ["code_insee", "code_arrondissement", "commune"]].tolist()
    ['69123', '69383', 'Lyon']
    """
    facts = _facts(records, resolved, communes)
    code = resolved["code"]
    known = code.notna()
    rewritten = records.assign(
        commune=records["commune"].where(~known, facts["nom"]),
        code_postal=facts["code_postal"],
        code_insee=facts["code_insee"],
        code_arrondissement=facts["arrondissement"],
        code_departement=facts["departement"],
    )
    rewritten["code_region"] = rewritten["code_departement"].map({k: each.code_region for k, each in DEPARTEMENTS.items()})
    rewritten["timezone"] = rewritten["code_departement"].map({k: each.timezone for k, each in DEPARTEMENTS.items()})
    return rewritten, _commune_issues(records, rewritten, resolved, facts)


def _facts(records: pd.DataFrame, resolved: pd.DataFrame, communes: Communes) -> pd.DataFrame:
    # Row by row: a handful of look-ups in dictionaries each, clearer than as many merges.
    rows = [
        _fact(*each, communes)
        for each in zip(
            records["commune"].fillna(""),
            records["code_postal"].fillna(""),
            records["code_insee"].fillna(""),
            resolved["code"].fillna(""),
            strict=True,
        )
    ]
    names = ["nom", "code_postal", "code_insee", "arrondissement", "departement", "renamed", "postcode_code", "insee_code"]
    return pd.DataFrame(rows, columns=names, index=records.index).astype(object)


def _fact(name: str, postcode: str, given: str, code: str, communes: Communes) -> tuple[str | None, ...]:
    insee_code = _verdict_on_code(given, code, postcode, communes)
    if not code:
        # Unresolved: an existing code that nothing contradicts would have won, so what is here cannot be trusted.
        departement = next(iter(departements_of_postcode(postcode)), None) or departement_of_commune(given)
        kept = postcode or (given if given in communes.by_postcode else None)
        return (None, kept, None, None, departement, None, None, insee_code)
    commune = communes.by_code[code]
    arrondissement = communes.arrondissement(code, code=given, postcode=postcode, name=name)
    best, postcode_code = _postcode(postcode, given, code, arrondissement, communes)
    renamed = "commune_corrected" if name and commune_key(name) != commune_key(commune.nom) else None
    return (commune.nom, best, code, arrondissement, commune.departement, renamed, postcode_code, insee_code)


def _verdict_on_code(given: str, code: str, postcode: str, communes: Communes) -> str | None:
    if not given or given == code:
        return None
    if communes.is_postcode(given, beside=postcode):
        return "code_insee_is_postcode"
    current = communes.current_code(given)
    if current is None:
        return "code_insee_unknown"
    if not code:
        return None
    if current != code:
        return "code_insee_contradicted"
    return "code_insee_arrondissement" if given in communes.by_code else "code_insee_former"


def _postcode(
    postcode: str, given: str, code: str, arrondissement: str | None, communes: Communes
) -> tuple[str | None, str | None]:
    unit = communes.by_code[arrondissement or code]
    own = unit.postcodes or communes.by_code[code].postcodes
    if postcode and code in communes.by_postcode.get(postcode, ()):
        return postcode, None
    same_departement = communes.by_code[code].departement in departements_of_postcode(postcode)
    if postcode and same_departement and postcode not in communes.by_postcode:
        return postcode, None
    # The column held the postcode instead of the code.
    if given in own and not postcode:
        return given, "code_postal_filled"
    if len(own) == 1:
        return own[0], "code_postal_corrected" if postcode else "code_postal_filled"
    if postcode and not same_departement and own:
        return min(own), "code_postal_corrected"
    return postcode or None, None


def _commune_issues(
    records: pd.DataFrame, rewritten: pd.DataFrame, resolved: pd.DataFrame, facts: pd.DataFrame
) -> list[pd.DataFrame]:
    unresolved = resolved["code"].isna()
    uncertain = ~unresolved & resolved["margin"].lt(CLEAR_MARGIN)
    state = pd.Series(None, index=records.index, dtype=object)
    state = state.mask(unresolved, "commune_unresolved").mask(uncertain, "commune_uncertain")
    tables = []
    for field, codes in (
        ("commune", state),
        ("commune", facts["renamed"]),
        ("code_postal", facts["postcode_code"]),
        ("code_insee", facts["insee_code"]),
    ):
        for name in sorted(codes.dropna().unique()):
            rows = codes.eq(name)
            tables.append(
                issue_table(
                    name,
                    feed=records.loc[rows, "feed"],
                    record_id=records.loc[rows, "record_id"],
                    field=field,
                    value=records.loc[rows, field],
                    corrected=None if name == "commune_unresolved" else rewritten.loc[rows, field],
                )
            )
    return tables
