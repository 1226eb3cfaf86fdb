"""
The national geocoding service, or an addok of one's own, behind the same protocol as the embedded geocoder.

Frames and lines of text in, candidates with our confidence out. The only module of the package, beside `ingest.download`, that
opens a connection. A call that fails is a row of status `error`, never an empty answer; rows are matched by the identifier
we sent and by the text that came back with it.
"""

from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING, Any

import httpx

from mediation_geo.errors import GeocoderProtocolError, GeocoderUnavailable
from mediation_geo.locate.address import SUFFIX_NAMES, parse_street, tokenise
from mediation_geo.locate.communes import Commune, Communes, load_communes
from mediation_geo.locate.evidence import Asked, Judge, Told
from mediation_geo.locate.finder import CommuneFinder
from mediation_geo.locate.geocoder import Candidate, batch_frame
from mediation_geo.locate.names import commune_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from mediation_geo.locate.streets import StreetTable

__all__ = ["GEOPLATEFORME", "RemoteGeocoder"]

GEOPLATEFORME = "https://data.geopf.fr/geocodage"

# Limits of the national service: 50 MiB and 200,000 rows a post; smaller posts lose less when one fails.
_ROWS_A_POST = 5_000
_LEAST_CHARACTERS, _MOST_CHARACTERS = 3, 200
_LONGEST_PAUSE_S = 60.0
_RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})
_UNCERTAINTY_M = {"housenumber": 10.0, "interpolated": 50.0, "street": 150.0, "locality": 500.0}
_CODE_SHARE = 0.95
_SENT = ("id", "q", "citycode")
_RESULT_COLUMNS = ("latitude", "longitude", "result_type")


