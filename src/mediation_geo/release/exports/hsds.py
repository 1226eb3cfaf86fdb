"""
The register in the Human Services Data Specification of Open Referral, version 3: tables of CSV in one ZIP archive.

Places go in. One place is one location with its address, phone and hours; the structure that runs it is an organization; each
service label it offers is a service at that location. Identifiers are UUIDs made from ours, as stable as the place ids.

Source: github.com/openreferral/specification, folder schema, version 3.2; only columns of that schema are written.
"""

from __future__ import annotations

import csv
import uuid
import zipfile
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

import pandas as pd

from mediation_geo.release.exports.office import ZIP_DAY
from mediation_geo.release.exports.official import guard
from mediation_geo.standard import PLACES, conform

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

__all__ = ["hsds_tables", "write_hsds"]

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://mediation-geo/hsds")
_COUNTRY = "FR"


def write_hsds(places: gpd.GeoDataFrame, path: Path) -> None:
    """Write the tables as CSV files in a ZIP archive; an empty table has its header."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in hsds_tables(places).items():
            member = zipfile.ZipInfo(f"{name}.csv", date_time=ZIP_DAY)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, _csv(table))
    path.write_bytes(content.getvalue())


def hsds_tables(places: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """
    Tables of HSDS by their name; `locations` has one row for each place.

    Examples
    --------
    >>> places = pd.DataFrame({"place_id": ["p"], "nom": ["Mairie"], "services": [["Aide", "Accès"]]})
    >>> {name: len(table) for name, table in hsds_tables(places).items()}["service_at_location"]
    2
    """
    frame = conform(pd.DataFrame(places), {name: kind for name, kind in PLACES.items() if kind != "geometry"})
    owner = frame["structure_parente"].fillna(frame["nom"]).fillna("Structure sans nom")
    frame = frame.assign(
        owner=owner, organization_id=_ids("organization", owner), location_id=_ids("location", frame["place_id"])
    )
    offers = frame.explode("services").dropna(subset="services")
    offers = offers.assign(key=offers["place_id"] + "/" + offers["services"])
    offers = offers.assign(service_id=_ids("service", offers["key"]))
    return {
        "organizations": _organizations(frame),
        "services": _services(offers),
        "service_at_location": _service_at_location(offers),
        "locations": _locations(frame),
        "addresses": _addresses(frame),
        "phones": _phones(frame),
        "schedules": _schedules(frame),
    }


def _organizations(frame: pd.DataFrame) -> pd.DataFrame:
    owners = frame[["organization_id", "owner"]].drop_duplicates("organization_id")
    table = pd.DataFrame({"id": owners["organization_id"], "name": owners["owner"], "description": owners["owner"]})
    return table.sort_values("id", ignore_index=True)


def _services(offers: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": offers["service_id"],
            "organization_id": offers["organization_id"],
            "name": offers["services"],
            "description": offers["presentation_resume"],
            "url": _first(offers["site_web"]),
            "email": _first(offers["courriels"]),
            "status": "active",
            "fees_description": _all(offers["frais_a_charge"]),
            "eligibility_description": _all(offers["publics_specifiquement_adresses"]),
            "application_process": _all(offers["modalites_acces"]),
            "assured_date": offers["date_maj"].dt.strftime("%Y-%m-%d"),
        }
    )


def _service_at_location(offers: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": _ids("service_at_location", offers["key"]),
            "service_id": offers["service_id"],
            "location_id": offers["location_id"],
        }
    )


def _locations(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": frame["location_id"],
            "location_type": "physical",
            "organization_id": frame["organization_id"],
            "name": frame["nom"],
            "description": frame["presentation_detail"],
            "latitude": frame["latitude"],
            "longitude": frame["longitude"],
            "external_identifier": frame["place_id"],
            "external_identifier_type": "mediation-geo",
        }
    )


def _addresses(frame: pd.DataFrame) -> pd.DataFrame:
    # Four columns are required and a source may lack any of them: an address in part is still worth having.
    return pd.DataFrame(
        {
            "id": _ids("address", frame["place_id"]),
            "location_id": frame["location_id"],
            "address_1": frame["adresse"].fillna("Adresse non renseignée"),
            "address_2": frame["complement_adresse"],
            "city": frame["commune"].fillna("Commune non renseignée"),
            "state_province": frame["code_departement"].fillna("inconnu"),
            "postal_code": frame["code_postal"].fillna("00000"),
            "country": _COUNTRY,
            "address_type": "physical",
        }
    )


def _phones(frame: pd.DataFrame) -> pd.DataFrame:
    known = frame.dropna(subset="telephone")
    return pd.DataFrame(
        {
            "id": _ids("phone", known["place_id"]),
            "location_id": known["location_id"],
            "number": known["telephone"],
            "type": "voice",
        }
    )


def _schedules(frame: pd.DataFrame) -> pd.DataFrame:
    """Hours as OpenStreetMap text: HSDS has room for it in the description, and a rule per slot would lose holidays."""
    known = frame.dropna(subset="horaires")
    return pd.DataFrame(
        {
            "id": _ids("schedule", known["place_id"]),
            "location_id": known["location_id"],
            "description": known["horaires"],
        }
    )


def _ids(table: str, keys: pd.Series[str]) -> list[str]:
    return [str(uuid.uuid5(_NAMESPACE, f"{table}/{key}")) for key in keys]


def _first(lists: pd.Series[Any]) -> pd.Series[Any]:
    return lists.map(lambda values: values[0], na_action="ignore")


def _all(lists: pd.Series[Any]) -> pd.Series[Any]:
    return lists.map(", ".join, na_action="ignore")


def _csv(table: pd.DataFrame) -> str:
    text = table.select_dtypes(["str", "object"]).columns
    guarded = table.assign(**{name: table[name].map(guard, na_action="ignore") for name in text})
    stream = StringIO()
    guarded.to_csv(stream, index=False, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    return stream.getvalue()
