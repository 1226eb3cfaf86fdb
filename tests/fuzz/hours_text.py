"""
Any text as opening hours: rewritten to a text that needs no rewriting, or not understood; and any text evaluated without a crash.

What ingest writes the service must be able to evaluate, so both are asked about each text.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import atheris

with atheris.instrument_imports(
    include=["mediation_geo.ingest.clean", "mediation_geo.search.schedule", "mediation_geo.search.repair"],
    enable_loader_override=False,
):
    from mediation_geo.ingest.clean.hours import normalise_osm
    from mediation_geo.ingest.clean.prose import read_day, read_monthly, read_prose
    from mediation_geo.ingest.clean.week import format_week
    from mediation_geo.search.schedule import Schedule, Territory

from harness import broken, fuzz

PARIS = Territory.of(timezone="Europe/Paris", code_departement="75")
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
SEEDS = [
    text.encode()
    for text in (
        "Mo-Fr 09:00-12:00,14:00-17:00; Sa 09:00-12:00; PH off",
        "Lundi au vendredi de 9h à 12h et de 14h à 17h30, sauf mercredi",
        "du lundi au jeudi : 8h30 - 12h / 13h30 - 17h, vendredi fermé",
        "1er et 3e mardi du mois de 14h à 16h",
        "24/7",
        "9h-12h ; fermé",
        "week 1-53/2 Mo 10:00-12:00; SH off; Dec 24-Jan 2 off",
        "We 22:00-02:00+",
    )
]


def one_input(content: bytes) -> None:
    text = content.decode("utf-8", errors="replace")
    canonical = normalise_osm(text)
    if canonical is not None and normalise_osm(canonical) != canonical:
        broken(f"{canonical!r} is rewritten again: {normalise_osm(canonical)!r}")
    read_day(text)
    reading = read_prose(text)
    monthly = read_monthly(text)
    for each in (text, canonical, monthly, format_week(reading.week) if reading else None):
        if each:
            schedule = Schedule(each, PARIS)
            schedule.look(NOW, soon=timedelta(hours=2))
            schedule.week(NOW)


if __name__ == "__main__":
    words = (
        "Mo Tu We Th Fr Sa Su PH SH off 24/7 lundi mardi mercredi jeudi vendredi samedi dimanche matin midi fermé sauf au et de à"
    )
    words += " 9h 12h30 09:00-12:00 1er 2e mois week Jan easter sunrise Mo[1] || + 00:00-24:00 26:00 sur rdv"
    fuzz(one_input, seeds=SEEDS, words=[*words.split(), " ", ";", ",", "–", "\n"])
