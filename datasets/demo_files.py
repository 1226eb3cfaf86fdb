"""
Write the demo in the four published dialects, and the truth beside it.

In: the records. Out: bytes of each file: the national export (CSV, comma, every cell quoted), the warehouse export (CSV,
semicolon, BOM, zeroed pivots, timestamps, some null ids), JSON v1, and JSON v0.1 as the advisers' source publishes it; and
``planted.json``.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from demo_draw import Draw
from demo_records import CONSEILLERS, ENTREPOT, NATIONAL, SOURCES, TERRITOIRES, DemoRecord
from demo_words import OLD_COSTS, OLD_PROGRAMMES, OLD_PUBLICS, OLD_SERVICES, OLD_SUPPORT

from mediation_geo.standard import FIELD_NAMES, VOCABULARIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from demo_places import DemoPlace

FILE_NAMES = {
    NATIONAL: "demo-national.csv",
    ENTREPOT: "demo-entrepot.csv",
    TERRITOIRES: "demo-territoires.json",
    CONSEILLERS: "demo-conseillers.json",
}
NULL_IDS = 0.07
REPEATED_IDS = 4
MERGED_IDS = 15


@dataclass(frozen=True)
class DemoRow:
    """A record with its id and its 1-based row in the file of its source."""

    record: DemoRecord
    row: int
    id: str | None
    pivot: str


def number_rows(records: list[DemoRecord], *, seed: int) -> list[DemoRow]:
    """The rows of all files, in the order they are written: shuffled, so that neighbours in a file are not neighbours in town."""
    ids = _ids(records, seed=seed)
    rows: list[DemoRow] = []
    for source in SOURCES:
        ordered = Draw(f"{seed}/order/{source}").shuffled([record for record in records if record.source == source])
        if source == ENTREPOT:
            # The same rows once more: an export whose join doubled some lines.
            ordered += [record for record in ordered if ids[record.key] is not None][:REPEATED_IDS]
        for number, record in enumerate(ordered, start=1):
            pivot = "0" * 14 if source in (ENTREPOT, CONSEILLERS) else record.values["pivot"]
            rows.append(DemoRow(record, number, ids[record.key], pivot))
    return rows


def write_files(rows: list[DemoRow]) -> dict[str, bytes]:
    """Bytes of each source file by its name."""
    of = {source: [row for row in rows if row.record.source == source] for source in SOURCES}
    return {
        FILE_NAMES[NATIONAL]: _csv(map(_v1_cells, of[NATIONAL]), delimiter=",", quoting=csv.QUOTE_ALL).encode(),
        FILE_NAMES[ENTREPOT]: _csv(map(_entrepot_row, of[ENTREPOT]), delimiter=";", quoting=csv.QUOTE_MINIMAL).encode(
            "utf-8-sig"
        ),
        FILE_NAMES[TERRITOIRES]: _json_lines(_v1_row(row) for row in of[TERRITOIRES]),
        FILE_NAMES[CONSEILLERS]: _json_lines(_v01_row(row) for row in of[CONSEILLERS]),
    }


def write_truth(places: list[DemoPlace], rows: list[DemoRow], *, seed: int) -> bytes:
    """
    The truth: which rows are one place, which places only look alike, and which row has which fault.

    A row is named ``"<feed>/<row>"``, with the feed the file's name without its ending and the row counted from 1.
    """
    rows_of = defaultdict(list)
    marks = defaultdict(list)
    for row in rows:
        name = f"{row.record.source}/{row.row}"
        rows_of[row.record.place.key].append(name)
        for mark in _marks(row):
            marks[mark].append(name)
    truth = {
        "seed": seed,
        "rows": dict(Counter(row.record.source for row in rows)),
        "places": {
            place.key: {"kind": place.kind.key, "code_insee": place.values["code_insee"], "rows": rows_of[place.key]}
            for place in places
        },
        "same_building": _groups({place.key: place.building for place in places if place.building}),
        "same_name_elsewhere": _same_name_elsewhere(places),
        "planted": {mark: sorted(names) for mark, names in sorted(marks.items())},
        "counts": {mark: len(names) for mark, names in sorted(marks.items())},
    }
    return _json_by_line(truth)


def _groups(names: dict[str, str]) -> list[list[str]]:
    """Keys that have a name in common, two or more of them."""
    keys = defaultdict(list)
    for key, name in names.items():
        keys[name].append(key)
    return [group for group in keys.values() if len(group) > 1]


def _same_name_elsewhere(places: list[DemoPlace]) -> list[list[str]]:
    """Places of one name in different communes, as in the two towns called Saint-Denis."""
    code_of = {place.key: place.values["code_insee"] for place in places}
    groups = _groups({place.key: place.names[0] for place in places})
    return [group for group in groups if len({code_of[key] for key in group}) > 1]


def _marks(row: DemoRow) -> Iterable[str]:
    """What was planted in a row, and what makes it a hard case."""
    record = row.record
    if record.fault:
        yield record.fault
    if record.flavour != "first":
        yield f"duplicate_{record.flavour}"
    if row.id is None:
        yield "id_null"
    elif "__" in row.id:
        yield "id_merged"
    if re.match(r"\d+ (bis|ter|B) ", record.values["adresse"]):
        yield "number_bis"
    if record.place.commune.type == "arrondissement" and re.search(r"\d", record.values["commune"]):
        yield "commune_with_arrondissement"
    if record.values["itinerance"] == ["Itinérant"]:
        yield "itinerant"
    if record.place.building:
        yield "shared_building"


def _ids(records: list[DemoRecord], *, seed: int) -> dict[str, str | None]:
    """
    Id of each record as its source gives it.

    The national export also holds ids of merged records, made of the other sources' ids.
    """
    ids: dict[str, str | None] = {}
    for count, record in enumerate(records, start=1):
        draw = Draw(f"{seed}/id/{record.key}")
        if record.source == CONSEILLERS:
            ids[record.key] = "".join(draw.pick("0123456789abcdef") for _ in range(24))
        elif record.source == ENTREPOT and draw.chance(NULL_IDS):
            ids[record.key] = None
        else:
            ids[record.key] = f"{record.source}_{count:05d}"
    others = defaultdict(list)
    for record in records:
        other_id = ids[record.key]
        if record.source != NATIONAL and other_id is not None:
            others[record.place.key].append(other_id if record.source in other_id else f"{record.source}_{other_id}")
    mergeable = [record for record in records if record.source == NATIONAL and len(others[record.place.key]) > 1]
    for record in mergeable[:MERGED_IDS]:
        ids[record.key] = "__".join(sorted(others[record.place.key]))
    return ids


def _v1_cells(row: DemoRow) -> dict[str, Any]:
    """Cells of the standard v1.0.2 in its order; lists joined, a missing cell is None."""
    record = row.record
    cells: dict[str, Any] = dict.fromkeys(FIELD_NAMES)
    cells |= {name: "|".join(value) if isinstance(value, list) else value for name, value in record.values.items()}
    return cells | {
        "id": row.id,
        "pivot": row.pivot,
        "latitude": record.lat,
        "longitude": record.lon,
        "source": _source(record),
    }


def _source(record: DemoRecord) -> str:
    """The standard's ``source``: the national export names the source it took the record from."""
    if record.source != NATIONAL:
        return record.source
    return "demo-france-services" if record.place.kind.key == "france-services" else "demo-coop"


