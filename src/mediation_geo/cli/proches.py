"""The command `proches`: the nearest fitting places, for people in a terminal or for machines as JSON."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mediation_geo.cli.console import print_json, say
from mediation_geo.errors import RequestError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from mediation_geo.search import Need

__all__ = ["register"]

# Two towns this close in confidence are both named to the person, who alone knows which was meant.
_TIE = 0.1

_NEED = "What is needed"
_PERSON = "Who comes"
_TERMS = "On which terms"
_SIZE = "How much"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("proches", epilog='Example: mediation-geo proches "34000 Montpellier" --besoin demarches --k 5')(proches)


def proches(
    where: Annotated[str | None, typer.Argument(help="Address, postcode or commune.", show_default=False)] = None,
    lat: Annotated[float | None, typer.Option(help="Latitude, with --lon instead of an address.")] = None,
    lon: Annotated[float | None, typer.Option(help="Longitude.")] = None,
    besoin: Annotated[str, typer.Option(help="demarches, apprendre, acceder, equiper, emploi ...", rich_help_panel=_NEED)] = "",
    services: Annotated[str, typer.Option(help="Services of the standard, as slugs.", rich_help_panel=_NEED)] = "",
    accompagnement: Annotated[str, typer.Option(help="individuel, atelier, autonomie, distance.", rich_help_panel=_NEED)] = "",
    public: Annotated[str, typer.Option(help="jeunes, etudiants, familles, seniors, femmes.", rich_help_panel=_PERSON)] = "",
    accueil: Annotated[
        str, typer.Option(help="illettrisme, moteur, mental, surdite, visuel: all are required.", rich_help_panel=_PERSON)
    ] = "",
    langue: Annotated[str, typer.Option(help="fr, en, autre.", rich_help_panel=_PERSON)] = "",
    fauteuil: Annotated[str, typer.Option(help="oui: not known to be inaccessible.", rich_help_panel=_PERSON)] = "",
    gratuit: Annotated[str, typer.Option(help="prefere orders, oui filters.", rich_help_panel=_TERMS)] = "",
    sans_rdv: Annotated[str, typer.Option(help="oui, indifferent.", rich_help_panel=_TERMS)] = "",
    contact: Annotated[str, typer.Option(help="telephone, mail, rdv_en_ligne, prescription.", rich_help_panel=_TERMS)] = "",
    a_distance: Annotated[str, typer.Option(help="exclure, aussi, seulement.", rich_help_panel=_TERMS)] = "",
    ouvert: Annotated[str, typer.Option(help="maintenant, 2026-11-24T10:00, or jeu:09:00-12:00.", rich_help_panel=_TERMS)] = "",
    maj_depuis: Annotated[str, typer.Option(help="Updated within so many months.", rich_help_panel=_TERMS)] = "",
    source: Annotated[str, typer.Option(help="Only from these sources.", rich_help_panel=_TERMS)] = "",
    exclure_source: Annotated[str, typer.Option(help="Not from these sources.", rich_help_panel=_TERMS)] = "",
    dispositif: Annotated[str, typer.Option(help="france-services, emmaus-connect ...", rich_help_panel=_TERMS)] = "",
    k: Annotated[int, typer.Option(help="How many places, 1 to 50.", rich_help_panel=_SIZE)] = 5,
    rayon: Annotated[str, typer.Option(help="Radius in km; adaptive up to 100 where absent.", rich_help_panel=_SIZE)] = "",
    elargir: Annotated[str, typer.Option(help="auto, jamais: widen when too few fit.", rich_help_panel=_SIZE)] = "",
    lang: Annotated[str, typer.Option(help="fr, facile (easy-to-read), en.", rich_help_panel=_SIZE)] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as GeoJSON.")] = False,
    carte: Annotated[Path | None, typer.Option(help="Write a map of the answer to this HTML file.")] = None,
    at: Annotated[str | None, typer.Option(help="Ask as if it were this instant (ISO); now where absent.")] = None,
    releases: Annotated[Path | None, typer.Option(help="Folder of releases.")] = None,
) -> None:
    """Find the nearest places that fit a need, with distance, phone, hours and the reasons."""
    asked = {
        "besoin": besoin, "services": services, "accompagnement": accompagnement, "public": public, "accueil": accueil,
        "langue": langue, "fauteuil": fauteuil, "gratuit": gratuit, "sans_rdv": sans_rdv, "contact": contact,
        "a_distance": a_distance, "ouvert": ouvert, "maj_depuis": maj_depuis, "source": source,
        "exclure_source": exclure_source, "dispositif": dispositif, "k": str(k), "rayon": rayon, "elargir": elargir,
        "lang": lang, "q": where or "", "lat": "" if lat is None else str(lat), "lon": "" if lon is None else str(lon),
    }  # fmt: skip
    found = _answer(asked, releases=releases, at=at)
    if carte is not None:
        _write_map(found, carte)
        say(f"map written to {carte}")
    if as_json:
        print_json(found)
    else:
        _show(found)
    raise typer.Exit(0 if found["features"] or found["a_distance"] else 1)


def _answer(asked: dict[str, str], *, releases: Path | None, at: str | None) -> dict[str, Any]:
    from mediation_geo.search import Need, PlaceIndex, answer

    need = Need.from_query(asked)
    need.require_position()
    lon, lat, origin = _position(need)
    instant = _instant(at)
    release = _release(releases, instant)
    index = PlaceIndex.from_places(release.places)
    return answer(index, need, lon=lon, lat=lat, at=instant, release_info=release.credit, origin=origin)


def _position(need: Need) -> tuple[float, float, dict[str, Any]]:
    if need.lon is not None and need.lat is not None:
        return need.lon, need.lat, {"precision": "point", "from": "lat,lon"}
    from mediation_geo.locate import EmbeddedGeocoder
    from mediation_geo.settings import Settings

    found = EmbeddedGeocoder(Settings.from_environment().streets).search(need.q or "", limit=5)
    if not found:
        message = "not found; give a postcode and a commune, such as '34000 Montpellier', or --lat and --lon"
        raise RequestError(parameter="where", message=message)
    best, *others = found
    if close := [each.label for each in others if best.confidence - each.confidence < _TIE]:
        say(f"Several towns are called this: answering for {best.label}; for {' or '.join(close)}, give the postcode too.")
    origin = {"precision": best.precision, "score": round(best.confidence, 2), "from": "q", "label": best.label}
    return best.lon, best.lat, origin


def _instant(text: str | None) -> datetime:
    from zoneinfo import ZoneInfo

    paris = ZoneInfo("Europe/Paris")
    if text is None:
        return datetime.now(paris)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is not an instant; expected for example 2026-11-24T10:00"
        raise RequestError(parameter="--at", message=message) from error
    return instant if instant.tzinfo else instant.replace(tzinfo=paris)


def _release(releases: Path | None, instant: datetime) -> Any:
    from mediation_geo.release import current_id, open_release
    from mediation_geo.settings import Settings

    settings = Settings.from_environment()
    folder = releases or settings.releases
    if current_id(folder) is None:
        from mediation_geo.pipeline import ensure_release

        ensure_release(folder, as_of=instant.date(), downloads=settings.downloads, report=say)
    return open_release(folder)


def _write_map(found: dict[str, Any], path: Path) -> None:
    import pandas as pd
    import shapely

    from mediation_geo.datasets import dataset_path
    from mediation_geo.search.sketch import map_html, map_span

    outlines = shapely.from_wkb(pd.read_parquet(dataset_path("communes_polygons.parquet"))["geometry"].to_numpy())
    near = shapely.STRtree(outlines).query(shapely.box(*map_span(found)))
    path.write_text(map_html(found, outlines=outlines[sorted(near)]), encoding="utf-8")


def _show(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.rule import Rule

    console = Console(highlight=False)
    _show_head(console, found)
    for title, key in (
        ("", "features"),
        ("À vérifier : appelez avant d'y envoyer quelqu'un", "a_verifier"),
        ("Aide à distance", "a_distance"),
    ):
        if title and found[key]:
            console.print(Rule(title, align="left", style="yellow"))
        for rank, feature in enumerate(found[key], start=1):
            console.print(_place(str(rank), feature["properties"]))
    source = found["donnees"]
    parts = [f"registre {source.get('snapshot')}", source.get("attribution")]
    console.print(Rule(style="dim"))
    console.print(" · ".join(part for part in parts if part), style="dim")


def _show_head(console: Console, found: dict[str, Any]) -> None:
    from rich.markup import escape
    from rich.rule import Rule

    search = found["recherche"]
    label = search["origin"].get("label") or f"{search['origin']['lat']}, {search['origin']['lon']}"
    counts = search["compte"]
    told = f"{counts['stricts']} lieux sur {counts['dans_rayon']} conviennent dans un rayon de {search['rayon_utilise_km']:g} km"
    console.print(Rule(f"[bold]Près de {escape(label)}[/bold]", align="left", style="cyan"))
    console.print(told, style="dim")
    for message in found["messages"]:
        console.print(f"[yellow]! {escape(message['texte'])}[/yellow]")
    for step in search["elargissements"]:
        before, after = (", ".join(v) if isinstance(v, list) else str(v) for v in (step["de"], step["a"]))
        after = after.replace("~", "à défaut ")
        console.print(f"[yellow]  {step['critere']} : {before} → {after}[/yellow] ({escape(step['raison'])})")


def _place(rank: str, properties: dict[str, Any]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from mediation_geo.search.hours import hours_line

    contact, address = properties["contact"], properties["adresse"]
    reasons = " · ".join(each["texte"] for each in properties["correspondance"]["raisons"])
    colour = {"ouvert": "green", "ferme": "red"}.get(properties["horaires"]["etat"], "yellow")
    ways = [contact["tel_affiche"], contact["courriel"], contact["site"]]
    lines = [
        Text(properties["nom"] or "Lieu sans nom", style="bold"),
        Text(address["label"] or "adresse inconnue"),
        Text("  ".join(way for way in ways if way) or "pas de contact connu", style="cyan"),
        Text(f"● {hours_line(properties['horaires'])}", style=colour),
        Text(reasons, style="dim"),
    ]
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=3, justify="right", style="bold cyan")
    table.add_column(ratio=1)
    table.add_column(justify="right", style="bold", no_wrap=True)
    table.add_row(
        rank, Text("\n").join(line for line in lines if line), properties.get("distance_label", "").replace(" à vol d'oiseau", "")
    )
    table.add_row("", "", "")
    return table
