"""The pages as people meet them: small screen, no JavaScript, keyboard, print; and what axe-core finds in them."""

from __future__ import annotations

import gzip
import html
import os
import re
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from mediation_geo.service.pages.words import LANGUAGES, words_in
from mediation_geo.service.snapshot import Snapshot

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"]
RESULTS = "/proches?code_insee=34172&besoin=demarches&f=html"
PAGES = {
    "accueil": "/",
    "accueil-facile": "/?lang=facile",
    "accueil-en": "/?lang=en",
    "guide-1": "/guide",
    "accueil-choix": "/?besoin=demarches&public=seniors&gratuit=oui",
    "guide-2": "/guide?etape=2&besoin=emploi",
    "guide-3": "/guide?etape=3&besoin=emploi",
    "resultats": RESULTS,
    "resultats-facile": RESULTS + "&lang=facile",
    "resultats-elargis": "/proches?lat=48.85&lon=2.35&accueil=surdite&f=html",
    "resultats-en": RESULTS + "&lang=en",
    "resultats-aucun": "/proches?lat=0&lon=0&f=html",
    "lieu": "/lieux/{place}",
    "lieu-en": "/lieux/{place}?lang=en",
    "integration": "/integration?dep=59&sans_entete=1",
    "integrer": "/integrer",
    "telechargements": "/telechargements",
    "changements": "/changements",
    "vie-privee": "/vie-privee",
    "accessibilite": "/accessibilite",
    "etat": "/status?f=html",
    "api": "/ogcapi?f=html",
    "api-definition": "/ogcapi/openapi?f=html",
    "api-collection": "/ogcapi/collections/lieux-mediation-numerique?f=html",
    "api-objets": "/ogcapi/collections/lieux-mediation-numerique/items?f=html",
    "api-objet": "/ogcapi/collections/lieux-mediation-numerique/items/{place}?f=html",
    "api-traitement": "/ogcapi/processes/nearest-places?f=html",
    "probleme": "/lieux/absent",
}
# What is told of the service itself, in the other two languages.
ABOUT = ("integration", "integrer", "telechargements", "changements", "vie-privee", "accessibilite", "etat")
PAGES |= {
    f"{name}-{language}": f"{PAGES[name]}{'&' if '?' in PAGES[name] else '?'}lang={language}"
    for name in ABOUT
    for language in ("facile", "en")
}
# The other languages have the same structure.
STRUCTURES = [name for name in PAGES if not name.endswith(("-facile", "-en"))]

SPACING = "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}p{margin-bottom:2em!important}"
# Elements whose text is wider or higher than the box that hides the rest.
CUT_OFF = """() => [...document.querySelectorAll("main *")].filter((each) => {
  const style = getComputedStyle(each);
  return style.overflow === "hidden" && !each.matches(".visuellement-cache, .evitement, svg *, [hidden]") &&
    (each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1);
}).map((each) => each.outerHTML.slice(0, 200))"""
# A group of radio buttons is one stop.
REACHABLE = """() => {
  const found = [...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")].filter(
    (each) => each.checkVisibility() && !each.disabled);
  return found.filter((each) => each.type !== "radio").length + new Set(
    found.filter((each) => each.type === "radio").map((each) => each.name)).size;
}"""
FOCUS = """() => {
  const active = document.activeElement, { outlineStyle, outlineWidth } = getComputedStyle(active);
  return [[...document.querySelectorAll("*")].indexOf(active), outlineStyle === "none" ? 0 : parseFloat(outlineWidth)];
}"""


def _opened(browser: Browser, url: str, *, width: int, javascript: bool) -> Page:
    context = browser.new_context(java_script_enabled=javascript, viewport={"width": width, "height": 740}, bypass_csp=True)
    page = context.new_page()
    page.goto(url)
    return page


