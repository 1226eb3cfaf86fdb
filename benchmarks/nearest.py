"""
The nearest places beside other ways to find them, and beside an exhaustive geodesic search.

`python benchmarks/nearest.py oracle --queries 100000` compares sets and orders with an exhaustive search: both counts must be 0.
`python benchmarks/nearest.py peers --places 25000 1000000` times everybody on the same questions, and counts the wrong.
`python benchmarks/nearest.py answer --places 25000` times the whole referral answer: hours, reasons, counts, remote help.

Points are invented around real communes, drawn by population. Peers that are not installed are left out by name: rtree and
shapely always run; scikit-learn, duckdb, psycopg with a local PostgreSQL and PostGIS are optional. Contenders take turns in every
round, so that a busy machine slows all alike: trust the ratios.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from measure import Document, add_json_option
from nearest_peers import PEERS, geodesic

from mediation_geo.datasets import dataset_path
from mediation_geo.geodesy import geod
from mediation_geo.search import Need, PlaceIndex, answer
from mediation_geo.standard import PLACES, VOCABULARIES, conform

NEEDS = {
    "none": None,
    "5 %": Need(besoin="apprendre", public="seniors", gratuit="oui", sans_rdv="oui"),
    "0.1 %": Need(besoin="creer", accueil="surdite"),
}


def french_points(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Points around real communes: more where more people live, heavy tails, one in eight exactly where another is."""
    communes = pd.read_parquet(dataset_path("communes.parquet"), columns=["lon", "lat", "population"]).dropna()
    weights = communes.population.to_numpy() ** 0.75
    home = rng.choice(len(communes), count, p=weights / weights.sum())
    lons = communes.lon.to_numpy()[home] + 0.01 * rng.standard_t(3, count)
    lats = communes.lat.to_numpy()[home] + 0.007 * rng.standard_t(3, count)
    twins = rng.random(count) < 0.12
    other = rng.integers(0, count, count)
    lons[twins], lats[twins] = lons[other[twins]], lats[other[twins]]
    return np.round(np.clip(lons, -180, 180), 6), np.round(np.clip(lats, -90, 90), 6)


def french_places(rng: np.random.Generator, count: int) -> pd.DataFrame:
    """A places table whose answers to `NEEDS` are 100 %, 5 % and 0.1 % of it."""
    lons, lats = french_points(rng, count)
    five, rare = rng.random(count) < 0.05, rng.random(count) < 0.001
    learning, leisure = ["Maîtrise des outils numériques du quotidien"], ["Loisirs et créations numériques"]
    table = pd.DataFrame({"place_id": [f"p{n:012d}" for n in range(count)], "longitude": lons, "latitude": lats})
    table["services"] = [
        learning * int(a) + leisure * int(b) or ["Insertion professionnelle via le numérique"]
        for a, b in zip(five, rare, strict=True)
    ]
    table["prise_en_charge_specifique"] = [["Surdité"] if each else None for each in rare]
    table["frais_a_charge"] = [["Gratuit"] if each else None for each in five]
    table["modalites_acces"] = [["Se présenter"] if each else None for each in five]
    return table


