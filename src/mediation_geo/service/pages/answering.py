"""From a template and its values to the answer: language, the words every page needs, the tag of the page."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from mediation_geo.service.http.answers import HTML, respond
from mediation_geo.service.http.problems import bad_parameter
from mediation_geo.service.pages.results import page_values
from mediation_geo.service.pages.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from mediation_geo.service.site import Site
    from mediation_geo.service.snapshot import Snapshot

__all__ = ["language_in", "page_answer"]


def language_in(values: Mapping[str, str]) -> str:
    """
    Language a page is asked in: French, easy-to-read French or English.

    Raises
    ------
    Problem
        400 for any other.

    Examples
    --------
    >>> language_in({"lang": "facile"}), language_in({})
    ('facile', 'fr')
    """
    language = values.get("lang", "fr")
    if language not in LANGUAGES:
        raise bad_parameter(name="lang", detail="langue non servie", admis=LANGUAGES)
    return language


def page_answer(
    site: Site,
    request: Request,
    snapshot: Snapshot,
    template: str,
    *,
    language: str,
    pairs: Sequence[tuple[str, str]] = (),
    **values: Any,
) -> Response:
    """
    A page as an answer, with a tag made of its bytes: a new release, publication or version of the service changes it.

    Parameters
    ----------
    site : Site
        For its templates.
    request : Request
        For its path, and what the client has already.
    snapshot : Snapshot
        The release being served.
    template : str
        Name of the template.
    language : str
        From `language_in`.
    pairs : sequence of (str, str)
        Parameters that the same page in another language keeps.
    **values
        What the template shows.
    """
    shared = page_values(snapshot, language=language, path=request.scope["path"], pairs=pairs)
    body = site.templates.render(template, **shared, **values)
    tag = hashlib.blake2b(body, digest_size=12).hexdigest()
    return respond(request, body, media_type=HTML, language="en" if language == "en" else "fr", etag=tag)
