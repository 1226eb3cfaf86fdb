"""
Any query string as a question to `/proches` and to `/items`: understood and repeatable, or refused by the name of a parameter.

What is refused never repeats an address or a position that somebody typed.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

import atheris

with atheris.instrument_imports(include=["mediation_geo.search", "mediation_geo.service.ogc"], enable_loader_override=False):
    from mediation_geo.errors import RequestError
    from mediation_geo.search.need import Need
    from mediation_geo.service.features.columns import PLACE_COLUMNS
    from mediation_geo.service.http.problems import Problem
    from mediation_geo.service.ogc.parameters import items_query

from harness import broken, fuzz

COLUMNS = {column.name: column for column in PLACE_COLUMNS}
PRIVATE = ("q", "lat", "lon")
SEEDS = [
    b"lat=48.85&lon=2.35&besoin=demarches,emploi&gratuit=oui&k=3",
    b"q=12+rue+de+la+Paix+Paris&ouvert=maintenant&lang=facile",
    b"code_insee=34172&ouvert=2026-11-20T10:00&accueil=surdite&rayon=2,5",
    b"code_postal=97400&wheelchair=yes&services=internet&champs=nom,telephone&f=csv",
    b"ouvert=lundi-matin,samedi&accompagnement=individuel,~indifferent&maj_depuis=12",
    b"limit=10&offset=20&bbox=2.2,48.8,2.5,49.0&sortby=-date_maj&crs=http://www.opengis.net/def/crs/EPSG/0/2154",
    b"datetime=2025-01-01/..&near=2.35,48.85&radius=5000&properties=nom&resulttype=hits&code_departement=75",
    b"filter=nom+LIKE+%27M%25%27&filter-lang=cql2-text&skipGeometry=true&latitude=43.5",
]


def one_input(content: bytes) -> None:
    pairs = parse_qsl(content.decode("utf-8", errors="replace"), keep_blank_values=True, max_num_fields=None)
    _ask_for_places(pairs)
    _ask_for_items(dict(pairs))


def _ask_for_places(pairs: list[tuple[str, str]]) -> None:
    try:
        need = Need.from_query(pairs)
    except RequestError as error:
        told = [value.strip() for name, value in pairs if name in PRIVATE and len(value.strip()) > 12]
        # What an unknown word or the name of an unknown parameter says is given back, also where it is the address once more.
        public = [text for name, value in pairs if name not in PRIVATE for text in (name, value)]
        if any(value in error.message and not any(value in each for each in public) for value in told):
            broken(f"an answer repeats what was typed: {error}")
        return
    if Need(**need.asked()).asked() != need.asked():
        broken(f"{need.asked()} is another question when asked again")
    need.services_asked, need.filter_key(None)


def _ask_for_items(values: dict[str, str]) -> None:
    try:
        items_query(values, columns=COLUMNS, has_dates=True)
    except Problem:
        return


if __name__ == "__main__":
    names = [
        *Need.model_fields,
        *COLUMNS,
        "limit",
        "offset",
        "bbox",
        "near",
        "radius",
        "datetime",
        "filter",
        "sortby",
        "properties",
    ]
    words = ["&", "=", ",", "~", "%00", "%F0%9F%98%80", "-", "1e400", "nan", "inf", "/..", "T10:00Z"]
    fuzz(one_input, seeds=SEEDS, words=[*(f"{name}=" for name in names), *words])
