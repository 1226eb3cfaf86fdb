"""
What four sources say about the invented places: the same place twice, under other names, a little elsewhere, with faults.

In: the places. Out: one ``DemoRecord`` for each row to be written, with what was done to it. Every change is drawn, counted and
written to ``planted.json`` by ``demo_files.py``: the demo knows its own truth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from demo_draw import Draw
from demo_places import DemoPlace, fiction_phone, moved
from demo_words import (
    ABBREVIATIONS,
    BROKEN_PHONES,
    CLOSED_HOURS,
    LABEL_VARIANTS,
    MESSY_HOURS,
    UNKNOWN_SERVICE,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NATIONAL, ENTREPOT, TERRITOIRES, CONSEILLERS = "demo-national", "demo-entrepot", "demo-territoires", "demo-conseillers"
SOURCES = (NATIONAL, ENTREPOT, TERRITOIRES, CONSEILLERS)
SOURCE_WEIGHTS = (5.0, 2.8, 2.2, 3.4)

# How many sources know a place.
SIGHTINGS = (1, 2, 3, 4)
SIGHTING_WEIGHTS = (0.66, 0.23, 0.08, 0.03)

# What another source does to a place that one source already holds.
FLAVOURS = ("exact", "renamed", "abbreviated", "moved", "noisy")
FLAVOUR_WEIGHTS = (0.26, 0.24, 0.2, 0.2, 0.1)
FARTHEST_MOVE_M = 45.0

# One place in so many is listed twice by the source of the advisers, as two advisers share it.
TWICE_IN_CONSEILLERS = 0.08


@dataclass(frozen=True)
class DemoRecord:
    """One row of one source: ``values`` are cells of the standard v1, a position of None is missing."""

    source: str
    place: DemoPlace
    number: int
    values: dict[str, Any]
    lon: float | None
    lat: float | None
    flavour: str
    fault: str | None = None

    @property
    def key(self) -> str:
        """Name of this row's stream of draws, and of the row in messages."""
        return f"{self.place.key}/{self.source}/{self.number}"


def sight_places(places: list[DemoPlace], *, seed: int) -> list[DemoRecord]:
    """The records of all sources; the first of a place is the true one but for a fault, the others are changed."""
    records: list[DemoRecord] = []
    for place in places:
        draw = Draw(f"{seed}/sightings/{place.key}")
        for number, source in enumerate(_sources(place, draw)):
            record = DemoRecord(source, place, number, dict(place.values), place.lon, place.lat, "first")
            row_draw = Draw(f"{seed}/record/{record.key}")
            if number:
                record = _changed(record, row_draw)
            record = _with_fault(_as_source_writes(record, row_draw), row_draw)
            records.append(record)
    return records


def _sources(place: DemoPlace, draw: Draw) -> list[str]:
    """Which sources know the place; the advisers' one knows only places that have advisers, and some of them twice."""
    has_advisers = "Conseillers numériques" in place.kind.dispositifs
    open_sources = [source for source in SOURCES if has_advisers or source != CONSEILLERS]
    weights = [SOURCE_WEIGHTS[SOURCES.index(source)] for source in open_sources]
    count = min(draw.weighted(SIGHTINGS, SIGHTING_WEIGHTS), len(open_sources))
    chosen: list[str] = []
    while len(chosen) < count:
        source = draw.weighted(open_sources, weights)
        if source not in chosen:
            chosen.append(source)
    if CONSEILLERS in chosen and draw.chance(TWICE_IN_CONSEILLERS):
        chosen.append(CONSEILLERS)
    return chosen


