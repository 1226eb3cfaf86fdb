"""
What is answered before there is a request: bytes that are not HTTP, and addresses or headers that are too long.

uvicorn's protocol, with a problem document in place of its line of text.
"""

from __future__ import annotations

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from mediation_geo.service.http.problems import Problem

__all__ = ["MOST_HEADER_BYTES", "Protocol"]

# The longest filter in plain letters, each of them escaped, fits with room for the rest.
MOST_HEADER_BYTES = 65_536

_UNREADABLE = Problem(400, "requete_illisible", "La requête n'est pas du HTTP bien formé, ou son adresse est trop longue.").body()


class Protocol(H11Protocol):
    """One connection; errors of its protocol are problem documents like all others."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words, which are English
        """Answer that what came cannot be read, and close."""
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(_UNREADABLE)).encode()),
            (b"content-language", b"fr"),
            (b"cache-control", b"no-store"),
            (b"access-control-allow-origin", b"*"),
            (b"x-content-type-options", b"nosniff"),
            (b"connection", b"close"),
        ]
        answer = (h11.Response(status_code=400, headers=headers), h11.Data(data=_UNREADABLE), h11.EndOfMessage())
        self.transport.write(b"".join(self.conn.send(event) or b"" for event in answer))
        self.transport.close()
