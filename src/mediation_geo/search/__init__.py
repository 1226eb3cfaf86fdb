"""
The nearest fitting place: exact, explained, open now, and honest when nothing fits.

A places table in, answers out. This room never geocodes and never reads the clock: positions and the instant are given.
"""

from __future__ import annotations

from mediation_geo.search.answer import Answer, answer, answer_to_send
from mediation_geo.search.cards import Rendered, card_html, easy_html, print_sheet, render
from mediation_geo.search.index import Neighbours, PlaceIndex
from mediation_geo.search.need import Need

__all__ = [
    "Answer",
    "Need",
    "Neighbours",
    "PlaceIndex",
    "Rendered",
    "answer",
    "answer_to_send",
    "card_html",
    "easy_html",
    "print_sheet",
    "render",
]