@pytest.mark.parametrize("name", PAGES)
def test_page_has_no_accessibility_violation_and_does_not_scroll_sideways(
    browser: Browser, site_url: str, snapshot: Snapshot, name: str
) -> None:
    page = _opened(browser, site_url + PAGES[name].format(place=snapshot.places.ids[0]), width=320, javascript=True)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    page.add_script_tag(content=AXE)
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = page.evaluate("tags => axe.run({ runOnly: { type: 'tag', values: tags } })", TAGS)
        assert found["passes"]
        assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found["violations"]] == []
        if "MEDIATION_GEO_SCREENSHOTS" in os.environ:
            folder = Path(os.environ["MEDIATION_GEO_SCREENSHOTS"])
            page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    # Text twice as large, then the spacing of WCAG 1.4.12: nothing is cut off, nothing must be scrolled sideways.
    for style in ("html{font-size:225%!important}", SPACING):
        page.add_style_tag(content=style)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        assert page.evaluate(CUT_OFF) == []
    assert page.title().count("–") <= 1
    page.context.close()


@pytest.mark.parametrize("name", ["accueil", "guide-2", "resultats", "lieu", "telechargements", "api-objets"])
def test_the_keyboard_reaches_everything_in_reading_order_and_the_focus_is_seen(
    browser: Browser, site_url: str, snapshot: Snapshot, name: str
) -> None:
    page = _opened(browser, site_url + PAGES[name].format(place=snapshot.places.ids[0]), width=1280, javascript=True)
    reachable = page.evaluate(REACHABLE)
    walked = []
    for _ in range(reachable):
        page.keyboard.press("Tab")
        place, outline = page.evaluate(FOCUS)
        walked.append(place)
        assert outline >= 2, page.evaluate("document.activeElement.outerHTML")
    assert walked == sorted(set(walked))
    page.context.close()


def test_no_page_has_the_title_or_the_language_of_another(web: httpx.Client, snapshot: Snapshot) -> None:
    named: dict[str, set[str]] = {}
    for name, path in PAGES.items():
        text = web.get(path.format(place=snapshot.places.ids[0]), headers={"Accept": "text/html"}).text
        language = "en" if name.endswith("-en") else "fr"
        assert f'<html lang="{language}">' in text
        named.setdefault(text.split("<title>")[1].split("</title>")[0], set()).add(name)
    # The same form and the same list keep their title whatever was chosen.
    shared = [{name.split("-")[0] for name in names} for names in named.values() if len(names) > 1]
    assert all(kind in ({"accueil"}, {"resultats"}) for kind in shared), named


def test_pages_about_the_service_are_in_one_language_and_keep_it(web: httpx.Client) -> None:
    for name in ABOUT:
        for language in LANGUAGES:
            path = PAGES[name] if language == "fr" else PAGES[f"{name}-{language}"]
            page = html.unescape(web.get(path, headers={"Accept": "text/html"}).text)
            words = words_in(language)
            strangers = {
                text
                for other in LANGUAGES
                for text in words_in(other).values()
                # Shorter words are those of file names and codes, and some are alike in two languages.
                if len(text) > 12 and f">{text}<" in page and text not in words.values()
            }
            assert strangers == set(), (name, language)
            # Every file is told in words.
            assert '<span class="aide"></span>' not in page
            for link in ("/telechargements", "/vie-privee", "/accessibilite"):
                if "sans_entete" not in path:
                    assert f'href="{link}{"" if language == "fr" else "?lang=" + language}"' in page


def test_easy_to_read_sentences_have_at_most_twelve_words() -> None:
    for name, text in words_in("facile").items():
        for sentence in re.split(r"[.!?:]\s", text):
            assert len(sentence.split()) <= 12, name


@pytest.mark.parametrize("name", STRUCTURES)
def test_page_is_whole_without_javascript(browser: Browser, site_url: str, snapshot: Snapshot, name: str) -> None:
    page = _opened(browser, site_url + PAGES[name].format(place=snapshot.places.ids[0]), width=320, javascript=False)
    assert page.locator("h1").count() == 1
    assert page.locator("main").inner_text().strip()
    assert page.locator("body").bounding_box()["width"] <= 320  # type: ignore[index]
    page.context.close()