def _entrepot_row(row: DemoRow) -> dict[str, Any]:
    cells = _v1_cells(row)
    draw = Draw(f"time/{row.record.key}")
    clock = f"{draw.number(6, 19):02d}:{draw.number(0, 59):02d}:{draw.number(0, 59):02d}.{draw.number(0, 999):03d}"
    return cells | {"date_maj": f"{cells['date_maj']}T{clock}Z", "structure_parente": None}


def _v1_row(row: DemoRow) -> dict[str, Any]:
    return {name: value for name, value in _v1_cells(row).items() if value is not None}


def _v01_row(row: DemoRow) -> dict[str, Any]:
    """A record of the advisers' source: v0.1 names and labels, lists joined by ``;``, no ``code_insee``, nameless advisers."""
    record, values = row.record, row.record.values
    email = values["courriels"][0] if values["courriels"] else None
    publics = [*(values["publics_specifiquement_adresses"] or []), *(values["prise_en_charge_specifique"] or [])]
    cells = {
        "id": row.id,
        "nom": values["nom"],
        "services": _old(values["services"], _old_services(record)),
        "pivot": row.pivot,
        "commune": values["commune"],
        "code_postal": values["code_postal"],
        "adresse": values["adresse"],
        "latitude": record.lat,
        "longitude": record.lon,
        "telephone": values["telephone"],
        "courriel": email,
        "site_web": ";".join(values["site_web"] or []) or None,
        "presentation_resume": values["presentation_resume"],
        "conditions_access": _old(values["frais_a_charge"], OLD_COSTS),
        "publics_accueillis": _old(publics, OLD_PUBLICS),
        "modalites_accompagnement": _old(values["modalites_accompagnement"], OLD_SUPPORT),
        "labels_nationaux": ";".join(["CNFS", *_old_programmes(values)]),
        "horaires": values["horaires"],
        "prise_rdv": values["prise_rdv"],
        "source": record.source,
        "date_maj": values["date_maj"],
        "structureId": Draw(f"structure/{record.place.key}").digits(24),
        "aidants": [{"aidantId": row.id, "nom": "", "courriel": email or "", "telephone": values["telephone"] or ""}],
    }
    return {name: value for name, value in cells.items() if value is not None}


def _old_services(record: DemoRecord) -> dict[str, str]:
    """The v0.1 label of each v1 service; where several lead to one, the record has one of them."""
    draw = Draw(f"old/{record.key}")
    return {VOCABULARIES["services"][position]: draw.pick(labels) for position, labels in OLD_SERVICES.items()}


def _old_programmes(values: dict[str, Any]) -> list[str]:
    programmes = values["dispositif_programmes_nationaux"] or []
    old = [OLD_PROGRAMMES[label] for label in programmes if label in OLD_PROGRAMMES]
    return [label for label in old if label != "CNFS"]


def _old(labels: list[str] | None, table: dict[str, str]) -> str | None:
    """Labels of v0.1 joined by ``;``. A label without an old form is left out, as the older schema had no word for it."""
    return ";".join(table[label] for label in labels or [] if label in table) or None


def _csv(rows: Iterable[dict[str, Any]], *, delimiter: str, quoting: Any) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, FIELD_NAMES, delimiter=delimiter, quoting=quoting, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in rows)
    return text.getvalue()


def _json_lines(rows: Iterable[dict[str, Any]]) -> bytes:
    """A JSON array with one record a line, so that a change shows as one line."""
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()


def _json_by_line(document: dict[str, Any]) -> bytes:
    """JSON whose two upper levels are one line each."""
    parts = []
    for key, value in document.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"  {json.dumps(name)}: {json.dumps(item, ensure_ascii=False)}" for name, item in value.items())
            parts.append(f"{json.dumps(key)}: {{\n{inner}\n}}")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()