def _changed(record: DemoRecord, draw: Draw) -> DemoRecord:
    """The same place as another source has it."""
    flavour = draw.weighted(FLAVOURS, FLAVOUR_WEIGHTS)
    values = dict(record.values)
    values["date_maj"] = f"{draw.number(2024, 2026)}-{draw.number(1, 9):02d}-{draw.number(1, 28):02d}"
    record = replace(record, values=values, flavour=flavour)
    if flavour == "exact":
        return record
    if flavour in ("renamed", "noisy"):
        values["nom"] = draw.pick(record.place.names[1:])
    if flavour in ("abbreviated", "noisy"):
        values["adresse"] = _abbreviated(values["adresse"])
    if flavour == "abbreviated" and draw.chance(0.5):
        values["nom"] = values["nom"].upper()
    # A source that was made independently also knows less: contacts and hours are there or not.
    for field in ("telephone", "courriels", "site_web", "horaires", "typologie", "complement_adresse"):
        if draw.chance(0.3):
            values[field] = None
    reach_m = FARTHEST_MOVE_M if flavour in ("moved", "noisy") else 12.0
    lon, lat = moved(
        record.place.lon,
        record.place.lat,
        east_m=(draw.number(-100, 100) / 100) * reach_m * 0.7,
        north_m=(draw.number(-100, 100) / 100) * reach_m * 0.7,
    )
    return replace(record, lon=lon, lat=lat)


def _abbreviated(address: str) -> str:
    for long, short in ABBREVIATIONS:
        address = address.replace(long, short).replace(long.capitalize(), short.capitalize())
    return address


def _as_source_writes(record: DemoRecord, draw: Draw) -> DemoRecord:
    """Habits of a source that are no faults: capitals, spaces in numbers, the arrondissement in the commune's name."""
    values = dict(record.values)
    town = record.place.commune
    if record.source == CONSEILLERS:
        values["commune"] = values["commune"].upper()
    if town.type == "arrondissement" and draw.chance(0.4):
        values["commune"] = _with_district(values["commune"], town.nom, draw)
        values["code_insee"] = town.code_insee
    if values["telephone"] and draw.chance(0.35):
        national = "0" + values["telephone"].removeprefix("+33")
        values["telephone"] = draw.pick((" ", ".", "")).join(national[i : i + 2] for i in range(0, 10, 2))
    return replace(record, values=values)


def _with_district(commune: str, nom: str, draw: Draw) -> str:
    """Paris 11e, Lyon 3ème, Marseille 1er Arrondissement, PARIS 11: four ways to name an arrondissement."""
    ordinal = nom.removesuffix(" Arrondissement").rsplit(" ", 1)[1]
    number = ordinal.removesuffix("er").removesuffix("e")
    spelled = ordinal if ordinal.endswith("er") else f"{number}ème"
    return f"{commune} {draw.pick((ordinal, spelled, f'{ordinal} Arrondissement', number))}"


def _with_fault(record: DemoRecord, draw: Draw) -> DemoRecord:
    """The record with at most one fault, if chance wants one and the record has what can break."""
    weights = [weight for weight, _ in _FAULTS.values()]
    fault = draw.weighted((None, *_FAULTS), (1 - sum(weights), *weights))
    if fault is None:
        return record
    broken = _FAULTS[fault][1](record, draw)
    return replace(broken, fault=fault) if broken is not None else record


def _values(record: DemoRecord, **cells: Any) -> DemoRecord:
    return replace(record, values=record.values | cells)


def _without_position(record: DemoRecord, _draw: Draw) -> DemoRecord:
    return replace(record, lon=None, lat=None)


def _null_island(record: DemoRecord, _draw: Draw) -> DemoRecord:
    return replace(record, lon=0.0, lat=0.0)


def _swapped(record: DemoRecord, _draw: Draw) -> DemoRecord:
    return replace(record, lon=record.lat, lat=record.lon)


def _broken_phone(record: DemoRecord, draw: Draw) -> DemoRecord:
    national, other = ("0" + fiction_phone(draw).removeprefix("+33") for _ in range(2))
    form = draw.pick(BROKEN_PHONES)
    broken = form.format(national=national, other=other, first_six=national[:6], without_zero=national[1:])
    return _values(record, telephone=broken)


