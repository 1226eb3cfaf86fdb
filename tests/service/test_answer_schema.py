"""The published schema of the answer: found from every answer, and kept by every answer."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

QUESTIONS = [
    "code_insee=34172",
    "code_postal=97400&besoin=demarches&public=seniors&accueil=surdite,visuel",
    "q=Lille&gratuit=oui&sans_rdv=oui&ouvert=maintenant&lang=facile",
    "lat=48.85&lon=2.35&k=50&rayon=30&langue=en&fauteuil=oui&lang=en",
    "lat=48.85&lon=2.35&champs=nom,distance_m,liens",
    "lat=48.85&lon=2.35&a_distance=seulement&expliquer=0",
    "lat=0&lon=0",
]


@pytest.fixture(scope="module")
def validator(web: httpx.Client) -> Draft202012Validator:
    answer = web.get("/schemas/proches.json")
    assert answer.headers["content-type"] == "application/schema+json"
    schema: dict[str, Any] = answer.json()
    assert schema["$id"] == f"{web.base_url}/schemas/proches.json".replace("//schemas", "/schemas")
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("form", ["geojson", "json"])
def test_answers_lead_to_the_schema_and_keep_to_it(
    web: httpx.Client, validator: Draft202012Validator, question: str, form: str
) -> None:
    answer = web.get(f"/proches?{question}&f={form}")
    assert answer.status_code == 200
    described = answer.links["describedby"]
    assert web.get(described["url"]).headers["content-type"] == described["type"] == "application/schema+json"
    validator.validate(answer.json())


def test_an_answer_that_is_no_json_names_no_schema(web: httpx.Client) -> None:
    assert "link" not in web.get("/proches?code_insee=34172&f=csv").headers


def test_the_process_gives_the_same_answer_and_its_definition_names_the_schema(
    web: httpx.Client, validator: Draft202012Validator
) -> None:
    inputs = {"inputs": {"lat": 43.61, "lon": 3.88, "besoin": "demarches"}}
    validator.validate(web.post("/ogcapi/processes/nearest-places/execution", json=inputs).json())
    operation = web.get("/ogcapi/openapi").json()["paths"]["/processes/nearest-places/execution"]["post"]
    docs = operation["responses"]["200"]["content"]["application/json"]["schema"]["externalDocs"]
    assert web.get(docs["url"]).json() == validator.schema


def test_the_place_page_says_where_an_error_is_reported(web: httpx.Client) -> None:
    [place] = web.get("/proches?code_insee=34172&k=1").json()["features"]
    path, _, anchor = place["properties"]["liens"]["signaler"].partition("#")
    page = web.get(path)
    assert page.status_code == 200
    assert f'id="{anchor}"' in page.text
    for record in place["properties"]["ids_sources"]:
        assert record in page.text
