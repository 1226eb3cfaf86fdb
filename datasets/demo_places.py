"""
The invented truth of the demo: places that do not exist, in communes that do.

In: the commune table and the commune polygons. Out: a list of ``DemoPlace``, each with the values a perfect source would give.
What the sources make of them is in ``demo_records.py``.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely
from demo_draw import Draw
from demo_words import HOURS, KINDS, NOTICE, QUARTERS, RARE_HOURS, STREETS, Kind

from mediation_geo.standard import VOCABULARIES
from mediation_geo.text import slug

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    import pandas as pd

# Towns of Emmaüs Connect, where people of the main site are, and Montpellier: places enough to choose among.
EMMAUS_TOWNS = {"75056": 24, "93066": 12, "92002": 8, "59350": 14, "69123": 16, "38185": 12, "13055": 20, "33063": 14}
OTHER_TOWNS = {"34172": 16, "97411": 6}
LEAST_PER_DEPARTEMENT = 3
SPREAD_PLACES = 785
SHARED_BUILDINGS = 30
EMMAUS_PER_TOWN = 3
CLEARANCE_M = 200.0
# Sources move a point by 45 m at most: it stays in the commune if the invented one lies this far inside.
INSIDE_DEGREES = 0.0008
METRES_PER_DEGREE = 111_195.0

# Ranges of French numbers that no subscriber gets: they are reserved for fiction (ARCEP, numbering plan).
FICTION_PHONES = ("019900", "026191", "035301", "046571", "053649", "063998")


@dataclass(frozen=True)
class DemoPlace:
    """
    A place of the demo.

    ``values`` are cells of the standard, lists as lists; ``building`` is shared by places that stand in one building.
    """

    key: str
    kind: Kind
    commune: Any
    lon: float
    lat: float
    names: tuple[str, ...]
    values: dict[str, Any]
    building: str | None = None


def invent_places(communes: pd.DataFrame, polygons: gpd.GeoDataFrame, *, seed: int) -> list[DemoPlace]:
    """All places of the demo, those of the named towns first, each well inside its commune where its polygon is known."""
    towns = communes.loc[communes["population"].notna() & communes["lon"].notna()]
    wanted = [*_named_towns(towns, seed=seed), *_spread_towns(towns, seed=seed)]
    counts = Counter(row.code_insee for row in wanted)
    inventor = _Inventor(polygons.set_index("code_insee").geometry, seed=seed)
    for code, row in {row.code_insee: row for row in wanted}.items():
        inventor.fill(row, count=counts[code])
    return inventor.places


def _named_towns(towns: pd.DataFrame, *, seed: int) -> Iterator[Any]:
    """One row of the table for each place planned in a named town; Paris, Lyon and Marseille by arrondissement."""
    for code, count in {**EMMAUS_TOWNS, **OTHER_TOWNS}.items():
        rows = towns.loc[towns["code_actuel"] == code]
        parts = _rows(rows.loc[rows["type"] == "arrondissement"]) or _rows(rows.loc[rows["type"] == "commune"])
        draw = Draw(f"{seed}/town/{code}")
        chosen = [draw.weighted(parts, [part.population for part in parts]) for _ in range(count - len(parts))]
        yield from sorted([*parts, *chosen], key=lambda part: part.code_insee)


def _spread_towns(towns: pd.DataFrame, *, seed: int) -> Iterator[Any]:
    """One row for each of the other places: some in every département, the rest where people live."""
    others = towns.loc[towns["type"].eq("commune") & ~towns["code_insee"].isin([*EMMAUS_TOWNS, *OTHER_TOWNS])]
    population = others.groupby("code_departement")["population"].sum()
    rest = SPREAD_PLACES - LEAST_PER_DEPARTEMENT * len(population)
    for departement, inhabitants in population.items():
        rows = _rows(others.loc[others["code_departement"] == departement])
        count = LEAST_PER_DEPARTEMENT + round(rest * inhabitants / population.sum())
        draw = Draw(f"{seed}/departement/{departement}")
        # The root lets small towns in: a list of the largest only would hide how far help is elsewhere.
        weights = [math.sqrt(row.population) for row in rows]
        yield from (draw.weighted(rows, weights) for _ in range(count))


def _rows(table: pd.DataFrame) -> list[Any]:
    return list(table.itertuples(index=False, name="Town"))


class _Inventor:
    """Places invented so far, so that no two of them come too close or share a name."""

    def __init__(self, polygons: gpd.GeoSeries, *, seed: int) -> None:
        self.polygons = polygons
        self.seed = seed
        self.places: list[DemoPlace] = []
        self._buildings = 0

    def fill(self, town: Any, *, count: int) -> None:
        """Invent ``count`` places in a town, sometimes several in one building."""
        draw = Draw(f"{self.seed}/fill/{town.code_insee}/{town.type}")
        here: list[DemoPlace] = []
        if count > 1 and town.type == "commune" and self._buildings < SHARED_BUILDINGS:
            here += self._shared_building(town, draw, largest=count)
        while len(here) < count:
            kind = KINDS["emmaus-connect"] if self._lacks_emmaus(town) else _free_kind(town, here, draw)
            lon, lat = self._clear_position(town, here, draw)
            here.append(self._place(kind, town, lon=lon, lat=lat, address=_address(draw), draw=draw, here=here))
            self.places.append(here[-1])

    def _lacks_emmaus(self, town: Any) -> bool:
        if town.code_actuel not in EMMAUS_TOWNS:
            return False
        in_town = [place for place in self.places if place.commune.code_actuel == town.code_actuel]
        return sum(place.kind.key == "emmaus-connect" for place in in_town) < EMMAUS_PER_TOWN

    def _shared_building(self, town: Any, draw: Draw, *, largest: int) -> list[DemoPlace]:
        """Town hall, France services and library under one roof: neighbours that are not one place."""
        self._buildings += 1
        building = f"building-{self._buildings:02d}"
        lon, lat = self._clear_position(town, [], draw)
        address = _address(draw)
        kinds = ["mairie", "france-services", "mediatheque"][: min(draw.number(2, 3), largest)]
        if draw.chance(0.2):
            kinds[-1] = "bus"
        group: list[DemoPlace] = []
        for key in kinds:
            place = self._place(KINDS[key], town, lon=lon, lat=lat, address=address, draw=draw, here=group, building=building)
            group.append(place)
            self.places.append(place)
        return group

    def _clear_position(self, town: Any, here: list[DemoPlace], draw: Draw) -> tuple[float, float]:
        """A point around the town hall, well inside the town, at a distance from the places invented before."""
        radius_m = town.radius_m if not math.isnan(town.radius_m) else 1200.0
        lon, lat = (town.mairie_lon, town.mairie_lat) if not math.isnan(town.mairie_lon) else (town.lon, town.lat)
        polygon = self.polygons.get(town.code_insee)
        spread_m = min(0.15 * radius_m, 1500.0)
        while True:
            point = moved(lon, lat, east_m=spread_m * draw.bell(), north_m=spread_m * draw.bell())
            spread_m = min(1.02 * spread_m, radius_m)  # a crowded centre pushes the next place outwards
            inside = polygon is None or polygon.contains(shapely.Point(point).buffer(INSIDE_DEGREES))
            if inside and all(_distance_m(point, (place.lon, place.lat)) > CLEARANCE_M for place in here):
                return point

    def _place(
        self,
        kind: Kind,
        town: Any,
        *,
        lon: float,
        lat: float,
        address: str,
        draw: Draw,
        here: list[DemoPlace],
        building: str | None = None,
    ) -> DemoPlace:
        key = f"demo{len(self.places) + 1:04d}"
        taken = {name for place in here for name in place.names}
        names = _names(kind, town, draw)
        while taken & set(names):
            names = _names(kind, town, draw)
        values = _values(kind, town, names[0], address, Draw(f"{self.seed}/values/{key}"))
        return DemoPlace(key, kind, town, lon, lat, names, values, building)


def _has(places: list[DemoPlace], kind: str) -> bool:
    return any(place.kind.key == kind for place in places)


def _free_kind(town: Any, here: list[DemoPlace], draw: Draw) -> Kind:
    """A kind the town is large enough for and does not have yet, unless quarters tell several apart."""
    open_kinds = [
        kind
        for kind in KINDS.values()
        if kind.weight and kind.smallest <= town.population and (kind.per_quarter or not _has(here, kind.key))
    ]
    return draw.weighted(open_kinds, [kind.weight for kind in open_kinds])


def moved(lon: float, lat: float, *, east_m: float, north_m: float) -> tuple[float, float]:
    """The point so many metres east and north, on a sphere: exact enough for an invented place."""
    return (
        round(lon + east_m / (METRES_PER_DEGREE * math.cos(math.radians(lat))), 6),
        round(lat + north_m / METRES_PER_DEGREE, 6),
    )


def _distance_m(left: tuple[float, float], right: tuple[float, float]) -> float:
    east = (left[0] - right[0]) * math.cos(math.radians(left[1]))
    return math.hypot(east, left[1] - right[1]) * METRES_PER_DEGREE


def _names(kind: Kind, town: Any, draw: Draw) -> tuple[str, ...]:
    quarter = draw.pick(QUARTERS)
    lieu = _short_name(town)
    return tuple(name.format(de=_of(lieu), lieu=lieu, quartier=quarter) for name in kind.names)


def _short_name(town: Any) -> str:
    return str(town.nom).replace(" Arrondissement", "")


def _of(lieu: str) -> str:
    """The name of a town after "de": d'Antony, du Mans, des Abymes, de Lille."""
    for article, contracted in (("Le ", "du "), ("Les ", "des ")):
        if lieu.startswith(article):
            return contracted + lieu.removeprefix(article)
    if slug(lieu)[:1] in "aeiou" or lieu.startswith("Hy"):
        return f"d'{lieu}"
    return f"de {lieu}"


