"""
Errors of the service as problem documents (RFC 9457): French words, a stable code, the parameter at fault, what is admitted.

A problem never repeats what a person typed into `q`, and never says anything about the inside of the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Problem", "bad_parameter", "missing", "not_acceptable", "unknown_parameter"]

_TITLES = {
    400: "Requête incorrecte",
    404: "Introuvable",
    405: "Méthode non admise",
    406: "Format non servi",
    413: "Requête trop longue",
    415: "Format de la requête non lu",
    429: "Trop de requêtes",
    500: "Erreur du service",
    503: "Service indisponible",
}


class Problem(Exception):
    """
    An answer that is an error.

    Parameters
    ----------
    status : int
        HTTP status.
    code : str
        Stable name of the error, for programs.
    detail : str
        One French sentence for people.
    parametre : str, optional
        The parameter at fault.
    admis : sequence of str
        The admitted values, where they can be listed.
    headers : dict, optional
        Headers that go with the answer, such as `Retry-After`.

    Examples
    --------
    >>> Problem(404, "lieu_inconnu", "Aucun lieu ne porte cet identifiant.").document()["title"]
    'Introuvable'
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        parametre: str | None = None,
        admis: Sequence[str] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.parametre = parametre
        self.admis = tuple(admis)
        self.headers = headers or {}

    def document(self) -> dict[str, Any]:
        """The problem as plain data."""
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": _TITLES.get(self.status, "Erreur"),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.parametre is not None:
            document["parametre"] = self.parametre
        if self.admis:
            document["admis"] = list(self.admis)
        return document

    def body(self) -> bytes:
        """The problem as JSON."""
        return orjson.dumps(self.document())


def bad_parameter(name: str, detail: str, *, admis: Sequence[str] = ()) -> Problem:
    """A parameter that is known, with a value that cannot be used."""
    return Problem(400, "parametre_invalide", f"{name} : {detail}", parametre=name, admis=admis)


def unknown_parameter(name: str, *, admis: Sequence[str] = ()) -> Problem:
    """A parameter that this address does not know; a typing error must never drop a filter in silence."""
    shown = name[:60]
    return Problem(400, "parametre_inconnu", f"Paramètre inconnu : {shown}", parametre=shown, admis=admis)


def missing(what: str) -> Problem:
    """Something that is not there."""
    return Problem(404, "introuvable", what)


def not_acceptable(admis: Sequence[str]) -> Problem:
    """None of the formats asked for can be written."""
    return Problem(406, "format_non_servi", "Aucun des formats demandés n'est servi ici.", admis=admis)
