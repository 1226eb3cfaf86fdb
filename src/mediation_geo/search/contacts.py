"""
Which phone and e-mail of a place the public sees: an office's before a person's.

A phone and e-mails in, what may be shown out. What looks personal is hidden while the place can be reached otherwise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PERSONAL_PHONE", "VisibleContacts", "is_nominative", "visible_contacts"]

_TWO_WORDS = re.compile(r"^([a-z]+)[._-]([a-z]+)$")
# Mobile numbers of the mainland and overseas.
PERSONAL_PHONE = re.compile(r"^\+(?:33[67]|590690|590691|594694|596696|596697|262692|262693|262639)")

# Words of the local part of an address that belong to an office, so that `france.services@` is not taken for a person.
_OFFICE_WORDS = frozenset(
    " ".join(
        (
            "accueil administration agence antenne asso association atelier ateliers biblio bibliotheque bureau ccas centre",
            "cias client collectivite com communaute commune communication conseil conseiller conseillers contact",
            "coordination csc culture cyber cyberbase departement dir direction emploi enfance epn espace fablab famille",
            "formation france ft hotel inclusion info infos insertion jeunes jeunesse la le les local ludo maire mairie",
            "maison mde media mediatheque mediation mission mjc msap msd multi multimedia numerique pij pimms point pole",
            "public relais reseau saint sainte secretariat secteur service services sivom social solidarite st ste support",
            "territoire tourisme ville villes",
        )
    ).split()
)


class VisibleContacts(NamedTuple):
    """What may be shown, and the names of what was hidden."""

    phone: str | None
    mail: str | None
    hidden: tuple[str, ...]


def visible_contacts(phone: str | None, mails: Sequence[str]) -> VisibleContacts:
    """
    Phone and e-mail of a place as the public sees them.

    Examples
    --------
    >>> visible_contacts("+33467000000", ["prenom.nom@exemple.fr"])
    VisibleContacts(phone='+33467000000', mail=None, hidden=('courriel',))
    >>> visible_contacts(None, ["prenom.nom@exemple.fr"]).mail
    'prenom.nom@exemple.fr'
    """
    office_mails = [mail for mail in mails if not is_nominative(mail)]
    personal = phone is not None and PERSONAL_PHONE.match(phone) is not None
    if office_mails:
        return VisibleContacts(None if personal else phone, office_mails[0], ("telephone",) if personal else ())
    if phone is not None:
        return VisibleContacts(phone, None, ("courriel",) if mails else ())
    return VisibleContacts(None, mails[0] if mails else None, ())


def is_nominative(mail: str) -> bool:
    """
    Whether an e-mail address looks like that of a person: two words, none of which belongs to an office.

    Examples
    --------
    >>> is_nominative("prenom.nom@exemple.fr"), is_nominative("france.services@exemple.fr"), is_nominative("mairie@exemple.fr")
    (True, False, False)
    """
    found = _TWO_WORDS.match(mail.split("@")[0].lower())
    return found is not None and not _OFFICE_WORDS.intersection(found.groups())
