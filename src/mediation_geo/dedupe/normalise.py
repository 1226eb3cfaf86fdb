"""
Records in the form in which they are compared: folded names, kinds, streets, digits of phones, positions in metres.

Located records in, one `Prepared` of plain columns out. Nothing here compares two records.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mediation_geo.dedupe.fields import (
    Name,
    Street,
    prepare_handle,
    prepare_mail,
    prepare_name,
    prepare_phone,
    prepare_siret,
    prepare_street,
    upstream_id,
)
from mediation_geo.dedupe.lexicon import lexicon
from mediation_geo.dedupe.surroundings import Surroundings, plain, surroundings
from mediation_geo.dedupe.trust import source_keys
from mediation_geo.geodesy import geocentric_m

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "PREPARED_FROM",
    "SHARED_COMMUNES",
    "Prepared",
    "prepare",
    "prepare_record",
    "prepare_rows",
    "switchboards",
    "without_switchboards",
]

PREPARED_FROM = (
    "feed", "source", "id", "nom", "adresse", "code_insee", "telephone", "courriels", "site_web", "pivot", "typologie",
    "itinerance",
)  # fmt: skip

# A phone or a mail box of places in more communes than this is a switchboard or a travelling adviser: it says nothing.
SHARED_COMMUNES = 4
# One for all the records without: an empty set of its own would be more than most of their text.
_NO_MAIL: frozenset[str] = frozenset()
# The desk of France services under the name of its host: the mail box tells.
_FRANCE_SERVICES_MAIL = re.compile(r"france[-_.]?se?r+vices?|(?:^|[-_.])(?:msap|mfs|efs)(?:[-_.@]|$)")


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    Comparable columns, one entry a record.

    Attributes
    ----------
    columns : dict of numpy.ndarray
        `full`, `core`, `specific`, `numbers`, `number`, `street`, `last`, `phone`, `site`, `handle`, `siret`, `siren`, `insee`,
        `source`, `upstream` (text, None where missing), `kinds` (int64 bits), `mobile` and `vague` (bool). Plain arrays,
        since single records are compared too and a frame would cost more than the comparison.
    mails : numpy.ndarray of object
        A frozenset of addresses for each record.
    acronyms, initials : numpy.ndarray of object
        Short words of each name, and the initials of all its words: "UDAF" and "Union départementale des associations
        familiales" meet there.
    points : numpy.ndarray of float64, shape (n, 3)
        Geocentric metres, NaN where the position is unknown or stands for a commune.
    """

    columns: dict[str, NDArray[Any]]
    mails: NDArray[np.object_]
    acronyms: NDArray[np.object_]
    initials: NDArray[np.object_]
    points: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.mails)

    def take(self, rows: NDArray[np.int64]) -> Prepared:
        """
        Chosen records, in the order of `rows`.

        Parameters
        ----------
        rows : numpy.ndarray of int64
            Positions.
        """
        columns = {name: values[rows] for name, values in self.columns.items()}
        return Prepared(columns, self.mails[rows], self.acronyms[rows], self.initials[rows], self.points[rows])

    def followed_by(self, other: Prepared) -> Prepared:
        """
        These records and then the others.

        Parameters
        ----------
        other : Prepared
            Records to append.
        """
        return Prepared.concat([self, other])

    @classmethod
    def concat(cls, parts: Sequence[Prepared]) -> Prepared:
        """
        The records of all parts, one part after the other.

        Parameters
        ----------
        parts : sequence of Prepared
            At least one.
        """
        return cls(
            {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns},
            np.concatenate([part.mails for part in parts]),
            np.concatenate([part.acronyms for part in parts]),
            np.concatenate([part.initials for part in parts]),
            np.vstack([part.points for part in parts]),
        )


