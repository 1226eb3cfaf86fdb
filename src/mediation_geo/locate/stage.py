"""
The stage `locate`: every record gets a commune, a position, and how precise it is.

Comes in: records in the layout `RECORDS`. Goes out: the same records in the layout `LOCATED_RECORDS`, and issues that say what
was changed and why. No record is ever rejected here: a place whose commune is unknown is still a place.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mediation_geo.locate.communes import Communes, load_communes
from mediation_geo.locate.geocoder import ACCEPT_CONFIDENCE, Geocoder
from mediation_geo.locate.limits import distance_outside_m
from mediation_geo.locate.positions import coarser_than, precision_of_source, usable_points
from mediation_geo.locate.resolve import resolve_communes
from mediation_geo.locate.rewrite import rewrite_communes
from mediation_geo.standard import LOCATED_RECORDS, StageResult, concat_issues, conform, issue_table
from mediation_geo.standard.territories import departement_of_commune, departements_of_postcode

__all__ = ["FAR_M", "NEAR_M", "SUSPECT_M", "locate"]

# Metres outside the own commune: commune limits are generalised; beyond ten kilometres the point is of another place.
NEAR_M, SUSPECT_M, FAR_M = 200.0, 2_000.0, 10_000.0
_CENTRE_M = 15.0
_METRES_PER_DEGREE = 111_320.0


def locate(records: pd.DataFrame, *, communes: Communes | None = None, geocoder: Geocoder | None = None) -> StageResult:
    """
    Records with commune, position, precision and uncertainty.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `RECORDS`; not changed; in any order.
    communes : Communes, optional
        Commune table; the shipped one by default.
    geocoder : Geocoder, optional
        Asked for records whose point is missing or contradicts their commune, and for the commune of those that name none;
        without one, such records get the centre of their commune, or of the communes of their postcode.

    Returns
    -------
    StageResult
        `LOCATED_RECORDS`, every row of `records` sorted by `record_id`; and the issues.

    Notes
    -----
    A usable point of a source is never replaced by a coarser one. A point more than 10 km outside the commune that the other
    fields establish together is not usable: it would send people to another town.

    Examples
    --------
    >>> from mediation_geo.standard import RECORDS
    >>> row = {"record_id": "demo/1", "feed": "demo", "row": 1, "commune": "St Denis", "code_postal": "97400"}
    >>> located = locate(conform(pd.DataFrame([row]), RECORDS)).table.iloc[0]
    >>> located["code_insee"], located["code_departement"], located["timezone"], located["position_origin"]
    ('97411', '974', 'Indian/Reunion', 'commune')
    """
    table = load_communes() if communes is None else communes
    before = records.sort_values("record_id", kind="stable", ignore_index=True)
    checked = usable_points(before["longitude"], before["latitude"], departement=_suggested_departement(before))
    evidence = before.assign(longitude=checked["lon"], latitude=checked["lat"])
    resolved = resolve_communes(evidence, communes=table)
    if geocoder is not None:
        resolved = _with_communes_of_addresses(evidence, resolved, communes=table, geocoder=geocoder)
    rewritten, commune_issues = rewrite_communes(before, resolved, communes=table)
    placed, position_issues = _place(rewritten, checked, communes=table, geocoder=geocoder)
    return StageResult(conform(placed, LOCATED_RECORDS), concat_issues([*commune_issues, *position_issues]))


def _with_communes_of_addresses(
    evidence: pd.DataFrame, resolved: pd.DataFrame, *, communes: Communes, geocoder: Geocoder
) -> pd.DataFrame:
    """Communes of records that name none and have no point: a street and a postcode tell one where the geocoder is sure of it."""
    ask = resolved["code"].isna() & evidence["longitude"].isna() & evidence["adresse"].notna() & evidence["commune"].isna()
    if not ask.any():
        return resolved
    answers = geocoder.batch(evidence.loc[ask, ["adresse", "code_postal", "commune", "code_insee"]])
    # A geocoder may know a commune by its former code, or one that is not in the table.
    current = answers["code_insee"].where(_is_sure(answers)).map(communes.current_codes)
    code = current.reindex(resolved.index)
    return resolved.assign(code=resolved["code"].fillna(code), margin=resolved["margin"].mask(code.notna(), np.inf))


def _is_sure(answers: pd.DataFrame) -> pd.Series:
    """Which answers are of an address, not of a whole commune, and are to be believed without a person looking."""
    return answers["confidence"].ge(ACCEPT_CONFIDENCE) & answers["precision"].ne("municipality") & answers["lon"].notna()


def _suggested_departement(records: pd.DataFrame) -> pd.Series:
    postcodes = records["code_postal"].fillna("")
    by_postcode = {each: next(iter(departements_of_postcode(each)), None) for each in postcodes.unique()}
    codes = records["code_insee"].fillna("")
    by_code = {each: departement_of_commune(each) for each in codes.unique()}
    return postcodes.map(by_postcode).astype(object).fillna(codes.map(by_code).astype(object))


def _place(
    records: pd.DataFrame, checked: pd.DataFrame, *, communes: Communes, geocoder: Geocoder | None
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    centres = _centres(records, communes)
    distance = _distance_to_commune_m(records, checked, _distance_to_box_m(checked, centres), communes)
    far = distance.gt(FAR_M)
    points = checked[["lon", "lat"]].mask(far)
    at_centre = _metres(points["lon"], points["lat"], centres["lon"], centres["lat"]).lt(_CENTRE_M)
    judged = precision_of_source(points, adresse=records["adresse"], at_centre=at_centre, centre_radius_m=centres["radius_m"])
    placed = records.assign(
        longitude=points["lon"],
        latitude=points["lat"],
        position_precision=judged["position_precision"],
        position_uncertainty_m=judged["position_uncertainty_m"],
        position_origin=_column(records).mask(points["lon"].notna(), "source"),
    )
    value = _written(records["latitude"], records["longitude"])
    outside = _column(records)
    outside = outside.mask(distance.gt(NEAR_M), "position_outside_commune").mask(distance.gt(SUSPECT_M), "position_suspect")
    outside = outside.mask(far, "position_far_from_commune")
    issues = [
        *_issues(records, checked["code"], value=value, corrected=_written(checked["lat"], checked["lon"])),
        *_issues(records, outside, value=value),
        *_issues(records, judged["code"], value=value),
    ]
    if geocoder is not None:
        placed, more = _geocode(placed, suspect=distance.gt(SUSPECT_M), geocoder=geocoder)
        issues.extend(more)
    return _fall_back(placed, centres, communes, issues), issues


def _geocode(placed: pd.DataFrame, *, suspect: pd.Series, geocoder: Geocoder) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    ask = (placed["longitude"].isna() | suspect) & placed["adresse"].notna()
    if not ask.any():
        return placed, []
    answers = geocoder.batch(placed.loc[ask, ["adresse", "code_postal", "commune", "code_insee"]])
    answers = answers.reindex(placed.index)
    same_commune = placed["code_insee"].isna() | answers["code_insee"].eq(placed["code_insee"])
    moved = ~_metres(placed["longitude"], placed["latitude"], answers["lon"], answers["lat"]).le(SUSPECT_M)
    take = _is_sure(answers) & same_commune & moved & ~coarser_than(answers["precision"], placed["position_precision"])
    code = _column(placed)
    code = code.mask(answers["status"].eq("error"), "geocode_unavailable")
    code = code.mask(take, "position_geocoded").mask(take & placed["longitude"].notna(), "position_replaced")
    issues = _issues(
        placed,
        code,
        value=_written(placed["latitude"], placed["longitude"]),
        corrected=_written(answers["lat"], answers["lon"]).where(take),
    )
    found = {
        "longitude": "lon",
        "latitude": "lat",
        "position_precision": "precision",
        "position_uncertainty_m": "uncertainty_m",
    }
    updated = placed.assign(**{name: placed[name].where(~take, answers[source]) for name, source in found.items()})
    return updated.assign(position_origin=updated["position_origin"].mask(take, "geocoder")), issues


def _fall_back(placed: pd.DataFrame, centres: pd.DataFrame, communes: Communes, issues: list[pd.DataFrame]) -> pd.DataFrame:
    """Records without a point at the centre of their commune or, where it is not known, of the communes of their postcode."""
    bare = placed["longitude"].isna()
    areas = _postcode_areas(placed["code_postal"].where(bare & centres["lon"].isna()), communes)
    origin = _column(placed).mask(areas["lon"].notna(), "code_postal").mask(bare & centres["lon"].notna(), "commune")
    known = origin.notna()
    stands_in = areas.fillna(centres[["lon", "lat", "radius_m"]])
    code = _column(placed).mask(bare, "position_missing")
    code = code.mask(known, "position_from_" + origin.replace("code_postal", "postcode"))
    issues.extend(_issues(placed, code, corrected=_written(stands_in["lat"], stands_in["lon"])))
    return placed.assign(
        longitude=placed["longitude"].mask(known, stands_in["lon"]),
        latitude=placed["latitude"].mask(known, stands_in["lat"]),
        position_precision=placed["position_precision"].mask(known, "municipality"),
        position_uncertainty_m=placed["position_uncertainty_m"].mask(known, stands_in["radius_m"]),
        position_origin=placed["position_origin"].mask(known, origin),
    )


def _postcode_areas(postcodes: pd.Series, communes: Communes) -> pd.DataFrame:
    areas = {each: communes.around_postcode(each) or (np.nan,) * 3 for each in postcodes.dropna().unique()}
    rows = [areas.get(each, (np.nan,) * 3) for each in postcodes]
    return pd.DataFrame(rows, columns=["lon", "lat", "radius_m"], index=postcodes.index, dtype=float)


def _column(frame: pd.DataFrame) -> pd.Series:
    """Column of missing values, to be filled by `mask`."""
    return pd.Series([None] * len(frame), index=frame.index, dtype="object")


def _centres(records: pd.DataFrame, communes: Communes) -> pd.DataFrame:
    """Centre, box and radius of the finest known unit of each record: the arrondissement, else the commune."""
    unit = records["code_arrondissement"].fillna(records["code_insee"]).fillna("")
    names = ["lon", "lat", "xmin", "ymin", "xmax", "ymax", "radius_m"]
    missing = (np.nan,) * len(names)
    values = {
        code: (here.lon, here.lat, *here.box, here.radius_m) if (here := communes.by_code.get(code)) else missing
        for code in unit.unique()
    }
    rows = np.array([values[code] for code in unit], dtype=float).reshape(-1, len(names))
    return pd.DataFrame(rows, columns=names, index=records.index)


def _distance_to_box_m(points: pd.DataFrame, boxes: pd.DataFrame) -> pd.Series:
    lon, lat = points["lon"], points["lat"]
    nearest_lon = lon.clip(boxes["xmin"], boxes["xmax"])
    nearest_lat = lat.clip(boxes["ymin"], boxes["ymax"])
    return _metres(lon, lat, nearest_lon, nearest_lat).where(boxes["xmin"].notna())


def _distance_to_commune_m(records: pd.DataFrame, points: pd.DataFrame, to_box: pd.Series, communes: Communes) -> pd.Series:
    """Metres to the commune's limit where it is known, else to its box."""
    limits = np.array([communes.limits.get(code) for code in records["code_insee"].fillna("")], dtype=object)
    exact = distance_outside_m(points["lon"].to_numpy(dtype=float), points["lat"].to_numpy(dtype=float), limits)
    return pd.Series(exact, index=to_box.index).fillna(to_box)


