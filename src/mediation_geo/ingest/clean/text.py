"""
Rules for any text: damage of encodings, markup, spreadsheet formulas, fillers. One rule, one function, each idempotent.

A rule takes the text and a context that these rules do not use, and gives the text back, repaired, or None to remove it.
"""

from __future__ import annotations

import html
import re

from mediation_geo.ingest.clean.accents import restore_accents
from mediation_geo.ingest.clean.rules import Check, Repair, Rule, settled
from mediation_geo.text import collapse_blanks, fold, repair_mojibake

__all__ = [
    "LINE_RULES",
    "PARAGRAPH_RULES",
    "has_replacement_character",
    "remove_control_characters",
    "remove_formula",
    "remove_markup",
    "remove_placeholder",
    "restore_damaged_accents",
]

REPLACEMENT = "\ufffd"
# Control, zero-width and direction characters; U+0092 is the Windows apostrophe read as Latin-1.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x91\x93-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_TAGS = (
    "a|abbr|address|article|aside|audio|b|base|big|blockquote|body|br|button|canvas|caption|center|code|col|colgroup|dd|details|"
    "div|dl|dt|em|embed|fieldset|figure|font|footer|form|frame|frameset|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|label|"
    "legend|li|link|main|map|mark|math|meta|nav|noscript|object|ol|option|p|param|picture|pre|s|section|select|small|source|"
    "span|strong|style|sub|summary|sup|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr|u|ul|video|script"
)
_ACTIVE = re.compile(r"<(script|style|iframe|object|noscript)\b.*?(</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_BREAKS = re.compile(r"<\s*(br|/p|/div|/li|/tr|hr)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(rf"<\s*/?\s*({_TAGS})\b[^<>]*(>|$)|<!--.*?(-->|$)", re.IGNORECASE | re.DOTALL)
_LIVE_BRACKET = re.compile(r"<(?=[a-zA-Z/!?])")
_ESCAPED_BREAK = re.compile(r"\\+[rnt]")
_FORMULA = re.compile(r"^(?:[=@\t\r]+|[+\-](?=[\w.+\-*/]+[(|!]))+\s*")
_MARKDOWN = re.compile(r"\*\*+|__+")
_PLACEHOLDERS_TEXT = """
null | none | nan | na | n a | nd | n d | nc | n c | nr | n r | ns | ras | non renseigne | non renseignee | non
communique | non communiquee | inconnu | inconnue | sans objet | neant | aucun | aucune | a completer | a renseigner |
vide | xx | xxx | undefined | missing | ref | non defini | string
"""
# A longer text says something, if only by its length; most cells are, and folding them all is slow.
_LONGEST_PLACEHOLDER = 40
_PLACEHOLDERS = frozenset(each.strip() for each in _PLACEHOLDERS_TEXT.split("|"))


@settled
def remove_control_characters(value: str, _context: str = "") -> str:
    r"""
    Text without characters that cannot be seen.

    Examples
    --------
    >>> remove_control_characters("L\x92Esp\u200bace\x00")
    "L'Espace"
    """
    return _CONTROL.sub("", value.replace("\x92", "'").replace("\u2028", "\n"))


@settled
def repair_encoding(value: str, _context: str = "") -> str:
    """
    Text whose bytes were decoded wrongly once or twice, decoded rightly.

    Examples
    --------
    >>> repair_encoding("MÃ©diathÃ¨que")
    'Médiathèque'
    """
    return repair_mojibake(repair_mojibake(value))


def restore_damaged_accents(value: str, _context: str = "") -> str:
    """
    Text in which U+FFFD stands for an accent, with the accents of the words we know.

    Examples
    --------
    >>> restore_damaged_accents("Biblioth\ufffdque, acc\ufffds � Internet")
    'Bibliothèque, accès à Internet'
    """
    return restore_accents(value) if REPLACEMENT in value else value


def has_replacement_character(value: str, _context: str = "") -> bool:
    """
    Whether letters were lost for good.

    Examples
    --------
    >>> has_replacement_character("Th\ufffdze"), has_replacement_character("Thèze")
    (True, False)
    """
    return REPLACEMENT in value


def remove_markup(value: str, _context: str = "") -> str:
    r"""
    Plain text of HTML: scripts dropped with their content, breaks kept as lines, entities spelled out.

    Examples
    --------
    >>> remove_markup("<b>Bus</b> &amp; co<br/>ici<script>alert(1)</script>")
    'Bus & co\nici'
    >>> remove_markup("&lt;img src=x onerror=alert(1)&gt;Mairie"), remove_markup("moins de 3 < 4")
    ('Mairie', 'moins de 3 < 4')
    """
    if "<" not in value and "&" not in value and "**" not in value:
        return value
    before = None
    while before != value:
        before = value
        value = html.unescape(value) if "&" in value else value
        value = _ACTIVE.sub(" ", value)
        value = _BREAKS.sub("\n", value)
        value = _TAG.sub(" ", value)
        value = _MARKDOWN.sub("", value)
        value = _LIVE_BRACKET.sub("", value)
    return value.strip() if before != value else _trim_lines(value)


def _trim_lines(value: str) -> str:
    return "\n".join(line.strip() for line in value.strip().splitlines())


@settled
def remove_formula(value: str, _context: str = "") -> str:
    """
    Text without the sign that makes a spreadsheet run it; a leading dash or plus goes only before something callable.

    Examples
    --------
    >>> remove_formula("=HYPERLINK('http://x')"), remove_formula("-2+3+cmd|' /C calc'!A0"), remove_formula("- Ateliers")
    ("HYPERLINK('http://x')", "2+3+cmd|' /C calc'!A0", '- Ateliers')
    """
    return _FORMULA.sub("", value)


def remove_placeholder(value: str, _context: str = "") -> str | None:
    """
    None for what people type when they have nothing to say.

    Examples
    --------
    >>> [remove_placeholder(each) for each in ("#N/D", "-", "Non renseigné", "Mairie")]
    [None, None, None, 'Mairie']
    """
    if len(value) > _LONGEST_PLACEHOLDER:
        return value
    folded = fold(value)
    return None if not folded or folded in _PLACEHOLDERS else value


@settled
def collapse_line(value: str, _context: str = "") -> str:
    r"""
    One line with single blanks.

    Examples
    --------
    >>> collapse_line("12\u202f rue\n Foch")
    '12 rue Foch'
    """
    return collapse_blanks(_ESCAPED_BREAK.sub(" ", value))


@settled
def collapse_paragraphs(value: str, _context: str = "") -> str:
    r"""
    Lines with single blanks, at most one empty line between two.

    Examples
    --------
    >>> collapse_paragraphs("Accueil  libre\r\n\r\n\r\n Ateliers")
    'Accueil libre\n\nAteliers'
    """
    lines = [collapse_blanks(line) for line in _ESCAPED_BREAK.sub("\n", value).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


_COMMON: tuple[Rule, ...] = (
    Repair("control_characters_removed", remove_control_characters),
    Repair("encoding_repaired", repair_encoding),
    Repair("accents_restored", restore_damaged_accents),
    Repair("markup_removed", remove_markup),
)
_LAST: tuple[Rule, ...] = (
    Repair("formula_neutralised", remove_formula),
    Repair("placeholder_removed", remove_placeholder),
    Check("letters_lost", has_replacement_character),
)
LINE_RULES: tuple[Rule, ...] = (*_COMMON, Repair("blanks_collapsed", collapse_line), *_LAST)
PARAGRAPH_RULES: tuple[Rule, ...] = (*_COMMON, Repair("blanks_collapsed", collapse_paragraphs), *_LAST)