def prepare(records: pd.DataFrame) -> Prepared:
    """
    Bring records into the form in which they are compared.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`.

    Returns
    -------
    Prepared
        Without the phones and mails that places of many communes share.

    Examples
    --------
    >>> import pandas as pd
    >>> from mediation_geo.standard import LOCATED_RECORDS, conform
    >>> named = {"record_id": ["a/1"], "feed": ["a"], "row": [1], "nom": ["Mairie de Lattes"], "commune": ["Lattes"]}
    >>> prepare(conform(pd.DataFrame(named), LOCATED_RECORDS)).columns["core"].tolist()
    ['mairie']
    """
    return without_switchboards(prepare_rows(records, surroundings(records)))


def prepare_rows(records: pd.DataFrame, around: Surroundings) -> Prepared:
    """
    Bring records into the form in which they are compared, each by itself.

    Parameters
    ----------
    records : pandas.DataFrame
        Any of the records, with at least the columns `PREPARED_FROM`.
    around : Surroundings
        Of the same rows.

    Returns
    -------
    Prepared
        With all phones and mails; see `without_switchboards`.
    """
    return _prepared(
        communes=around.communes,
        names=_by_distinct(prepare_name, plain(records["nom"]), around.communes),
        streets=_by_distinct(prepare_street, plain(records["adresse"]), around.communes),
        upstream=[upstream_id(value) for value in plain(records["id"])],
        phones=_by_distinct(prepare_phone, plain(records["telephone"])),
        sirets=_by_distinct(prepare_siret, plain(records["pivot"])),
        insee=plain(records["code_insee"]),
        sources=source_keys(records),
        lists={name: records[name].to_numpy(dtype=object) for name in ("courriels", "site_web", "typologie", "itinerance")},
        points=around.points,
    )


def prepare_record(record: Mapping[str, Any], *, commune: str | None) -> Prepared:
    """
    Bring one record into the form in which it is compared, without a frame.

    Parameters
    ----------
    record : mapping
        Fields of the standard; lists as lists; `longitude` and `latitude` as numbers.
    commune : str or None
        Name of its commune.

    Returns
    -------
    Prepared
        Of length 1.

    Examples
    --------
    >>> prepare_record({"nom": "Mairie de Lattes"}, commune="Lattes").columns["core"].tolist()
    ['mairie']
    """
    position = [float("nan") if record.get(name) is None else float(record[name]) for name in ("longitude", "latitude")]
    lists = {name: _objects([record.get(name)]) for name in ("courriels", "site_web", "typologie", "itinerance")}
    return _prepared(
        communes=_objects([commune]),
        names=[prepare_name(_text_or_none(record.get("nom")), commune)],
        streets=[prepare_street(_text_or_none(record.get("adresse")), commune)],
        upstream=[upstream_id(_text_or_none(record.get("id")))],
        phones=[prepare_phone(_text_or_none(record.get("telephone")))],
        sirets=[prepare_siret(_text_or_none(record.get("pivot")))],
        insee=_objects([_text_or_none(record.get("code_insee"))]),
        # Somebody is filling in a form: no source stands behind the record yet.
        sources=_objects([None]),
        lists=lists,
        points=geocentric_m([position[0]], [position[1]]),
    )


def switchboards(contacts: NDArray[np.object_], insee: NDArray[np.object_]) -> list[str]:
    """
    Contacts of places in many communes, which tell nothing about where a place is.

    Parameters
    ----------
    contacts, insee : numpy.ndarray of object, shape (n,)
        A phone or mail, and the commune it was given for. Copies of one record in several sources do not count twice.

    Examples
    --------
    >>> switchboards(np.array(["467"] * 5, dtype=object), np.array(["1", "2", "3", "4", "5"], dtype=object))
    ['467']
    """
    pairs = {(a, b) for a, b in zip(contacts.tolist(), insee.tolist(), strict=True) if a is not None and b is not None}
    counts = Counter(contact for contact, _ in pairs)
    return sorted(contact for contact, communes in counts.items() if communes > SHARED_COMMUNES)