def _address(draw: Draw) -> str:
    kind, name = draw.pick(STREETS)
    number = str(draw.number(1, 120))
    if draw.chance(0.06):
        number += draw.pick((" bis", " ter", " B"))
    return f"{number} {kind} {name}" if draw.chance(0.93) else f"{kind} {name}".capitalize()


def _values(kind: Kind, town: Any, nom: str, address: str, draw: Draw) -> dict[str, Any]:
    """Cells of the standard, filled about as often as in the published files (datasets/README.md has the rates)."""
    host = f"{slug(nom)[:40].strip('-')}.example"
    services = VOCABULARIES["services"]
    chosen = sorted({*kind.services[: draw.number(1, len(kind.services))], *draw.some(range(9), 0.08)})
    return {
        "nom": nom,
        "pivot": siret(draw) if draw.chance(0.4) else "0" * 14,
        "commune": _commune_name(town),
        "code_postal": town.codes_postaux[0] if draw.chance(0.8) else draw.pick(town.codes_postaux),
        "code_insee": town.code_actuel,
        "adresse": address,
        "complement_adresse": draw.maybe(0.06, draw.pick(("1er étage", "Bâtiment B", "Entrée côté parc", "Rez-de-chaussée"))),
        "typologie": draw.maybe(0.8, list(kind.typologie)),
        "telephone": draw.maybe(0.7, fiction_phone(draw)),
        "courriels": draw.maybe(0.55, [f"contact@{host}"]),
        "site_web": draw.maybe(0.38, [f"https://www.{host}/"]),
        "horaires": draw.maybe(0.72, draw.pick(HOURS if draw.chance(0.85) else RARE_HOURS)),
        "presentation_resume": NOTICE,
        "presentation_detail": draw.maybe(0.05, "Ce texte montre la mise en page d'une présentation plus longue."),
        "itinerance": [kind.itinerance] if kind.itinerance else draw.maybe(0.03, ["Fixe"]),
        "structure_parente": draw.maybe(0.05, draw.pick(("Communauté de communes", "Conseil départemental", "Ville"))),
        "date_maj": _date(draw),
        "services": [services[position] for position in chosen],
        "publics_specifiquement_adresses": draw.some(VOCABULARIES["publics_specifiquement_adresses"], 0.1) or None,
        "prise_en_charge_specifique": draw.some(VOCABULARIES["prise_en_charge_specifique"], 0.015) or None,
        "frais_a_charge": draw.maybe(0.65, [draw.weighted(VOCABULARIES["frais_a_charge"], (8, 1.2, 0.8))]),
        "dispositif_programmes_nationaux": _programmes(kind, draw),
        "formations_labels": draw.maybe(0.04, [draw.pick(VOCABULARIES["formations_labels"])]),
        "autres_formations_labels": draw.maybe(0.09, [draw.pick(("QPV", "FRR", "ZRR", "Label de démonstration"))]),
        "modalites_acces": _access(draw),
        "modalites_accompagnement": draw.some(VOCABULARIES["modalites_accompagnement"], 0.4) or None,
        "fiche_acces_libre": draw.maybe(0.08, f"https://acces.example/{slug(nom)[:40]}/"),
        "prise_rdv": draw.maybe(0.07, f"https://rdv.{host}/"),
    }


