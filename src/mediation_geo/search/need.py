"""
The question a person asks, as one validated model for the library, the command, the web address and the OGC process.

Words in, a frozen `Need` out, or one error that names the parameter, the value and what is admitted. It never looks at
places, never geocodes, and never repeats an address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from mediation_geo.errors import RequestError
from mediation_geo.search.vocabulary import (
    ACCOMPAGNEMENTS,
    ACCUEILS,
    ALIASES,
    BESOINS,
    CONTACTS,
    DAYS,
    DISPOSITIFS,
    LANGUES,
    PUBLICS,
    SERVICES,
)
from mediation_geo.text import slug

__all__ = ["ADMITTED", "FIELDS_OF_A_FEATURE", "Need"]

# Properties of a feature that `champs` may name.
FIELDS_OF_A_FEATURE = (
    "id", "ids_sources", "nom", "adresse", "geocodage", "distance_m", "distance_label", "contact", "acces", "horaires",
    "services", "publics", "accueil", "langues", "frais", "accessibilite", "accompagnement", "dispositifs", "labels",
    "itinerance", "correspondance", "fraicheur", "territoire", "liens", "carte",
)  # fmt: skip

# What a person may write; where the list is open (instants, numbers) the form is described.
ADMITTED: Mapping[str, tuple[str, ...]] = {
    "besoin": tuple(BESOINS),
    "besoin_requis": ("tous", "un"),
    "services": tuple(SERVICES),
    "public": tuple(PUBLICS),
    "accueil": tuple(ACCUEILS),
    "langue": tuple(LANGUES),
    "fauteuil": ("oui",),
    "gratuit": ("prefere", "oui", "inconnu", "conditions"),
    "sans_rdv": ("indifferent", "oui", "rdv"),
    "contact": tuple(CONTACTS),
    "accompagnement": (*ACCOMPAGNEMENTS, "indifferent"),
    "a_distance": ("exclure", "aussi", "seulement"),
    "ouvert": ("maintenant", "AAAA-MM-JJThh:mm", "jeu:09:00-12:00", "48h", "indifferent"),
    "maj_depuis": ("1..120 (months)",),
    "dispositif": tuple(DISPOSITIFS),
    "k": ("1..50",),
    "rayon": ("adaptatif", "0.1..100 (km)"),
    "elargir": ("auto", "jamais"),
    "expliquer": ("0", "1"),
    "champs": FIELDS_OF_A_FEATURE,
    "lang": ("fr", "facile", "en"),
    "f": ("geojson", "json", "html", "txt", "csv", "vcf", "gpx"),
    "lat": ("-90..90",),
    "lon": ("-180..180",),
    "code_insee": ("5 characters, such as 34172 or 2A004",),
    "code_postal": ("5 digits, such as 34000",),
}

# What `ouvert` accepts beside the openings asked: those that open within 48 hours, then all.
WIDER_OPENINGS = ("48h", "indifferent")

_WHERE = (("lat", "lon"), ("q",), ("code_insee",), ("code_postal",))

# An address, or a position, never comes back in a message.
_PRIVATE = frozenset({"q", "lat", "lon"})

_SLOT = re.compile(rf"({'|'.join(DAYS)}):(\d{{1,2}}:\d{{2}})-(\d{{1,2}}:\d{{2}})")
_YES = frozenset({"oui", "yes", "true", "1"})


def _words(value: Any) -> Any:
    """Comma, repetition and a list are the same; a lone `True` says `oui`."""
    if isinstance(value, bool):
        return ("oui",) if value else ()
    if value is None:
        return ()
    if isinstance(value, str):
        value = (value,)
    if not isinstance(value, list | tuple | set | frozenset):
        return value
    parts = [part.strip() for each in value for part in str(each).split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))


def _slugs(value: Any) -> Any:
    words = _words(value)
    return tuple(dict.fromkeys(slug(word) for word in words)) if isinstance(words, tuple) else words


def _folded(value: Any) -> Any:
    words = _words(value)
    return tuple("oui" if word.lower() in _YES else word.lower() for word in words) if isinstance(words, tuple) else words


def _in_order(name: str, read: Callable[[Any], Any]) -> BeforeValidator:
    """Validator that reads a list and puts it in the order of its table, so that equal questions are written alike."""
    order = {word: position for position, word in enumerate(ADMITTED[name])}

    def listed(value: Any) -> Any:
        words = read(value)
        return tuple(sorted(words, key=lambda word: order.get(word, len(order)))) if isinstance(words, tuple) else words

    return BeforeValidator(listed)


def _yes(value: Any) -> Any:
    return "oui" if value is True or str(value).lower() in _YES else (None if value in (None, False, "") else value)


def _openings(value: Any) -> Any:
    words = _words(value)
    if not isinstance(words, tuple):
        return words
    openings = dict.fromkeys(_opening(word) for word in words)
    return tuple(sorted(openings, key=lambda opening: (opening in WIDER_OPENINGS, WIDER_OPENINGS.index(opening) if opening in WIDER_OPENINGS else 0)))


def _opening(word: str) -> str:
    lowered = word.lower()
    if lowered in {"maintenant", "now", "oui"}:
        return "maintenant"
    if lowered in {"48h", "indifferent"}:
        return lowered
    slot = _SLOT.fullmatch(lowered)
    if slot:
        day, start, end = slot[1], _clock(slot[2]), _clock(slot[3])
        if start < end:
            return f"{day}:{start}-{end}"
    try:
        # A plus sign in an address that was not escaped arrives as a blank.
        instant = datetime.fromisoformat(word.strip().replace(" ", "+") if "T" in word else word)
    except ValueError as error:
        message = "neither an instant nor a weekly slot"
        raise ValueError(message) from error
    return instant.isoformat(timespec="minutes")


def _clock(text: str) -> str:
    hours, minutes = (int(part) for part in text.split(":"))
    if hours * 60 + minutes > 24 * 60 or minutes > 59:
        message = f"{text} is not a time of day"
        raise ValueError(message)
    return f"{hours:02d}:{minutes:02d}"


def _radius(value: Any) -> Any:
    return None if value in ("adaptatif", "adaptive") else value


def _rounded(value: Any) -> Any:
    # About 110 m: enough for "near", too coarse for a home.
    return round(float(value), 3) if value is not None else None



def _known(table: Mapping[str, str]) -> Any:
    def check(value: Any) -> Any:
        words = _slugs(value)
        for word in words if isinstance(words, tuple) else ():
            if word not in table:
                message = f"unknown value {word!r}"
                raise ValueError(message)
        return words

    return check


_Besoin = Literal["demarches", "apprendre", "acceder", "equiper", "emploi", "enfants", "securite", "comprendre", "creer"]
_Public = Literal["jeunes", "etudiants", "familles", "seniors", "femmes"]
_Accueil = Literal["illettrisme", "moteur", "mental", "surdite", "visuel"]
_Contact = Literal["telephone", "mail", "rdv_en_ligne", "prescription"]
_Accompagnement = Literal["individuel", "atelier", "autonomie", "distance", "indifferent"]


class Need(BaseModel):
    """
    What a person needs, where, and how the answer should look.

    Every parameter is optional for the library, which gives the position apart; a web address needs one (`require_position`).
    A list may be a list, or text with commas. Listed values are alternatives, except `accueil` (all are required) and
    `besoin` (every need, unless `besoin_requis` says `un`).

    Attributes
    ----------
    lat, lon : float, optional
        Decimal degrees, EPSG:4326, rounded to 3 decimals (about 110 m).
    q, code_insee, code_postal : str, optional
        Another way to say where; whoever asks resolves it, this room never geocodes.
    besoin, services : tuple of str
        Needs in plain words, or services of the standard by slug.
    besoin_requis : str
        `tous`: a place offers every need; `un`: at least one, those with more first.
    public : tuple of str
        A place fits when it lists one of them, or lists nobody in particular.
    accueil : tuple of str
        A place fits only when it lists all of them; never relaxed.
    langue, fauteuil, contact, dispositif, source, exclure_source
        Filters; see `docs/search.md`.
    gratuit, sans_rdv, accompagnement, ouvert : tuple of str
        Several values are tried in the order of the relaxation: `oui` before `inconnu` before `conditions`.
    maj_depuis : int, optional
        Largest age of the data in months.
    a_distance, k, rayon, elargir, expliquer, champs, lang, f
        Size and form of the answer; `rayon` in kilometres, missing for an adaptive radius.

    Raises
    ------
    RequestError
        For an unknown parameter or value; a typing error never drops a filter in silence.

    Examples
    --------
    >>> Need(besoin="demarches", gratuit=True).gratuit
    ('oui',)
    >>> Need(besoin="cafe")
    Traceback (most recent call last):
    mediation_geo.errors.RequestError: besoin: unknown value 'cafe'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    lat: Annotated[float | None, BeforeValidator(_rounded), Field(ge=-90, le=90)] = None
    lon: Annotated[float | None, BeforeValidator(_rounded), Field(ge=-180, le=180)] = None
    q: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    code_insee: Annotated[str | None, Field(pattern=r"^(\d{2}|2[AB])\d{3}$")] = None
    code_postal: Annotated[str | None, Field(pattern=r"^\d{5}$")] = None
    besoin: Annotated[tuple[_Besoin, ...], _in_order("besoin", _slugs)] = ()
    services: Annotated[tuple[str, ...], _in_order("services", _known(SERVICES))] = ()
    besoin_requis: Literal["tous", "un"] = "tous"
    public: Annotated[tuple[_Public, ...], _in_order("public", _slugs)] = ()
    accueil: Annotated[tuple[_Accueil, ...], _in_order("accueil", _slugs)] = ()
    langue: Annotated[tuple[Literal["fr", "en", "autre"], ...], _in_order("langue", _slugs)] = ()
    fauteuil: Annotated[Literal["oui"] | None, BeforeValidator(_yes)] = None
    gratuit: Annotated[tuple[Literal["prefere", "oui", "inconnu", "conditions"], ...], _in_order("gratuit", _folded)] = (
        "prefere",
    )
    sans_rdv: Annotated[tuple[Literal["indifferent", "oui", "rdv"], ...], _in_order("sans_rdv", _folded)] = ("indifferent",)
    contact: Annotated[tuple[_Contact, ...], _in_order("contact", _folded)] = ()
    accompagnement: Annotated[tuple[_Accompagnement, ...], _in_order("accompagnement", _slugs)] = ()
    a_distance: Literal["exclure", "aussi", "seulement"] = "aussi"
    ouvert: Annotated[tuple[str, ...], BeforeValidator(_openings)] = ()
    maj_depuis: Annotated[int | None, Field(ge=1, le=120)] = None
    source: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()
    exclure_source: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()
    dispositif: Annotated[tuple[str, ...], _in_order("dispositif", _known(DISPOSITIFS))] = ()
    k: Annotated[int, Field(ge=1, le=50)] = 5
    rayon: Annotated[float | None, BeforeValidator(_radius), Field(ge=0.1, le=100)] = None
    elargir: Literal["auto", "jamais"] = "auto"
    expliquer: bool = True
    champs: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()
    lang: Literal["fr", "facile", "en"] = "fr"
    f: Literal["geojson", "json", "html", "txt", "csv", "vcf", "gpx"] = "geojson"

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _request_error(error) from None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        given = [names for names in _WHERE if any(getattr(self, name) is not None for name in names)]
        if len(given) > 1:
            raise RequestError(given[1][0], f"a position was already given by {given[0][0]}; give one")
        if (self.lat is None) != (self.lon is None):
            missing = "lat" if self.lat is None else "lon"
            raise RequestError(missing, "lat and lon go together")
        for name in self.champs:
            if name not in FIELDS_OF_A_FEATURE:
                raise RequestError("champs", f"unknown value {name!r}", allowed=FIELDS_OF_A_FEATURE)
        if "prefere" in self.gratuit and len(self.gratuit) > 1:
            raise RequestError("gratuit", "'prefere' orders and the other values filter; give one kind", allowed=ADMITTED["gratuit"])
        return self

    @classmethod
    def from_query(cls, pairs: Iterable[tuple[str, str]] | Mapping[str, str]) -> Self:
        """
        Need of the pairs of a web address or form; English names are accepted, an empty value is no value.

        Parameters
        ----------
        pairs : iterable of (str, str), or mapping
            In any order; a name may come several times where it takes a list.

        Raises
        ------
        RequestError
            For an unknown name or value, or a second value for a parameter that takes one.

        Examples
        --------
        >>> Need.from_query([("besoin", "demarches"), ("besoin", "emploi"), ("wheelchair", "yes")]).besoin
        ('demarches', 'emploi')
        >>> Need.from_query([("beson", "demarches")])
        Traceback (most recent call last):
        mediation_geo.errors.RequestError: beson: unknown parameter
        """
        gathered: dict[str, list[str]] = {}
        for name, value in pairs.items() if isinstance(pairs, Mapping) else pairs:
            field = ALIASES.get(name, name)
            if field not in cls.model_fields:
                raise RequestError(name, "unknown parameter", allowed=tuple(cls.model_fields))
            if value.strip():
                gathered.setdefault(field, []).append(value.strip())
        values: dict[str, Any] = {}
        for field, given in gathered.items():
            if field in _LISTS:
                values[field] = given
            elif len(set(given)) > 1:
                raise RequestError(field, "given more than once with different values")
            else:
                values[field] = given[0]
        return cls(**values)

    def require_position(self) -> str:
        """
        Name of the way the position was given: `lat`, `q`, `code_insee` or `code_postal`.

        Raises
        ------
        RequestError
            If no position was given.
        """
        for names in _WHERE:
            if getattr(self, names[0]) is not None:
                return names[0]
        raise RequestError("lat", "no position: give lat and lon, q, code_insee or code_postal")

    @property
    def services_asked(self) -> tuple[str, ...]:
        """Labels of all services asked, by need or by name, in the order of the standard."""
        asked = {BESOINS[each] for each in self.besoin} | {SERVICES[each] for each in self.services}
        return tuple(label for label in SERVICES.values() if label in asked)

    @property
    def depends_on_time(self) -> bool:
        """Whether the answer changes with the instant."""
        return bool(self.ouvert) or self.maj_depuis is not None

    def filter_key(self, at: datetime | None) -> tuple[object, ...]:
        """Hashable summary of everything that decides which places fit; equal keys select the same places."""
        moment: object = None
        if self.depends_on_time and at is not None:
            moment = at.replace(second=0, microsecond=0) if self.ouvert else at.date()
        return (*(getattr(self, name) for name in _FILTERS), moment)

    def asked(self) -> dict[str, Any]:
        """
        The question in normal form, without any position: what was asked and every default that had a say.

        Giving it back to `Need` asks the same question.

        Examples
        --------
        >>> need = Need(besoin="demarches", lat=48.8, lon=2.3)
        >>> Need(**need.asked()).asked() == need.asked(), "lat" in need.asked()
        (True, False)
        """
        shown: dict[str, Any] = {}
        for name in (*_FILTERS, "a_distance", "k", "rayon", "elargir"):
            value = getattr(self, name)
            if value not in ((), None):
                shown[name] = list(value) if isinstance(value, tuple) else value
        shown.setdefault("rayon", "adaptatif")
        return shown


_FILTERS = (
    "besoin", "services", "besoin_requis", "public", "accueil", "langue", "fauteuil", "gratuit", "sans_rdv", "contact",
    "accompagnement", "ouvert", "maj_depuis", "source", "exclure_source", "dispositif",
)  # fmt: skip

_LISTS = frozenset(
    {"besoin", "services", "public", "accueil", "langue", "gratuit", "sans_rdv", "contact", "accompagnement", "ouvert"}
    | {"source", "exclure_source", "dispositif", "champs"}
)


def _request_error(error: ValidationError) -> RequestError:
    first = error.errors(include_url=False)[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, RequestError):
        return cause
    name = str(first["loc"][0]) if first["loc"] else "need"
    if first["type"] == "extra_forbidden":
        return RequestError(name, "unknown parameter", allowed=tuple(Need.model_fields))
    allowed = ADMITTED.get(name, ())
    if name in _PRIVATE:
        return RequestError(name, "not a usable value", allowed=allowed)
    value = first["input"]
    shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
    return RequestError(name, f"unknown value {str(shown)[:60]!r}", allowed=allowed)