def _metres(lon_left: pd.Series, lat_left: pd.Series, lon_right: pd.Series, lat_right: pd.Series) -> pd.Series:
    # Flat earth on purpose: the thresholds are kilometres and the points lie in one commune.
    dx = (lon_left - lon_right) * _METRES_PER_DEGREE * np.cos(np.radians(lat_left))
    dy = (lat_left - lat_right) * _METRES_PER_DEGREE
    metres: pd.Series = (dx**2 + dy**2) ** 0.5
    return metres


def _written(lat: pd.Series, lon: pd.Series) -> pd.Series:
    text = lat.astype(object).map(_coordinate) + ", " + lon.astype(object).map(_coordinate)
    return text.where(lat.notna() | lon.notna())


def _coordinate(value: float) -> str:
    return "?" if np.isnan(value) else f"{value:.7g}" if abs(value) < 1000 else f"{value:.1f}"


def _issues(
    records: pd.DataFrame, code: pd.Series, *, value: pd.Series | None = None, corrected: pd.Series | None = None
) -> list[pd.DataFrame]:
    tables = []
    for name in sorted(code.dropna().unique()):
        rows = code.eq(name)
        tables.append(
            issue_table(
                name,
                feed=records.loc[rows, "feed"],
                record_id=records.loc[rows, "record_id"],
                field="latitude",
                value=None if value is None else value[rows],
                corrected=None if corrected is None else corrected[rows],
            )
        )
    return tables