def _commune_name(town: Any) -> str:
    name = _short_name(town)
    return name.rsplit(" ", 1)[0] if town.type == "arrondissement" else name


def siret(draw: Draw) -> str:
    """
    A SIRET that belongs to nobody and passes the check digit of real ones.

    No company number starts with 000, so that it cannot be somebody's.
    """
    body = f"000{draw.digits(6)}{draw.number(1, 9999):04d}"
    doubled = (int(digit) * (2 if position % 2 == 0 else 1) for position, digit in enumerate(reversed(body)))
    return f"{body}{-sum(value // 10 + value % 10 for value in doubled) % 10}"


def fiction_phone(draw: Draw) -> str:
    """A telephone number of the ranges reserved for fiction, as +33 and nine digits."""
    return f"+33{draw.pick(FICTION_PHONES)[1:]}{draw.digits(4)}"


def _date(draw: Draw) -> str:
    year = draw.weighted((2026, 2025, 2024, 2023, 2021), (6, 3, 1.5, 0.8, 0.5))
    return f"{year}-{draw.number(1, 9):02d}-{draw.number(1, 28):02d}"


def _programmes(kind: Kind, draw: Draw) -> list[str] | None:
    if kind.key in ("france-services", "emmaus-connect"):
        return [kind.dispositifs[0], *draw.some(kind.dispositifs[1:], 0.4)]
    return draw.some(kind.dispositifs, 0.5) or None


def _access(draw: Draw) -> list[str] | None:
    if draw.chance(0.03):
        return ["Ce lieu n'accueille pas de public"]
    return draw.some(("Se présenter", "Téléphoner", "Contacter par mail", "Prendre un RDV en ligne"), 0.35) or None