def _prepared(
    *,
    communes: NDArray[np.object_],
    names: list[Name],
    streets: list[Street],
    upstream: list[str | None],
    phones: list[str | None],
    sirets: list[str | None],
    insee: NDArray[np.object_],
    sources: NDArray[np.object_],
    lists: Mapping[str, NDArray[np.object_]],
    points: NDArray[np.float64],
) -> Prepared:
    mails = _objects([_mail_set(value) for value in lists["courriels"]])
    kinds = np.array([name.kinds for name in names], dtype=np.int64)
    kinds = np.where(kinds == 0, _typology_kinds(lists["typologie"]), kinds) | _mail_kinds(mails)
    travels = [isinstance(value, list) and "Itinérant" in value and "Fixe" not in value for value in lists["itinerance"]]
    columns: dict[str, NDArray[Any]] = {
        name: _objects([getattr(each, name) for each in names]) for name in ("full", "core", "specific", "numbers")
    }
    columns |= {name: _objects([getattr(each, name) for each in streets]) for name in ("number", "street", "last")}
    sites = [_site(value) for value in lists["site_web"]]
    columns |= {
        "kinds": kinds,
        "vague": np.array([street.vague for street in streets], dtype=bool),
        "handle": _objects([prepare_handle(*each) for each in zip(mails, sites, communes, strict=True)]),
        "mobile": np.array([name.mobile for name in names], dtype=bool) | np.array(travels, dtype=bool),
        "phone": _objects(phones),
        "upstream": _objects(upstream),
        "site": _objects(sites),
        "siret": _objects(sirets),
        "siren": _objects([siret[:9] if siret else None for siret in sirets]),
        "insee": insee,
        "source": sources,
    }
    return Prepared(
        columns, mails, _objects([name.acronyms for name in names]), _objects([name.initials for name in names]), points
    )


def without_switchboards(prepared: Prepared) -> Prepared:
    """
    All records, without the phones and mails that places of many communes share.

    Parameters
    ----------
    prepared : Prepared
        All of them: how many communes share a contact is not known of fewer.
    """
    told = prepared.columns
    phones = told["phone"].copy()
    phones[np.isin(phones.astype(str), switchboards(phones, told["insee"]))] = None
    rows = np.array([row for row, each in enumerate(prepared.mails) for _ in each], dtype=np.int64)
    every = _objects([mail for each in prepared.mails for mail in each])
    common = frozenset(switchboards(every, told["insee"][rows]))
    mails = _objects([each if each.isdisjoint(common) else each - common for each in prepared.mails])
    return replace(prepared, columns={**told, "phone": phones}, mails=mails)


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _by_distinct(function: Callable[..., Any], *columns: NDArray[np.object_]) -> list[Any]:
    """Apply a function once to each distinct combination of values."""
    known: dict[Hashable, Any] = {}
    results = []
    for key in zip(*columns, strict=True):
        if key not in known:
            known[key] = function(*key)
        results.append(known[key])
    return results


def _objects(values: list[Any]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _mail_kinds(mails: NDArray[np.object_]) -> NDArray[np.int64]:
    france_services = lexicon().kinds["franceservices"]
    return np.array(
        [france_services if any(_FRANCE_SERVICES_MAIL.search(mail) for mail in each) else 0 for each in mails], dtype=np.int64
    )


def _typology_kinds(typologie: NDArray[np.object_]) -> NDArray[np.int64]:
    bits = lexicon().typologies
    kinds = np.zeros(len(typologie), dtype=np.int64)
    for row, codes in enumerate(typologie):
        for code in codes if isinstance(codes, list) else ():
            kinds[row] |= bits.get(code, 0)
    return kinds


def _site(value: Any) -> str | None:
    if not isinstance(value, list) or not value:
        return None
    host = re.sub(r"^(?:https?:/*)?(?:www\.)?", "", value[0].strip().lower()).split("/")[0].split("?")[0]
    return None if not host or "." not in host or host in lexicon().shared_sites else host


def _mail_set(value: Any) -> frozenset[str]:
    if not isinstance(value, list):
        return _NO_MAIL
    return frozenset(mail for mail in map(prepare_mail, value) if mail is not None) or _NO_MAIL
