"""
Our reading of the raw sources beside the records that the national pipeline makes of the same files.

`python benchmarks/ingest.py quality` prints one line a source and field: how many records have a usable value, theirs and ours.
`python benchmarks/ingest.py lost` lists values that the national pipeline has and we do not.
`python benchmarks/ingest.py speed` times 25,000 rows, and reading plus checking them with frictionless alone as a yardstick.
`python benchmarks/ingest.py memory` streams a million rows and prints the peak memory of the process.

The files are looked for in ../shared/data/places beside the repository.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import opening_hours
import pandas as pd
from measure import Document, add_json_option, interleaved

from mediation_geo.ingest import read_source, stream_source
from mediation_geo.ingest.clean.address import split_address
from mediation_geo.ingest.clean.contact import to_e164
from mediation_geo.standard.fields import FIELDS

PLACES = Path(__file__).resolve().parents[2] / "shared" / "data" / "places"
PATTERN = next(field.pattern for field in FIELDS if field.name == "telephone")
# Name of the national output -> raw file it was made from.
SOURCES = {
    "aidants-connect": "aidants-connect/2023-01-31_aidants-connect.json",
    "angers": "angers/2023-01-23_angers.json",
    "antilles": "hub-antilles/2023-05-10_mednum-hub-antilles.json",
    "charente": "charente/2023-07-11_charente_v0.1.json",
    "cnfs": "cnfs/2022-12-02_cnfs.json",
    "conumm": "conumm/2023-05-25_conumm.json",
    "corse": "corse/2023-07-12_corse.json",
    "data-inclusion": "data-inclusion/2023-02-06_data-inclusion.json",
    "france-services": "france-services/2022-12-01_liste-fs.csv",
    "gironde": "gironde/2024-03-11_gironde.json",
    "haute-vienne": "haute-vienne/2023-04-20_haute-vienne.json",
    "hub-lo": "hub-lo/2023-02-09_hub-lo.json",
    "le-havre": "le-havre/2024-07-18_le-havre.json",
    "maine-et-loire": "maine-et-loire/2023-05-16_maine-et-loire.json",
    "mednum-bfc": "bfc-ternum/2023_bfc-ternum-dataset.csv",
    "nouvelle-caledonie": "nouvelle-caledonie/2024-09-12_nouvelle-caledonie_raw.json",
    "paca": "paca/2023-02-09_paca.json",
    "ultra-num": "ultra-num/2023-03-28_ultra-num.json",
}


def has_phone(value: object) -> bool:
    """A number of the standard's form that can be dialled."""
    return isinstance(value, str) and bool(PATTERN.fullmatch(value)) and to_e164(value, "") is not None


def has_hours(value: object) -> bool:
    """Valid OSM hours; the national pipeline writes Mo-Sun 00:00-00:00 for 24/7, which counts as valid here."""
    return isinstance(value, str) and (opening_hours.validate(value) or value == "Mo-Sun 00:00-00:00")


def has_date(value: object) -> bool:
    """A date that is not the epoch."""
    return bool(pd.notna(value)) and not str(value).startswith("1970")


def has_number(value: object) -> bool:
    """A street line with a house number."""
    return isinstance(value, str) and split_address(value).numero is not None


def is_filled(value: object) -> bool:
    """Any value."""
    return isinstance(value, list) or (not isinstance(value, list) and bool(pd.notna(value)) and value != "")


MEASURES = {
    "telephone": has_phone,
    "horaires": has_hours,
    "date_maj": has_date,
    "adresse": has_number,
    "courriels": is_filled,
    "site_web": is_filled,
    "latitude": is_filled,
    "commune": is_filled,
    "code_postal": is_filled,
    "typologie": is_filled,
    "services": is_filled,
    "publics_specifiquement_adresses": is_filled,
    "prise_en_charge_specifique": is_filled,
    "frais_a_charge": is_filled,
    "modalites_accompagnement": is_filled,
    "presentation_detail": is_filled,
}


def official(name: str) -> pd.DataFrame:
    """Records of the national pipeline, under the key that our rows have too."""
    frame = pd.DataFrame(json.loads((PLACES / "official" / "transformed_v1" / f"{name}.json").read_text()))
    return frame.assign(key=frame["id"].str.partition("_")[2])


def ours(name: str) -> pd.DataFrame:
    """Our records; the key is the id of the source, or the row where the national pipeline had no id."""
    records = read_source(PLACES / "raw" / SOURCES[name]).table
    by_id = records["id"].str.replace(r"\s+", "-", regex=True)
    return records.assign(by_id=by_id, by_row=(records["row"] - 1).astype("str"))


