"""
The answer of `/proches` as a page, with the way back to the form that keeps every choice.

Shapes data for templates; what fits, how far it is and why are decided in `search`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from mediation_geo.service.pages.sketch import sketch_points
from mediation_geo.service.pages.words import CONDITIONS, LANGUAGES, NEEDS, words_in

if TYPE_CHECKING:
    from mediation_geo.search import Need
    from mediation_geo.service.site import Site
    from mediation_geo.service.snapshot import Snapshot

__all__ = ["choice_page", "form_values", "page_values", "result_page"]

Pairs = Sequence[tuple[str, str]]


def page_values(snapshot: Snapshot | None, *, language: str, path: str, pairs: Pairs = ()) -> dict[str, Any]:
    """What every page needs: words, the release, the same page in the other languages."""
    kept = [(name, value) for name, value in pairs if name not in {"lang", "q"}]
    others = {each: f"{path}?{urlencode([*kept, ('lang', each)])}" for each in LANGUAGES}
    return {"t": words_in(language), "language": language, "snapshot": snapshot, "languages": others, "path": path}


def form_values(language: str, chosen: Pairs) -> dict[str, Any]:
    """The search form in one language, with what was chosen."""
    position = LANGUAGES.index(language)
    given: dict[str, set[str]] = {}
    for name, value in chosen:
        given.setdefault(name, set()).update(value.split(","))
    conditions = {group: [(value, texts[position]) for value, texts in values.items()] for group, values in CONDITIONS.items()}
    return {
        "needs": [(slug, texts[position]) for slug, texts in NEEDS.items()],
        "conditions": conditions,
        "given": given,
    }


def result_page(site: Site, snapshot: Snapshot, need: Need, answer: dict[str, Any], pairs: Pairs) -> bytes:
    """The page of results."""
    shown = [(name, value) for name, value in pairs if name not in {"f", "q"}]
    # The form is filled again from the address bar, so the back button and this link keep every choice.
    back = f"/?{urlencode([(name, value) for name, value in shown if name not in {'lat', 'lon'}])}"
    return site.templates.render(
        "resultats.html",
        **page_values(snapshot, language=need.lang, path="/proches", pairs=shown),
        answer=answer,
        back=back,
        points=sketch_points(answer),
        json_url=f"/proches?{urlencode([*shown, ('f', 'geojson')])}",
    )


def choice_page(site: Site, snapshot: Snapshot, need: Need, choices: Sequence[tuple[str, str, str]]) -> bytes:
    """The page that asks which of several positions was meant."""
    return site.templates.render("choix.html", **page_values(snapshot, language=need.lang, path="/"), choices=choices)
