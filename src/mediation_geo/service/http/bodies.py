"""The body of a POST, read within limits of size and time."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect, Request

from mediation_geo.service.http.problems import Problem

__all__ = ["MAX_BODY_BYTES", "read_json", "read_pairs"]

MAX_BODY_BYTES = 16 * 1024
_MAX_SECONDS = 10.0
_FORM = "application/x-www-form-urlencoded"


async def read_json(request: Request) -> dict[str, Any]:
    """
    The JSON object a request carries.

    Raises
    ------
    Problem
        415, 413, 408 or 400.
    """
    _expect(request, ("application/json",))
    return _json_object(await _body(request))


async def read_pairs(request: Request) -> list[tuple[str, str]]:
    """
    Parameters in the body of a request, from a form or from a JSON object.

    Raises
    ------
    Problem
        415, 413, 408 or 400.
    """
    kind = _expect(request, (_FORM, "application/json"))
    body = await _body(request)
    if kind == _FORM:
        try:
            return parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=200)
        except (UnicodeDecodeError, ValueError) as error:
            raise Problem(400, "corps_illisible", "Le formulaire n'est pas lisible.") from error
    return [(str(name), text) for name, value in _json_object(body).items() for text in _texts(name, value)]


def _texts(name: str, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    for each in values:
        if not isinstance(each, str | int | float | bool):
            detail = "attendu un texte, un nombre ou une liste de textes"
            raise Problem(400, "parametre_invalide", f"{str(name)[:60]} : {detail}", parametre=str(name)[:60])
    return ["oui" if each is True else "non" if each is False else str(each) for each in values]


def _expect(request: Request, admitted: tuple[str, ...]) -> str:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in admitted:
        raise Problem(415, "type_de_corps_non_lu", "Ce type de corps n'est pas lu ici.", admis=admitted)
    return kind


async def _body(request: Request) -> bytes:
    too_long = Problem(413, "corps_trop_long", f"Le corps dépasse {MAX_BODY_BYTES} octets.")
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > MAX_BODY_BYTES:
        raise too_long
    body = b""
    try:
        async with asyncio.timeout(_MAX_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise too_long
    except TimeoutError as error:
        raise Problem(408, "corps_trop_lent", "Le corps de la requête n'arrive pas.") from error
    except ClientDisconnect as error:
        raise Problem(400, "corps_incomplet", "Le corps de la requête est incomplet.") from error
    return body


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, "json_illisible", "Le corps n'est pas du JSON.") from error
    if not isinstance(content, dict):
        raise Problem(400, "json_inattendu", "Attendu un objet JSON.")
    return content
