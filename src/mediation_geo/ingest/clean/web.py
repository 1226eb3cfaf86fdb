"""Rules for e-mail and web addresses: found in their cell, repaired, joined with `|`; only http and https addresses go on."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

from mediation_geo.ingest.clean.rules import Repair, Rule, settled
from mediation_geo.standard.fields import LIST_SEPARATOR
from mediation_geo.text import strip_accents

__all__ = ["EMAIL_RULES", "URL_RULES", "emails_in", "urls_in"]

_EMAIL = re.compile(r"[a-z0-9_][a-z0-9._%+\-']*@(?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+[a-z]{2,24}")
_AT = re.compile(r"\s*(?:\[\s*(?:at|a|arobase|@)\s*\]|\(\s*(?:at|a|arobase|@)\s*\)|@\s*@+|(?<=\w)\s+@\s*|\s*@\s+(?=\w))\s*")
_BLANK_IN_DOMAIN = re.compile(r"(@[\w.\-]*)\s+(\.[a-z])|(@[\w.\-]*\.)\s+([a-z]{2,4}\b)")
_URL_BREAK = re.compile(
    r"[\s|;]+|,(?=\s|https?:|www\.)|\b(?:ou|et)\b(?=\s+(?:https?:|www\.))|(?<=[\w/])(?=https?://)", re.IGNORECASE
)
_SCHEME = re.compile(r"^(?:https?)?[:/]{1,4}(?=[\w])|^https?[:/]*//*", re.IGNORECASE)
_ANY_SCHEME = re.compile(r"^[a-z][a-z0-9+.\-]*:(?!\d+(?:/|$))", re.IGNORECASE)
_HOST = re.compile(r"^(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[a-z0-9_](?:[a-z0-9\-_]*[a-z0-9])?\.)+[a-z][a-z0-9\-]{1,23})$")
_MAX_URL_CHARS = 2_000
_SAFE = "%/:=&?~#+!$,;'@()*[]-._"


def emails_in(value: str) -> list[str]:
    """
    Every e-mail address of a cell, in lower case, each once.

    Examples
    --------
    >>> emails_in("Mail : Accueil@Mairie-X.fr / contact [at] epn.org")
    ['accueil@mairie-x.fr', 'contact@epn.org']
    """
    text = strip_accents(_AT.sub("@", value.lower())).replace("..", ".")
    text = _BLANK_IN_DOMAIN.sub(lambda match: "".join(part for part in match.groups() if part), text)
    return list(dict.fromkeys(_EMAIL.findall(text)))


@settled
def rewrite_emails(value: str, _context: str = "") -> str:
    """
    Addresses of a cell joined with `|`; a text without any is left for the next rule.

    Examples
    --------
    >>> rewrite_emails("mailto:Accueil@x.fr"), rewrite_emails("a@x.fr ou b@x.fr"), rewrite_emails("voir site")
    ('accueil@x.fr', 'a@x.fr|b@x.fr', 'voir site')
    """
    return LIST_SEPARATOR.join(emails_in(value)) or value


def remove_wrong_email(value: str, _context: str = "") -> str | None:
    """
    None for a text that holds no e-mail address.

    Examples
    --------
    >>> remove_wrong_email("voir site"), remove_wrong_email("a@x.fr")
    (None, 'a@x.fr')
    """
    return value if emails_in(value) else None


def _url(text: str) -> str | None:
    """One address with scheme and ASCII host, or None when it is not one of the web."""
    stripped = text.strip(" .,;<>\"'«»()[]")
    bare = _SCHEME.sub("", stripped)
    while bare != (again := _SCHEME.sub("", bare)):
        bare = again
    if not bare or _ANY_SCHEME.match(bare) or bare.startswith("@") or len(bare) > _MAX_URL_CHARS:
        return None
    bare = re.sub(r"^www[.,:]+", "www.", bare, flags=re.IGNORECASE)
    scheme = "https" if stripped.lower().startswith("https") else "http"
    try:
        parts = urlsplit(f"{scheme}://{bare}")
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
        port = f":{parts.port}" if parts.port else ""
    except (UnicodeError, ValueError):
        return None
    if not _HOST.match(host) or parts.username is not None:
        return None
    rest = (quote(part, safe=_SAFE) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((scheme, host + port, *rest))


def urls_in(value: str) -> list[str]:
    """
    Every web address of a cell, each once.

    Examples
    --------
    >>> urls_in("www.mairie-x.fr ou https//www.y.fr/à propos")
    ['http://www.mairie-x.fr', 'https://www.y.fr/%C3%A0']
    >>> urls_in("javascript:alert(1)"), urls_in("http://http://x.fr"), urls_in("contact@x.fr")
    ([], ['http://x.fr'], [])
    """
    parts = [part for part in _URL_BREAK.split(value) if "." in part and ("://" in part or not emails_in(part))]
    return list(dict.fromkeys(url for url in map(_url, parts) if url))


@settled
def rewrite_urls(value: str, _context: str = "") -> str:
    """
    Addresses of a cell joined with `|`; a text without any is left for the next rule.

    Examples
    --------
    >>> rewrite_urls("mairie-x.fr"), rewrite_urls("http:/www.x.fr;http://y.fr"), rewrite_urls("aucun")
    ('http://mairie-x.fr', 'http://www.x.fr|http://y.fr', 'aucun')
    """
    return LIST_SEPARATOR.join(urls_in(value)) or value


def remove_wrong_url(value: str, _context: str = "") -> str | None:
    """
    None for what is no web address, scripts included.

    Examples
    --------
    >>> remove_wrong_url("javascript:alert(1)"), remove_wrong_url("Facebook"), remove_wrong_url("http://x.fr")
    (None, None, 'http://x.fr')
    """
    return value if urls_in(value) else None


def first_url(value: str, _context: str = "") -> str:
    """
    First address, for the fields that admit one.

    Examples
    --------
    >>> first_url("http://x.fr|http://y.fr")
    'http://x.fr'
    """
    return value.split(LIST_SEPARATOR)[0]


EMAIL_RULES: tuple[Rule, ...] = (
    Repair("email_rewritten", rewrite_emails),
    Repair("email_invalid", remove_wrong_email),
)
URL_RULES: tuple[Rule, ...] = (
    Repair("url_rewritten", rewrite_urls),
    Repair("url_invalid", remove_wrong_url),
)
SINGLE_URL_RULES: tuple[Rule, ...] = (*URL_RULES, Repair("url_several", first_url))
