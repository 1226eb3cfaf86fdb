"""
Personal data in open files: nominative e-mail addresses, mobile numbers of persons, names beside a civility.

What is found is taken out of the record and masked in the issues, so that it reaches nothing that is published. A mobile phone is
often the only line of a bus or of a small association, so a mobile number alone is flagged but kept; it is taken out when a name
stands beside it, or when the place has a fixed line as well (see the rules for phones).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mediation_geo.ingest.apply import map_distinct
from mediation_geo.standard.fields import LIST_SEPARATOR
from mediation_geo.text import strip_accents

if TYPE_CHECKING:
    import pandas as pd

    from mediation_geo.ingest.clean.rules import IssueLog

__all__ = ["is_nominative", "mask_personal", "remove_nominative_emails", "remove_person_names"]

# Given names that are common in France; a local part made of one of them and another word names a person.
_GIVEN_NAMES_TEXT = """
adele adeline adrien agathe agnes aicha alain alban albert alex alexandra alexandre alexis alice alicia aline amandine
amelie amina anais andre andrea angelique anne annick annie anthony antoine antonin arnaud arthur astrid audrey aurelie
aurelien axel axelle baptiste barbara bastien beatrice benedicte benjamin benoit bernadette bernard berenice bertrand
blandine brigitte bruno camille carine carole caroline catherine cecile cedric celia celine chantal charlene charles
charlotte chloe christel christelle christian christiane christine christophe clara claire clarisse claude claudine
clemence clement clementine corentin corinne cyril damien daniel danielle david deborah delphine denis diane didier
dominique dorothee edith edouard elisa elisabeth elise elodie emeline emilie emma emmanuel emmanuelle eric estelle
etienne eva evelyne fabien fabienne fabrice fanny fatima fatiha florence florent florian florine franck francis francois
francoise frederic frederique gabriel gael gaelle gaetan genevieve georges gerald geraldine gerard ghislaine gilbert
gilles gregory guillaume guy gwenaelle helene henri herve hugo hugues ines ingrid irene isabelle jacqueline jacques jean
jeanne jennifer jeremie jeremy jerome jessica joel joelle johan johanna jonathan josephine josette josiane julia julie
julien juliette justine karim karine kevin khadija laetitia lara laura laure laurence laurent lea leila leo lena lionel
lisa loic louis louise luc lucas lucie lucien ludivine ludovic lydia lydie lydiane maelle magali malika manon marc
marcel margaux margot maria marianne marie marina marine marion marjorie marlene martial martin martine maryline maryse
mathias mathieu mathilde matthieu maud maurice maxence maxime melanie melissa michael michel michele michelle mickael
mireille mohamed monique morgan morgane muriel myriam nadege nadia nadine naima nathalie nathan nelly nicolas nicole
noemie nolwenn odile olivia olivier oceane pascal pascale patrice patricia patrick paul paula pauline perrine philippe
pierre quentin rachel rachid raphael raymond regine regis remi remy renaud rene richard robert robin roger roland romain
romane roselyne sabine sabrina salome samantha samia samir samuel sandra sandrine sarah sebastien serge severine simon
simone solene sonia sophie stephane stephanie steven suzanne sylvain sylviane sylvie teddy thibault thibaut thierry
thomas tiphaine valentin valentine valerie vanessa veronique victor victoria vincent virginie viviane wilfried xavier
yann yannick yasmina yves yvette yvonne yoann yohan zoe
"""
_GIVEN_NAMES = frozenset(_GIVEN_NAMES_TEXT.split())
# First parts of local parts that name a service although they look like a name.
_SERVICES_TEXT = """
accueil contact info infos mairie mediatheque bibliotheque secretariat direction service services espace centre maison
mission france franceservices conseiller conseillere conseil numerique epn cyber cyberbase ccas cias csc mjc msap pimms
point agence antenne association asso commune communaute ville bureau public social animation formation emploi insertion
jeunesse jeunes famille familles local locale fablab lab tiers coworking culture multimedia informatique administration
administratif saint sainte st ste notre la le les mpt bois
"""
_SERVICES = frozenset(_SERVICES_TEXT.split())
_PLACE_DOMAINS = frozenset({"france-services.gouv.fr", "france-service.gouv.fr", "pole-emploi.fr", "francetravail.fr"})
_MASK = "…"
_MOBILE = re.compile(r"(?<!\d)((?:\+|00)?(?:33|262|590|594|596)\s?(?:\(0\))?|0)([67])((?:[\s.\-/]?\d){8})(?!\d)")
_EMAIL = re.compile(r"[\w.+\-]+@[\w.\-]+\.\w{2,}")
_CIVILITY = re.compile(r"\b(?:M\.|Mr\.?|MR|Mme|MME|Melle|Mlle|Monsieur|Madame)\s+(?:[A-ZÉÈÀÂÎ][\w'’\-]+\s*){1,3}", re.UNICODE)


@lru_cache(maxsize=1 << 15)
def is_nominative(address: str) -> bool:
    """
    Whether an e-mail address names a person.

    Examples
    --------
    >>> [is_nominative(each) for each in ("marie.exemple@x.fr", "m.exemple@x.fr", "contact@x.fr", "mairie.exemple@x.fr")]
    [True, True, False, False]
    """
    local, _, domain = strip_accents(address).lower().partition("@")
    # There the local part is the name of the place, and towns have the names of saints and people.
    if domain in _PLACE_DOMAINS or any(char.isdigit() for char in local):
        return False
    parts = [part for part in re.split(r"[._]" if re.search(r"[._]", local) else "-", local) if part]
    if len(parts) != 2 or any(part.split("-")[0] in _SERVICES for part in parts):
        return False
    first, last = parts
    if first.split("-")[0] in _GIVEN_NAMES or last.split("-")[0] in _GIVEN_NAMES:
        return True
    return len(first) == 1 and len(last) >= 4 and "." in local


def remove_nominative_emails(frame: pd.DataFrame, *, log: IssueLog) -> pd.DataFrame:
    """Frame whose `courriels` name no person; what was taken out is in the issues, masked."""
    before = frame["courriels"]
    kept = map_distinct(before, _impersonal).astype("str")
    changed = before.notna() & ~kept.eq(before)
    log.add("email_nominative", rows=changed, field="courriels", value=map_distinct(before, mask_personal), corrected=kept)
    return frame.assign(courriels=kept)


def _impersonal(value: str) -> str | None:
    return LIST_SEPARATOR.join(each for each in value.split(LIST_SEPARATOR) if not is_nominative(each)) or None


def remove_person_names(frame: pd.DataFrame, *, fields: tuple[str, ...], log: IssueLog) -> pd.DataFrame:
    """Frame whose free texts hold no name after a civility, no nominative address and no mobile number."""
    columns = {}
    for field in fields:
        before = frame[field]
        after = map_distinct(before, _without_persons).astype("str")
        log.add("person_named", rows=before.notna() & ~after.eq(before), field=field, corrected=after)
        columns[field] = after
    return frame.assign(**columns)


def _without_persons(value: str) -> str:
    return mask_personal(_CIVILITY.sub(f"{_MASK} ", value))


def mask_personal(value: str) -> str:
    """
    Text with nominative addresses and mobile numbers made unreadable, for issues and free texts.

    Examples
    --------
    >>> mask_personal("Tél. 06 00 00 11 37, marie.exemple@x.fr, contact@x.fr")
    'Tél. 06…, …@x.fr, contact@x.fr'
    """
    if not any(char in value for char in "@67"):
        return value
    masked = _MOBILE.sub(rf"\1\2{_MASK}", value)
    return _EMAIL.sub(
        lambda found: f"{_MASK}@{found.group().partition('@')[2]}" if is_nominative(found.group()) else found.group(), masked
    )