def test_a_search_without_javascript_finds_places_and_back_keeps_the_choices(browser: Browser, site_url: str) -> None:
    page = _opened(browser, site_url, width=320, javascript=False)
    page.fill("#q", "34000 Montpellier")
    page.check("input[name=besoin][value=demarches]")
    page.click("summary")
    page.check("input[name=public][value=seniors]")
    page.click("button[type=submit]")
    assert "/proches?" in page.url
    assert "Montpellier" not in page.url
    assert page.locator("ol.lieux > li").count() == 5
    assert page.locator(".distance").first.inner_text().startswith("à ")
    page.click(".actions a")
    assert page.is_checked("input[name=besoin][value=demarches]")
    assert page.is_checked("input[name=public][value=seniors]")
    page.go_back()
    assert page.locator("ol.lieux > li").count() == 5
    page.context.close()


def test_three_questions_lead_to_places_without_javascript(browser: Browser, site_url: str) -> None:
    page = _opened(browser, f"{site_url}/guide", width=320, javascript=False)
    page.check("input[value=emploi]")
    page.click("button[type=submit]")
    page.check("input[name=gratuit]")
    page.click("button[type=submit]")
    page.fill("#q", "Lille")
    page.click("button[type=submit]")
    assert "besoin=emploi" in page.url
    assert "gratuit=oui" in page.url
    assert page.locator("ol.lieux > li").count() > 0
    page.context.close()


def test_an_ambiguous_town_is_asked_back(browser: Browser, site_url: str) -> None:
    page = _opened(browser, site_url, width=320, javascript=False)
    page.fill("#q", "Saint-Denis")
    page.click("button[type=submit]")
    choices = page.locator(".choix-liens a").all_inner_texts()
    assert any("93" in each for each in choices)
    assert any("974" in each for each in choices)
    page.locator(".choix-liens a", has_text="974").first.click()
    assert "code_insee=97411" in page.url
    page.context.close()


def test_the_form_is_worked_with_the_keyboard_alone(browser: Browser, site_url: str) -> None:
    page = _opened(browser, site_url, width=1280, javascript=False)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    page.focus("#q")
    page.keyboard.type("59000 Lille")
    page.keyboard.press("Enter")
    page.wait_for_selector("ol.lieux")
    assert page.locator("ol.lieux > li").count() > 0
    page.context.close()


def test_the_map_comes_on_demand_and_asks_no_other_site(browser: Browser, site_url: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 740})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site_url + RESULTS)
    assert not any("leaflet" in each for each in asked)
    page.click(".plan summary")
    page.click("#afficher-carte")
    page.wait_for_selector("#carte .leaflet-interactive")
    assert page.locator("#carte path.leaflet-interactive").count() == 6
    assert all(each.startswith((site_url, "data:")) for each in asked)
    context.close()


def test_pages_set_no_cookie_and_break_no_policy(browser: Browser, site_url: str, snapshot: Snapshot) -> None:
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for path in ("/", "/guide?etape=3", RESULTS, f"/lieux/{snapshot.places.ids[0]}", "/integration", "/integrer"):
        page.goto(site_url + path)
    assert context.cookies() == []
    assert complaints == []
    context.close()


def test_first_view_weighs_at_most_14_kilobytes(web: httpx.Client) -> None:
    for path in ("/", RESULTS, "/proches?lat=48.85&lon=2.35&k=5&f=html"):
        parts = [web.get(path).content, web.get("/statique/style.css").content]
        parts.append(web.get("/statique/carte.js" if "proches" in path else "/statique/position.js").content)
        assert sum(len(gzip.compress(part, 6)) for part in parts) <= 14 * 1024


def test_print_sheet_has_three_cards_and_no_menu(browser: Browser, site_url: str) -> None:
    page = _opened(browser, site_url + RESULTS, width=800, javascript=False)
    page.emulate_media(media="print")
    visible = [card.is_visible() for card in page.locator("ol.lieux > li").all()]
    assert visible == [True, True, True, False, False]
    assert not page.locator("footer").is_visible()
    assert page.locator(".a-la-main").first.is_visible()
    page.context.close()