class RemoteGeocoder:
    """
    Client of the contract of the Géoplateforme, which addok with its CSV plugin keeps too.

    Parameters
    ----------
    base_url : str, optional
        Address before `/search`, e.g. `http://127.0.0.1:7878` for an addok of one's own.
    communes : Communes, optional
        Commune table; the shipped one by default.
    streets : StreetTable, optional
        Makes our confidence as sharp as that of the embedded geocoder.
    data_version : str, optional
        Version of the addresses behind the service, for the cache.
    timeout_s : float, optional
        Seconds one request may take.
    attempts : int, optional
        Requests for the same rows before they count as unanswered.
    pause : callable, optional
        Called with the seconds to wait before the next attempt.

    Examples
    --------
    >>> RemoteGeocoder("http://127.0.0.1:7878").version
    'http://127.0.0.1:7878 '
    """

    def __init__(
        self,
        base_url: str = GEOPLATEFORME,
        *,
        communes: Communes | None = None,
        streets: StreetTable | None = None,
        data_version: str = "",
        timeout_s: float = 120.0,
        attempts: int = 4,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._communes = load_communes() if communes is None else communes
        self._finder = CommuneFinder(self._communes)
        self._judge = Judge(self._finder, streets=streets)
        self._data_version = data_version
        self._client = httpx.Client(timeout=timeout_s, headers={"User-Agent": "mediation-geo"})
        self._attempts = attempts
        self._filters_by_code = True
        self._pause = pause

    @property
    def version(self) -> str:
        """Address and version of the data behind the answers."""
        return f"{self._base_url} {self._data_version}"

    def search(
        self,
        q: str,
        *,
        limit: int = 1,
        lon: float | None = None,
        lat: float | None = None,
        code_insee: str | None = None,
        code_postal: str | None = None,
    ) -> list[Candidate]:
        """
        Candidates for a line of text, best first; see `EmbeddedGeocoder.search`.

        Raises
        ------
        GeocoderUnavailable
            If the service does not answer.
        GeocoderProtocolError
            If the answer is not the GeoJSON of the contract.
        """
        text = _sendable(q)
        if not text:
            return []
        parameters = {
            "q": text,
            "limit": limit,
            "autocomplete": 0,
            "lon": lon,
            "lat": lat,
            "citycode": code_insee,
            "postcode": code_postal,
        }
        answer = self._get("/search", {name: value for name, value in parameters.items() if value is not None})
        asked = Asked(q, code_postal or "", "", code_insee or "")
        found = [self._from_feature(each, asked, free=True) for each in answer]
        return sorted((each for each in found if each), key=lambda each: -each.confidence)[:limit]

    def reverse(self, lon: float, lat: float) -> list[Candidate]:
        """Candidates around a point, nearest first; the service knows nothing beyond 200 m."""
        found = [self._from_feature(each, Asked(""), free=True) for each in self._get("/reverse", {"lon": lon, "lat": lat})]
        return [each for each in found if each is not None]

    def batch(self, frame: pd.DataFrame) -> pd.DataFrame:
        """
        Best answer to each row of a frame; see `EmbeddedGeocoder.batch`.

        Rows that stay unanswered after all attempts have the status `error`.

        Raises
        ------
        GeocoderProtocolError
            If the service refuses the request itself, which asking again cannot mend.
        """
        fields = [
            frame[name].fillna("").astype(str).str.strip().tolist() if name in frame else [""] * len(frame)
            for name in ("adresse", "code_postal", "commune", "code_insee")
        ]
        questions = [Asked(*each) for each in zip(*fields, strict=True)]
        distinct = sorted(set(questions))
        answers: dict[Asked, Candidate | str] = {each: "skipped" for each in distinct if not self._line(each)}
        ask = [each for each in distinct if each not in answers]
        for start in range(0, len(ask), _ROWS_A_POST):
            answers.update(self._post_until_answered(ask[start : start + _ROWS_A_POST]))
        return batch_frame([answers[each] for each in questions], frame.index)

    def _post_until_answered(self, questions: Sequence[Asked]) -> dict[Asked, Candidate | str]:
        answers: dict[Asked, Candidate | str] = {}
        waiting = dict(enumerate(questions))
        for attempt in range(self._attempts):
            try:
                rows = self._post(waiting)
            except (httpx.TransportError, GeocoderUnavailable) as error:
                self._pause(_wait_s(error, attempt))
                continue
            for number, row in rows:
                question = waiting.pop(number, None)
                if question is not None:
                    answers[question] = self._from_row(row, question)
            if not waiting:
                break
        return answers | dict.fromkeys(waiting.values(), "error")

    def _post(self, questions: dict[int, Asked]) -> list[tuple[int, dict[str, str]]]:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_SENT)
        sent = {number: self._line(each) for number, each in questions.items()}
        writer.writerows((number, sent[number], self._citycode(each)) for number, each in questions.items())
        data: dict[str, Any] = {"columns": ["q"]}
        if self._filters_by_code:
            data["citycode"] = "citycode"
        response = self._client.post(
            f"{self._base_url}/search/csv",
            files={"data": ("adresses.csv", text.getvalue().encode(), "text/csv")},
            data=data,
        )
        if response.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
            # addok-csv 1.1 breaks on any filter; without it, answers in another commune are still refused by our confidence.
            self._filters_by_code = False
        self._check(response)
        return list(_answered(response.text, sent))

    def _line(self, asked: Asked) -> str:
        known = self._communes.by_code.get(self._citycode(asked))
        commune = asked.commune or (known.nom if known else "")
        return _sendable(" ".join(part for part in (_street(asked.adresse), asked.code_postal, commune) if part))

    def _citycode(self, asked: Asked) -> str:
        return self._communes.current_code(asked.code_insee) or "" if asked.code_insee else ""

    def _code_of(self, city: str, postcode: str) -> str:
        # An addok that was not told to index the code of communes answers with name and postcode only.
        found = self._finder.by_fields(commune_key(city), postcode)
        return found[0][0] if found and found[0][1] >= _CODE_SHARE else ""

    def _get(self, path: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        for attempt in range(self._attempts):
            try:
                response = self._client.get(f"{self._base_url}{path}", params=parameters)
                self._check(response)
            except (httpx.TransportError, GeocoderUnavailable) as error:
                self._pause(_wait_s(error, attempt))
                continue
            try:
                features = response.json()["features"]
            except (ValueError, KeyError, TypeError) as error:
                message = f"{self._base_url}{path}: expected a GeoJSON FeatureCollection, found {response.text[:80]!r}"
                raise GeocoderProtocolError(message) from error
            return [each for each in features if isinstance(each, dict)]
        message = f"{self._base_url}{path}: no answer after {self._attempts} attempts"
        raise GeocoderUnavailable(message)

    def _check(self, response: httpx.Response) -> None:
        if response.status_code in _RETRYABLE:
            error = GeocoderUnavailable(f"{response.request.url.copy_with(query=None)}: status {response.status_code}")
            # The service says how long it will go on refusing: asking sooner prolongs it.
            error.add_note(response.headers.get("retry-after", ""))
            raise error
        if response.status_code != httpx.codes.OK:
            where = response.request.url.copy_with(query=None)
            message = f"{where}: status {response.status_code}, expected 200: {response.text[:200]!r}"
            raise GeocoderProtocolError(message)

    def _from_row(self, row: dict[str, str], asked: Asked) -> Candidate | str:
        status = row.get("result_status", "")
        if status in {"not-found", "error", "skipped"}:
            return status
        if not row["latitude"] or not row["longitude"]:
            return "not-found"
        street = row.get("result_street") or row.get("result_name", "")
        found = self._candidate(
            asked,
            lon=float(row["longitude"]),
            lat=float(row["latitude"]),
            kind=row["result_type"],
            citycode=row.get("result_citycode") or self._code_of(row.get("result_city", ""), row.get("result_postcode", "")),
            postcode=row.get("result_postcode", ""),
            numero=row.get("result_housenumber", ""),
            voie=street,
            label=row.get("result_label", ""),
        )
        return found if found is not None and found.confidence > 0 else "not-found"

    def _from_feature(self, feature: dict[str, Any], asked: Asked, *, free: bool) -> Candidate | None:
        try:
            properties, (lon, lat) = feature["properties"], feature["geometry"]["coordinates"][:2]
            kind, citycode = properties["type"], properties["citycode"]
        except (KeyError, TypeError, ValueError) as error:
            message = f"{self._base_url}: expected a point with type and citycode, found {str(feature)[:80]!r}"
            raise GeocoderProtocolError(message) from error
        code = citycode if isinstance(citycode, str) else citycode[0]
        commune = self._communes.by_code.get(self._communes.current_code(code) or "")
        # A free line names the commune somewhere: what is left of it is judged as the street.
        question = _without_commune(asked, commune, properties.get("postcode", "")) if free and commune else asked
        return self._candidate(
            question,
            lon=float(lon),
            lat=float(lat),
            kind=kind,
            citycode=code,
            postcode=properties.get("postcode", ""),
            numero=properties.get("housenumber", ""),
            voie=properties.get("street") or properties.get("name", ""),
            label=properties.get("label", ""),
        )

    def _candidate(
        self, asked: Asked, *, lon: float, lat: float, kind: str, citycode: str, postcode: str, numero: str, voie: str, label: str
    ) -> Candidate | None:
        current = self._communes.current_code(citycode)
        commune = self._communes.by_code.get(current or "")
        if commune is None or kind not in {*_UNCERTAINTY_M, "municipality"}:
            return None
        street = "" if kind == "municipality" else voie
        return Candidate(
            label=label,
            lon=lon,
            lat=lat,
            precision=kind,
            code_insee=commune.code,
            code_postal=postcode,
            commune=commune.nom,
            confidence=round(self._judge.confidence(asked, Told(street, commune.code)), 4),
            uncertainty_m=_UNCERTAINTY_M.get(kind, round(commune.radius_m)),
            departement=commune.departement,
            numero=numero,
            voie=street,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _answered(text: str, sent: dict[int, str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of the answer that are whole and that answer what was asked, each number once; the others are asked again."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    missing = {"id", "q", *_RESULT_COLUMNS} - set(reader.fieldnames or ())
    if missing:
        message = f"answer without the columns {sorted(missing)}: {text[:80]!r}"
        raise GeocoderProtocolError(message)
    seen: set[int] = set()
    for row in reader:
        number = row["id"]
        whole = None not in row and all(value is not None for value in row.values())
        if not whole or not number or not number.isdigit() or sent.get(int(number)) != row["q"] or int(number) in seen:
            continue
        seen.add(int(number))
        yield int(number), row


def _wait_s(error: Exception, attempt: int) -> float:
    told = next((note for note in getattr(error, "__notes__", []) if note.isdigit()), "")
    return min(float(told) if told else 0.5 * 2.0**attempt, _LONGEST_PAUSE_S)


def _street(adresse: str) -> str:
    """Number and street as the service likes them: without what stands before them ("Mairie - ", "Bâtiment B, ")."""
    line = parse_street(adresse)
    number = "" if line.number is None else f"{line.number}{SUFFIX_NAMES.get(line.suffix, line.suffix)}"
    return f"{number} {line.text}".strip()


def _sendable(text: str) -> str:
    """Text the service accepts: 3 to 200 characters that begin with a letter or digit, postal noise left out; else empty."""
    line = " ".join(tokenise(text)[0])[:_MOST_CHARACTERS].strip()
    return line if len(line) >= _LEAST_CHARACTERS else ""


def _without_commune(asked: Asked, commune: Commune, postcode: str) -> Asked:
    drop = set(tokenise(commune.nom)[0]) | {postcode, *commune.postcodes}
    words = tokenise(asked.adresse)[0]
    written = next((word for word in words if word in {postcode, *commune.postcodes}), "")
    street = " ".join(word for word in words if word not in drop)
    return Asked(street, asked.code_postal or written, commune.nom, asked.code_insee)