def paired(name: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Both tables, and the join of them."""
    theirs, mine = official(name), ours(name)
    if name == "data-inclusion":
        # Ids are unique only together with the inner source.
        theirs = theirs.assign(key=theirs["source"].str.removeprefix("DI-") + ":" + theirs["key"])
        mine = mine.assign(by_id=mine["source"] + ":" + mine["by_id"])
    key = "by_id" if theirs["key"].isin(mine["by_id"]).mean() > theirs["key"].isin(mine["by_row"]).mean() else "by_row"
    both = theirs.merge(mine.drop_duplicates(key), left_on="key", right_on=key, suffixes=("_official", ""), how="left")
    return theirs, mine, both


def print_quality() -> None:
    """One Markdown table: national / ours for each source."""
    print("| source | records | " + " | ".join(MEASURES) + " |")
    print("|---" * (len(MEASURES) + 2) + "|")
    totals: dict[str, list[int]] = {}
    for name in SOURCES:
        theirs, mine, _ = paired(name)
        cells = {"records": (len(theirs), len(mine))}
        for field, measure in MEASURES.items():
            before = int(theirs[field].map(measure).sum()) if field in theirs else 0
            cells[field] = (before, int(mine[field].map(measure).sum()))
        for field, (before, after) in cells.items():
            total = totals.setdefault(field, [0, 0])
            total[0], total[1] = total[0] + before, total[1] + after
        print(
            f"| {name} | "
            + " | ".join(f"{a} / {'**' if b < a else ''}{b}{'**' if b < a else ''}" for a, b in cells.values())
            + " |"
        )
    print("| all | " + " | ".join(f"{a} / {b}" for a, b in totals.values()) + " |")


def print_lost(names: list[str], fields: list[str]) -> None:
    """Values that only the national pipeline has."""
    for name in names or list(SOURCES):
        _, _, both = paired(name)
        # Services of the national output were filled with one default value.
        for field in fields or [each for each in MEASURES if each != "services"]:
            column = f"{field}_official"
            if column not in both:
                continue
            measure = MEASURES[field]
            lost = both[both[column].map(measure) & ~both[field].map(measure)]
            if len(lost):
                print(f"== {name} {field}: {len(lost)}")
                print(lost[["key", column, field]].head(12).to_string(index=False))


def _national_rows(count: int, path: Path) -> None:
    """A CSV of the national form made of the official records, repeated with new ids."""
    frames = [official(name) for name in SOURCES]
    base = pd.concat(frames, ignore_index=True).reindex(columns=[field.name for field in FIELDS])
    base["services"] = base["services"].fillna("Aide aux démarches administratives")
    written = 0
    while written < count:
        part = base.head(count - written).copy()
        part["id"] = part["id"] + f"-{written}"
        part["nom"] = part["nom"] + f" {written // len(base)}"
        part.to_csv(path, mode="a", header=written == 0, index=False)
        written += len(part)


def print_speed() -> Document:
    """Seconds for 25,000 rows, ours and frictionless reading and validating the same file, interleaved."""
    from frictionless import Resource

    document = Document("Ingest")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lieux.csv"
        _national_rows(25_000, path)
        contenders = {
            "ours, reading, cleaning, validating": lambda: read_source(path),
            "frictionless, validating alone": lambda: Resource(path=path.name, basepath=folder).validate(),
        }
        taken = interleaved(contenders, rounds=3)
    for name, costs in taken.items():
        print(f"{name}: " + ", ".join(f"{each.wall_s:.2f} s ({each.cpu_s:.2f} s of processor time)" for each in costs))
    document.row("25,000 rows of CSV", {name: [each.wall_s for each in costs] for name, costs in taken.items()}, unit="s")
    document.note("The national pipeline, measured elsewhere on 23,357 rows without its geocoder: 16.9 s of processor time.")
    print(document.notes[-1])
    return document


def print_memory(rows: int) -> None:
    """Peak resident memory of streaming many rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lieux.csv"
        _national_rows(rows, path)
        # A process of its own, so that making the file does not count.
        command = [sys.executable, __file__, "stream", "--file", str(path)]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="")


def print_stream(path: Path) -> None:
    """Stream one file and print the peak memory of this process."""
    start = time.perf_counter()
    count = sum(len(result.table) for result in stream_source(path))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count:,} records in {time.perf_counter() - start:.0f} s, peak {peak:.0f} MB")


def main() -> None:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["quality", "lost", "speed", "memory", "stream"])
    parser.add_argument("--source", action="append", default=[], choices=list(SOURCES))
    parser.add_argument("--field", action="append", default=[], choices=list(MEASURES))
    parser.add_argument("--file", type=Path, help="file to stream")
    parser.add_argument("--rows", type=int, default=1_000_000)
    add_json_option(parser)
    arguments = parser.parse_args()
    if not PLACES.is_dir():
        sys.exit(f"no data in {re.sub('^.*/shared', '../shared', str(PLACES))}: nothing to compare")
    pd.set_option("display.width", 220, "display.max_colwidth", 90)
    match arguments.command:
        case "quality":
            print_quality()
        case "lost":
            print_lost(arguments.source, arguments.field)
        case "speed":
            print_speed().save(arguments.json)
        case "stream":
            print_stream(arguments.file)
        case _:
            print_memory(arguments.rows)


if __name__ == "__main__":
    main()