def masks_of(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Rows that each of `NEEDS` lets pass, told from the columns and not by the library."""
    five = table.frais_a_charge.notna().to_numpy()
    rare = table.prise_en_charge_specifique.notna().to_numpy()
    return {"none": np.ones(len(table), dtype=bool), "5 %": five, "0.1 %": rare}


def questions(rng: np.random.Generator, table: pd.DataFrame, count: int) -> list[tuple[float, float]]:
    """Questions from about 3 km around random places."""
    rows = rng.integers(0, len(table), count)
    lons = table.longitude.to_numpy()[rows] + rng.normal(0, 0.03, count)
    lats = table.latitude.to_numpy()[rows] + rng.normal(0, 0.02, count)
    return list(zip(lons.tolist(), lats.tolist(), strict=True))


def peers(sizes: list[int], *, rounds: int, asked: int, k: int) -> Document:
    """Race all contenders at each size and print a table."""
    document = Document("Nearest places")
    for size in sizes:
        rng = np.random.default_rng(size)
        table = french_places(rng, size)
        masks = masks_of(table)
        lons, lats = table.longitude.to_numpy(), table.latitude.to_numpy()
        start = time.perf_counter()
        index = PlaceIndex.from_places(table[["place_id", "longitude", "latitude"]])
        print(f"\n{size:,} places; our index built in {time.perf_counter() - start:.3f} s", end="")
        start = time.perf_counter()
        index = PlaceIndex.from_places(table)
        selections = {name: index.select(need) for name, need in NEEDS.items()}
        print(f", with facets and three filters in {time.perf_counter() - start:.3f} s", flush=True)
        contenders = [_Ours(index, selections), _OursAsFrame(index), *_available(lons, lats, masks, document)]
        try:
            _race(contenders, table, masks, document, rng=rng, rounds=rounds, asked=asked, k=k)
        finally:
            for each in contenders:
                each.close()
    _grown(document, sizes)
    return document


def _grown(document: Document, sizes: list[int]) -> None:
    """Curves over the sizes, of everybody without a filter."""
    unfiltered = [row["contenders"] for row in document.rows if row["what"].endswith("filter none")]
    for name in unfiltered[0] if len(sizes) > 1 else ():
        costs = [float(np.median(each[name])) for each in unfiltered]
        document.growth(f"nearest, {name}", sizes, costs, unit="µs")


class _Ours:
    name, exact = "mediation_geo, arrays (find)", True

    def __init__(self, index, selections) -> None:
        self.index, self.selections = index, selections

    def query(self, lon, lat, k, which):
        return self.index.find(lon, lat, k, self.selections[which]).rows.tolist()

    def close(self) -> None:
        """Nothing to give back."""


class _OursAsFrame(_Ours):
    name = "mediation_geo, frame (nearest)"

    def __init__(self, index) -> None:
        super().__init__(index, {})

    def query(self, lon, lat, k, which):
        return [int(each[1:]) for each in self.index.nearest(lon, lat, k, where=NEEDS[which]).place_id]


def _available(lons, lats, masks, document):
    for kind in PEERS:
        try:
            start = time.perf_counter()
            peer = kind(lons, lats, masks)
            print(f"  built {kind.name}: {time.perf_counter() - start:.1f} s", flush=True)
            yield peer
        except (ImportError, FileNotFoundError) as error:
            document.left_out(kind.name, error)
            print(f"  left out {kind.name}: {error}")


def _race(contenders, table, masks, document, *, rng, rounds, asked, k) -> None:
    times = {(each.name, which): [] for each in contenders for which in masks}
    wrong = {(each.name, which): 0 for each in contenders for which in masks}
    checked = dict.fromkeys(masks, 0)
    for turn in range(rounds):
        for which in masks:
            given = questions(rng, table, asked)
            truths = [_truth(table, masks[which], *point, k) for point in given[: _checked(len(table))]]
            checked[which] += len(truths)
            for each in contenders[turn % len(contenders) :] + contenders[: turn % len(contenders)]:
                # Whoever was not asked for a while has cold caches: a few questions that do not count.
                for point in given[-10:]:
                    each.query(*point, k, which)
                for number, point in enumerate(given):
                    start = time.perf_counter()
                    found = each.query(*point, k, which)
                    times[each.name, which].append(time.perf_counter() - start)
                    if number < len(truths):
                        wrong[each.name, which] += not _same(table, point, found, truths[number])
    print(f"  k = {k}; p50 in µs (times ours), wrong sets of {checked}")
    for each in contenders:
        cells = []
        for which in masks:
            mine = np.median(times[each.name, which]) * 1e6
            ratio = mine / (np.median(times[contenders[0].name, which]) * 1e6)
            cells.append(f"{which:>6}: {mine:9.1f} (x{ratio:7.1f}) {wrong[each.name, which]:3d} wrong")
        print(f"  {each.name:38s} {'exact' if each.exact else '     '}  " + "   ".join(cells), flush=True)
    for which in masks:
        found = {each.name: np.median(np.reshape(times[each.name, which], (rounds, -1)), axis=1) * 1e6 for each in contenders}
        document.row(f"{len(table):,} places, {k} nearest, filter {which}", found, unit="µs")
        told = ", ".join(f"{each.name} {wrong[each.name, which]}" for each in contenders if wrong[each.name, which])
        document.note(f"{len(table):,} places, filter {which}: wrong sets of {checked[which]}: {told or 'none of anybody'}.")


def _checked(size: int) -> int:
    """How many questions of a round are compared with the truth, which costs a microsecond a place."""
    return 20 if size <= 100_000 else 4


def _truth(table, mask, lon, lat, k) -> np.ndarray:
    """Distances of the k nearest, by a geodesic to every place of the filter."""
    rows = np.flatnonzero(mask)
    return np.sort(geodesic(lon, lat, table.longitude.to_numpy()[rows], table.latitude.to_numpy()[rows]))[:k]


def _same(table, point, found, truth) -> bool:
    rows = np.asarray(found)
    metres = np.sort(geodesic(*point, table.longitude.to_numpy()[rows], table.latitude.to_numpy()[rows]))
    return len(metres) == len(truth) and bool(np.all(np.abs(metres - truth) <= 1e-6))


def oracle(count: int, *, size: int) -> None:
    """Compare sets and orders with an exhaustive search over every kind of place set on which shortcuts fail."""
    rng = np.random.default_rng(20)
    wrong_sets = wrong_orders = done = 0
    kinds = _hard_sets(rng, size)
    start = time.perf_counter()
    for name, (lons, lats) in kinds.items():
        index, filters = _oracle_index(rng, lons, lats)
        share = count // len(kinds)
        bad_sets = bad_orders = 0
        for _ in range(share):
            lon, lat = _hard_question(rng, lons, lats)
            which = int(rng.integers(len(filters)))
            k = int(rng.integers(1, 51))
            limit = None if rng.random() < 0.5 else float(10 ** rng.uniform(1, 6.5))
            found = index.find(lon, lat, k, index.select(filters[which][0]), max_distance_m=limit)
            expected = _exhaustive(index, filters[which][1], lon, lat, k, limit)
            bad_sets += set(found.rows.tolist()) != set(expected.tolist())
            bad_orders += found.rows.tolist() != expected.tolist()
        wrong_sets, wrong_orders, done = wrong_sets + bad_sets, wrong_orders + bad_orders, done + share
        told = f"{share} questions: {bad_sets} sets, {bad_orders} orders differ"
        print(f"  {name:14s} {len(lons):6d} places, {told}", flush=True)
    print(f"{done} questions: {wrong_sets} sets and {wrong_orders} orders differ ({time.perf_counter() - start:.0f} s)")


def _hard_sets(rng: np.random.Generator, size: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    globe = rng.uniform(-180, 180, size), np.degrees(np.arcsin(rng.uniform(-1, 1, size)))
    polar = rng.uniform(-180, 180, size), 90 - np.abs(rng.normal(0, 0.05, size))
    antarctic = rng.uniform(-180, 180, size), np.abs(rng.normal(0, 0.05, size)) - 90
    fiji = (rng.normal(180, 0.3, size) + 180) % 360 - 180, rng.normal(-16, 0.3, size)
    side = int(np.sqrt(size / 2))
    grid = np.meshgrid(np.linspace(2, 3, side), np.linspace(45, 46, side))
    lattice = tuple(np.concatenate([axis.ravel(), axis.ravel()]) for axis in grid)
    equator = rng.normal(10, 1, size), rng.choice([0.0, 1e-9, -1e-9], size)
    overseas = rng.normal(55.5, 0.1, size), rng.normal(-21.1, 0.1, size)
    far = _hard_far(rng, size)
    return {
        "France": french_points(rng, size),
        "La Réunion": overseas,
        "globe": globe,
        "North Pole": polar,
        "South Pole": antarctic,
        "antimeridian": fiji,
        "lattice": lattice,
        "equator": equator,
        "antipodes": far,
        "France, 5 times": french_points(rng, 5 * size),
    }


def _hard_far(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Half of the places around one point, half around its antipode."""
    lons, lats = rng.normal(2, 0.2, size), rng.normal(45, 0.2, size)
    opposite = rng.random(size) < 0.5
    return np.where(opposite, lons - 180, lons), np.where(opposite, -lats, lats)


def _hard_question(rng: np.random.Generator, lons: np.ndarray, lats: np.ndarray) -> tuple[float, float]:
    row = int(rng.integers(len(lons)))
    lon, lat = float(lons[row]), float(lats[row])
    kind = rng.random()
    if kind < 0.1:
        lon, lat = lon + 180, -lat
    if kind > 0.2:
        lon, lat = lon + rng.normal(0, 0.05), lat + rng.normal(0, 0.05)
    return float((lon + 180) % 360 - 180), float(np.clip(lat, -90, 90))


def _oracle_index(rng: np.random.Generator, lons: np.ndarray, lats: np.ndarray):
    order = np.arange(len(lons))
    frame = pd.DataFrame({"place_id": [f"p{n:07d}" for n in order], "longitude": lons, "latitude": lats})
    free, rare = rng.random(len(lons)) < 0.3, rng.random(len(lons)) < 0.01
    frame["frais_a_charge"] = [["Gratuit"] if each else None for each in free]
    frame["services"] = [[VOCABULARIES["services"][0]] if each else None for each in rare]
    everything = np.ones(len(lons), dtype=bool)
    filters = [(None, everything), (Need(gratuit="oui"), free), (Need(besoin="demarches"), rare)]
    return PlaceIndex.from_places(frame), filters


def _exhaustive(index: PlaceIndex, mask: np.ndarray, lon: float, lat: float, k: int, limit: float | None) -> np.ndarray:
    rows = np.flatnonzero(mask)
    metres = geodesic(lon, lat, index.lon[rows], index.lat[rows])
    if limit is not None:
        rows, metres = rows[metres <= limit], metres[metres <= limit]
    return rows[np.lexsort((rows, metres))[:k]]


def whole_answer(sizes: list[int], *, asked: int) -> None:
    """Time the whole referral answer on places that have everything a card shows."""
    at = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    for size in sizes:
        rng = np.random.default_rng(size)
        table = _full_places(rng, size)
        start = time.perf_counter()
        index = PlaceIndex.from_places(table)
        print(f"\n{size:,} places, index {time.perf_counter() - start:.2f} s; p50 / p95 in ms")
        given = questions(rng, table.dropna(subset=["longitude"]), asked)
        for label, need in {
            "besoin": Need(besoin="demarches"),
            "besoin, ouvert, public": Need(besoin="apprendre", ouvert="maintenant", public="seniors"),
            "besoin, gratuit, widened": Need(besoin="creer,enfants,equiper", gratuit="oui", rayon=5),
        }.items():
            for turn in ("first time", "second time"):
                spent = []
                for lon, lat in given:
                    start = time.perf_counter()
                    answer(index, need, lon=lon, lat=lat, at=at)
                    spent.append(time.perf_counter() - start)
                print(f"  {label:26s} {turn:11s} {np.median(spent) * 1e3:7.2f} / {np.quantile(spent, 0.95) * 1e3:7.2f}")


def _full_places(rng: np.random.Generator, size: int) -> pd.DataFrame:
    table = french_places(rng, size)
    for field in ("services", "publics_specifiquement_adresses", "frais_a_charge", "modalites_acces", "modalites_accompagnement"):
        labels = VOCABULARIES[field]
        chances = rng.random((size, len(labels))) < 0.4
        table[field] = [
            [label for label, chosen in zip(labels, row, strict=True) if chosen and "n'accueille" not in label] for row in chances
        ]
    starts, ends = rng.integers(8, 11, size), rng.integers(16, 20, size)
    days = rng.choice(["Mo-Fr", "Mo-Sa", "Tu-Sa", "Mo,We,Fr"], size)
    minutes = rng.choice(["00", "15", "30", "45"], size)
    table["horaires"] = [
        f"{d} {s:02d}:{m}-12:00,14:00-{e}:{m}; PH off" for d, s, e, m in zip(days, starts, ends, minutes, strict=True)
    ]
    table["nom"] = [f"Espace numérique {number}" for number in range(size)]
    table["adresse"], table["commune"], table["code_postal"] = "12 rue des Lilas", "Montpellier", "34000"
    table["telephone"], table["date_maj"], table["code_departement"] = "+33467000001", "2026-09-01", "34"
    table["timezone"], table["sources"] = "Europe/Paris", [["demo"]] * size
    return conform(table, PLACES)


def main() -> None:
    """Read the command and run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("peers", "answer"):
        command = commands.add_parser(name)
        command.add_argument("--places", type=int, nargs="+", default=[25_000])
        command.add_argument("--asked", type=int, default=60 if name == "peers" else 1000)
        command.add_argument("--rounds", type=int, default=3)
        command.add_argument("--k", type=int, default=5)
        if name == "peers":
            add_json_option(command)
    command = commands.add_parser("oracle")
    command.add_argument("--queries", type=int, default=100_000)
    command.add_argument("--places", type=int, default=1000)
    given = parser.parse_args()
    geod()
    if given.command == "oracle":
        oracle(given.queries, size=given.places)
    elif given.command == "peers":
        peers(given.places, rounds=given.rounds, asked=given.asked, k=given.k).save(given.json)
    else:
        whole_answer(given.places, asked=given.asked)


if __name__ == "__main__":
    main()
