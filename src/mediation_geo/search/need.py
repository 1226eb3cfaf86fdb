"""
The question a person asks, as one validated model for the library, the command, the web address and the OGC process.

Words in, a frozen `Need` out, or one error that names the parameter, the value and what is admitted. It never looks at
places, never geocodes, and never repeats an address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from mediation_geo.errors import RequestError
from mediation_geo.search.vocabulary import ADMITTED, ALIASES, BESOINS, DISPOSITIFS, FIELDS_OF_A_FEATURE, SERVICES
from mediation_geo.search.words import folded, in_order, known, openings, radius, rounded, slugs, words, yes

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["ADMITTED", "FILTERS", "MOST_PLACES", "Need"]

MOST_PLACES = 50

_WHERE = (("lat", "lon"), ("q",), ("code_insee",), ("code_postal",))
_positions = attrgetter("lat", "lon", "q", "code_insee", "code_postal")

# An address, or a position, never comes back in a message.
_PRIVATE = frozenset({"q", "lat", "lon"})

_Latitude = Annotated[float, Field(ge=-90, le=90)]
_Longitude = Annotated[float, Field(ge=-180, le=180)]
_Radius = Annotated[float, Field(ge=0.1, le=100)]
_SourceName = Annotated[str, Field(max_length=100)]
_Besoin = Literal["demarches", "apprendre", "acceder", "equiper", "emploi", "enfants", "securite", "comprendre", "creer"]
_Public = Literal["jeunes", "etudiants", "familles", "seniors", "femmes"]
_Accueil = Literal["illettrisme", "moteur", "mental", "surdite", "visuel"]
_Contact = Literal["telephone", "mail", "rdv_en_ligne", "prescription"]
_Accompagnement = Literal["individuel", "atelier", "autonomie", "distance", "indifferent", "~indifferent"]
_Fee = Literal["prefere", "oui", "inconnu", "conditions", "~inconnu", "~conditions"]
_WalkIn = Literal["indifferent", "oui", "rdv", "~rdv"]


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
        `tous`: a place offers every need; `un`: at least one; `~un`: at least one, but those with more first.
    public : tuple of str
        A place fits when it lists one of them, or lists nobody in particular.
    accueil : tuple of str
        A place fits only when it lists all of them; never relaxed.
    langue, fauteuil, contact, dispositif, source, exclure_source
        Filters; see `docs/search.md`.
    gratuit, sans_rdv, accompagnement, ouvert : tuple of str
        Listed values are alternatives; those marked `~` are accepted failing the others, and rank after them.
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

    lat: Annotated[_Latitude | None, BeforeValidator(rounded)] = None
    lon: Annotated[_Longitude | None, BeforeValidator(rounded)] = None
    q: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    code_insee: Annotated[str, Field(pattern=r"^(\d{2}|2[AB])\d{3}$")] | None = None
    code_postal: Annotated[str, Field(pattern=r"^\d{5}$")] | None = None
    besoin: Annotated[tuple[_Besoin, ...], in_order("besoin", slugs)] = ()
    services: Annotated[tuple[str, ...], in_order("services", known(SERVICES))] = ()
    besoin_requis: Literal["tous", "un", "~un"] = "tous"
    public: Annotated[tuple[_Public, ...], in_order("public", slugs)] = ()
    accueil: Annotated[tuple[_Accueil, ...], in_order("accueil", slugs)] = ()
    langue: Annotated[tuple[Literal["fr", "en", "autre"], ...], in_order("langue", slugs)] = ()
    fauteuil: Annotated[Literal["oui"] | None, BeforeValidator(yes)] = None
    gratuit: Annotated[tuple[_Fee, ...], in_order("gratuit", folded)] = ("prefere",)
    sans_rdv: Annotated[tuple[_WalkIn, ...], in_order("sans_rdv", folded)] = ("indifferent",)
    contact: Annotated[tuple[_Contact, ...], in_order("contact", folded)] = ()
    accompagnement: Annotated[tuple[_Accompagnement, ...], in_order("accompagnement", slugs)] = ()
    a_distance: Literal["exclure", "aussi", "seulement"] = "aussi"
    # A half-day for each slot of a week: every opening is one look at all schedules.
    ouvert: Annotated[tuple[str, ...], Field(max_length=14), BeforeValidator(openings)] = ()
    maj_depuis: Annotated[int, Field(ge=1, le=120)] | None = None
    source: Annotated[tuple[_SourceName, ...], Field(max_length=20), BeforeValidator(words)] = ()
    exclure_source: Annotated[tuple[_SourceName, ...], Field(max_length=20), BeforeValidator(words)] = ()
    dispositif: Annotated[tuple[str, ...], in_order("dispositif", known(DISPOSITIFS))] = ()
    k: Annotated[int, Field(ge=1, le=MOST_PLACES)] = 5
    rayon: Annotated[_Radius | None, BeforeValidator(radius)] = None
    elargir: Literal["auto", "jamais"] = "auto"
    expliquer: bool = True
    champs: Annotated[tuple[str, ...], BeforeValidator(words)] = ()
    lang: Literal["fr", "facile", "en"] = "fr"
    f: Literal["geojson", "json", "html", "txt", "csv", "vcf", "gpx"] = "geojson"

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _request_error(error) from None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        lat, lon, *others = _positions(self)
        if any(other is not None for other in others):
            given = [names for names in _WHERE if any(getattr(self, name) is not None for name in names)]
            if len(given) > 1:
                raise RequestError(parameter=given[1][0], message=f"a position was already given by {given[0][0]}; give one")
        if (lat is None) != (lon is None):
            missing = "lat" if lat is None else "lon"
            raise RequestError(parameter=missing, message="lat and lon go together")
        for name in self.champs:
            if name not in FIELDS_OF_A_FEATURE:
                raise RequestError(parameter="champs", message=f"unknown value {name!r}", allowed=FIELDS_OF_A_FEATURE)
        if "prefere" in self.gratuit and len(self.gratuit) > 1:
            raise RequestError(
                parameter="gratuit",
                message="'prefere' orders and the other values filter; give one kind",
                allowed=ADMITTED["gratuit"],
            )
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
            if field not in _NAMES:
                raise RequestError(parameter=name, message="unknown parameter", allowed=_NAMES)
            if value.strip():
                gathered.setdefault(field, []).append(value.strip())
        values: dict[str, Any] = {}
        for field, given in gathered.items():
            if field in _LISTS:
                values[field] = given
            elif len(set(given)) > 1:
                raise RequestError(parameter=field, message="given more than once with different values")
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
        raise RequestError(parameter="lat", message="no position: give lat and lon, q, code_insee or code_postal")

    @cached_property
    def services_asked(self) -> tuple[str, ...]:
        """Labels of all services asked, by need or by name, in the order of the standard."""
        asked = {BESOINS[each] for each in self.besoin} | {SERVICES[each] for each in self.services}
        return tuple(label for label in SERVICES.values() if label in asked)

    @property
    def has_alternatives(self) -> bool:
        """Whether some value, marked `~`, is only accepted failing others."""
        # Not kept: a copy with other values would take it along.
        return "~" in "".join((*self.gratuit, *self.sans_rdv, *self.accompagnement, *self.ouvert, self.besoin_requis))

    @property
    def depends_on_time(self) -> bool:
        """Whether the answer changes with the instant."""
        return bool(self.ouvert) or self.maj_depuis is not None

    def filter_key(self, at: datetime | None) -> tuple[object, ...]:
        """Hashable summary of everything that decides which places fit; equal keys select the same places."""
        moment: object = None
        if self.depends_on_time and at is not None:
            moment = at.replace(second=0, microsecond=0) if self.ouvert else at.date()
        return (*_filter_values(self), moment)

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
        shown = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in zip(_ASKED, _asked_values(self), strict=True)
            if value is not None and value != ()
        }
        shown.setdefault("rayon", "adaptatif")
        return shown


_NAMES = tuple(Need.model_fields)

# What decides which places fit.
FILTERS = (
    "besoin", "services", "besoin_requis", "public", "accueil", "langue", "fauteuil", "gratuit", "sans_rdv", "contact",
    "accompagnement", "ouvert", "maj_depuis", "source", "exclure_source", "dispositif",
)  # fmt: skip
_ASKED = (*FILTERS, "a_distance", "k", "rayon", "elargir")

# One call for many attributes: these are asked for several times in every question.
_filter_values, _asked_values = attrgetter(*FILTERS), attrgetter(*_ASKED)

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
        return RequestError(name, "unknown parameter", allowed=_NAMES)
    allowed = ADMITTED.get(name, ())
    if name in _PRIVATE:
        return RequestError(name, "not a usable value", allowed=allowed)
    value = first["input"]
    shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
    return RequestError(name, f"unknown value {str(shown)[:60]!r}", allowed=allowed)