def _mistyped_postcode(record: DemoRecord, draw: Draw) -> DemoRecord | None:
    postcode = record.values["code_postal"]
    lost_zero = postcode.removeprefix("0")
    swapped = postcode[:-2] + postcode[-1] + postcode[-2]
    neighbour = f"{postcode[:-1]}{(int(postcode[-1]) + 7) % 10}"
    options = [mistyped for mistyped in (lost_zero, swapped, neighbour) if mistyped != postcode]
    return _values(record, code_postal=draw.pick(options), code_insee=None)


def _cedex(record: DemoRecord, draw: Draw) -> DemoRecord | None:
    if record.place.commune.type != "commune" or record.place.commune.population < 5000:
        return None
    postcode = record.values["code_postal"]
    return _values(
        record,
        commune=f"{record.values['commune'].upper()} CEDEX {draw.number(1, 9)}",
        code_postal=f"{postcode[:3]}{draw.number(1, 9)}{draw.number(1, 9)}" if draw.chance(0.5) else postcode,
        adresse=f"{record.values['adresse']} BP {draw.number(1000, 9999)}",
        code_insee=None,
    )


def _postcode_as_code(record: DemoRecord, _draw: Draw) -> DemoRecord | None:
    if record.values["code_postal"] == record.place.commune.code_insee:
        return None
    return _values(record, code_insee=record.values["code_postal"])


def _messy_hours(record: DemoRecord, draw: Draw) -> DemoRecord:
    return _values(record, horaires=draw.pick(MESSY_HOURS))


def _closed_hours(record: DemoRecord, _draw: Draw) -> DemoRecord:
    return _values(record, horaires=CLOSED_HOURS)


def _entities(record: DemoRecord, _draw: Draw) -> DemoRecord | None:
    broken = record.values["nom"].replace("é", "&eacute;").replace("'", "&#039;")
    return _values(record, nom=broken) if broken != record.values["nom"] else None


def _mojibake(record: DemoRecord, _draw: Draw) -> DemoRecord | None:
    nom = record.values["nom"]
    broken = nom.encode().decode("cp1252", errors="ignore")
    # Only where the damage can be undone: a reader is asked to repair, not to guess.
    if broken == nom or broken.encode("cp1252", errors="ignore").decode(errors="ignore") != nom:
        return None
    return _values(record, nom=broken)


def _unparsed_date(record: DemoRecord, _draw: Draw) -> DemoRecord:
    return _values(record, date_maj="1970-01-01")


def _variant_labels(record: DemoRecord, _draw: Draw) -> DemoRecord | None:
    cells = {
        field: [LABEL_VARIANTS.get(label, label) for label in labels]
        for field, labels in record.values.items()
        if isinstance(labels, list)
    }
    changed = _values(record, **cells)
    return changed if changed.values != record.values else None


def _unknown_service(record: DemoRecord, _draw: Draw) -> DemoRecord:
    return _values(record, services=[*record.values["services"], UNKNOWN_SERVICE])


def _without_services(record: DemoRecord, _draw: Draw) -> DemoRecord:
    return _values(record, services=None)


def _messy_email(record: DemoRecord, _draw: Draw) -> DemoRecord | None:
    emails = record.values["courriels"]
    return _values(record, courriels=[f"mailto:{emails[0]} "]) if emails else None


# Fault -> how often a record has it, and what it does.
_FAULTS: dict[str, tuple[float, Callable[[DemoRecord, Draw], DemoRecord | None]]] = {
    "missing_coordinates": (0.075, _without_position),
    "null_island": (0.004, _null_island),
    "swapped_coordinates": (0.004, _swapped),
    "broken_phone": (0.025, _broken_phone),
    "postcode_typo": (0.015, _mistyped_postcode),
    "cedex": (0.05, _cedex),
    "insee_is_postcode": (0.005, _postcode_as_code),
    "messy_hours": (0.02, _messy_hours),
    "closed_hours": (0.01, _closed_hours),
    "html_entities": (0.008, _entities),
    "mojibake": (0.008, _mojibake),
    "date_1970": (0.008, _unparsed_date),
    "label_variant": (0.02, _variant_labels),
    "unknown_service": (0.006, _unknown_service),
    "no_services": (0.006, _without_services),
    "messy_email": (0.015, _messy_email),
}
