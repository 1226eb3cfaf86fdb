"""Laws that every rule obeys, and what rules do to values from reality."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mediation_geo.ingest.clean import address, contact, dates, identifiers, name, text, web
from mediation_geo.ingest.clean.rules import Check, IssueLog, Repair, clean_column
from mediation_geo.ingest.clean.typology import typologies_in_name
from mediation_geo.standard import issue_codes

RULES = {
    rule.code: rule
    for rules in (
        text.LINE_RULES,
        text.PARAGRAPH_RULES,
        name.NAME_RULES,
        address.ADDRESS_RULES,
        address.COMMUNE_RULES,
        contact.PHONE_RULES,
        web.EMAIL_RULES,
        web.SINGLE_URL_RULES,
        identifiers.PIVOT_RULES,
        identifiers.POSTCODE_RULES,
        identifiers.COMMUNE_CODE_RULES,
        dates.DATE_RULES,
    )
    for rule in rules
}
REPAIRS = [rule for rule in RULES.values() if isinstance(rule, Repair)]
# Pieces that the rules react to, so that hypothesis meets their branches.
_PIECES = """0 00 12 2, bis ter rue de la avenue AV. 33500 LIBOURNE cedex CEDEX 2 (fermé) (closed) St Ste - – / ; | , .
: " ' « » =
    @ + <b> </b> <script> & &amp; &lt;
    06 02 41 73 44 22 +33 (0)1 3949 3230 ou et contact @ x.fr www. http:// https// javascript: mailto: 9h 12h30 lundi au
    vendredi fermé BP 123 CS FRANCE France null
    1970-01-01 15/03/2021 2022-09-28 11:05:08 20210315 1657202284 MAIRIE Médiathèque MEDIATHEQUE L'ISLE d'Arc \ufffd \u202f
    \x92 \x00 Ã© 2A004 4070 73282932000074 W751234567
    7.92E+13 .0 Paris 11e arrondissement"""
PIECES = st.sampled_from(_PIECES.split())
TEXTS = st.one_of(
    st.lists(PIECES, min_size=1, max_size=7).map(" ".join), st.lists(PIECES, max_size=5).map("".join), st.text(max_size=40)
)


@pytest.mark.parametrize("rule", REPAIRS, ids=lambda rule: rule.code)
@given(value=TEXTS.filter(bool), context=st.sampled_from(["", "33500", "97490", "98800", "2 rue de la Paix"]))
def test_repairing_a_repaired_value_changes_nothing(rule, value, context):
    once = _run(rule, value, context)
    if once:
        assert _run(rule, once, context) == once


def _run(rule, value, context):
    # Dates are checked after they were parsed.
    if rule.code == "date_impossible" and dates.remove_unreadable_date(value) is None:
        return None
    return rule.function(value, context)


@pytest.mark.parametrize("code", sorted(RULES))
def test_every_rule_has_a_french_sentence_for_the_producer(code):
    assert issue_codes()[code].stage == "ingest"


@given(st.lists(st.one_of(st.none(), TEXTS), max_size=8), st.randoms(use_true_random=False))
def test_a_column_is_cleaned_value_by_value_whatever_the_order(values, random):
    shuffled = list(range(len(values)))
    random.shuffle(shuffled)
    column = pd.Series(values, dtype="str")
    rules = (*text.LINE_RULES, *name.NAME_RULES)
    straight, _ = _cleaned(column, rules)
    turned, _ = _cleaned(column.iloc[shuffled], rules)
    assert straight.fillna("·").to_dict() == turned.fillna("·").to_dict()


@given(st.lists(TEXTS.filter(bool), min_size=1, max_size=8))
def test_each_change_is_in_the_issues_with_before_and_after(values):
    column = pd.Series(values, dtype="str")
    clean, issues = _cleaned(column, text.LINE_RULES)
    for row, (before, after) in enumerate(zip(column, clean, strict=True)):
        own = issues[issues["record_id"].eq(f"x/{row}")]
        if isinstance(after, str) and after == before:
            assert own[own["corrected"].notna()].empty
        else:
            assert before in set(own["value"])


def _cleaned(column, rules):
    log = IssueLog("x", pd.Series([f"x/{label}" for label in column.index], index=column.index, dtype="str"))
    return clean_column(column, rules, field="nom", log=log), log.table()


def _after(rules, value, context=""):
    for rule in rules:
        if isinstance(rule, Check):
            continue
        value = rule.function(value, context)
        if not value:
            return None
    return value


@pytest.mark.parametrize(
    ("value", "postcode", "expected"),
    [
        ("02 41 73 44 22", "49000", "+33241734422"),
        ("05.55.69.41.11", "87000", "+33555694111"),
        ("556376895", "33000", "+33556376895"),
        ("33556376895", "33000", "+33556376895"),
        ("+33(0)5 56 37 68 95", "", "+33556376895"),
        ("00 33 5 56 37 68 95", "", "+33556376895"),
        ("05/56/37/68/95", "33000", "+33556376895"),
        ("Tél. 05 56 37 68 95 (accueil)", "33000", "+33556376895"),
        ("02 41 43 16 15 / 02 44 01 07 31", "49000", "+33241431615"),
        ("06 00 00 11 37 ou 02 41 43 16 15", "49000", "+33241431615"),
        ("0262 28 07 91", "97429", "+262262280791"),
        ("+262 2 62 28 07 91", "97429", "+262262280791"),
        ("0596 78 00 40", "97221", "+596596780040"),
        ("0590 00 00 00", "97110", "+590590000000"),
        ("0594 30 00 00", "97300", "+594594300000"),
        ("+269269601282", "97600", "+262269601282"),
        ("47 12 71", "98860", "+687471271"),
        ("+687471271", "98860", "+687471271"),
        ("3949", "33000", "+33177863949"),
        ("3960 (Service 0,06 €/mn + prix appel)", "59000", "+33971103960"),
        ("+3315873272", "75011", None),
        ("+687", "98800", None),
        ("00 00 00 00 00", "75001", None),
        ("0000000000", "", None),
        ("voir le site", "75001", None),
        ("12345678901234567890", "", None),
    ],
)
def test_phones_become_numbers_that_can_be_dialled_from_everywhere(value, postcode, expected):
    assert _after(contact.PHONE_RULES, value, postcode) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Accueil@Mairie.FR", "accueil@mairie.fr"),
        ("mailto:accueil@x.fr", "accueil@x.fr"),
        ("accueil [at] x.fr", "accueil@x.fr"),
        ("a@x.fr ; b@x.fr", "a@x.fr|b@x.fr"),
        ("info@x.fr / contact@y.net", "info@x.fr|contact@y.net"),
        ("médiathèque@x.fr", "mediatheque@x.fr"),
        ("accueil@@x.fr", "accueil@x.fr"),
        ("accueil@x .fr", "accueil@x.fr"),
        ("www.x.fr", None),
        ("accueil@x", None),
        ("---", None),
    ],
)
def test_e_mails_are_found_in_their_cell(value, expected):
    assert _after(web.EMAIL_RULES, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("www.x.fr", "http://www.x.fr"),
        ("https//www.x.fr/a", "https://www.x.fr/a"),
        ("http:/x.fr", "http://x.fr"),
        ("http://http://x.fr", "http://x.fr"),
        ("http://www,x.fr", "http://www.x.fr"),
        ("http://x.fr;http://y.fr", "http://x.fr|http://y.fr"),
        ("http://x.frhttp://y.fr", "http://x.fr|http://y.fr"),
        ("https://x.fr/page?a=1&b=2#c", "https://x.fr/page?a=1&b=2#c"),
        ("https://médiathèque.fr", "https://xn--mdiathque-53af.fr"),
        ("https://x.fr/déjà", "https://x.fr/d%C3%A9j%C3%A0"),
        (
            "https://outlook.example/owa/calendar/LIEU@x.onmicrosoft.com/bookings/",
            "https://outlook.example/owa/calendar/LIEU@x.onmicrosoft.com/bookings/",
        ),
        ("javascript:alert(1)", None),
        ("data:text/html;base64,PHNjcmlwdD4=", None),
        ("JaVaScRiPt://x.fr/%0aalert(1)", None),
        ("http://user:pass@x.fr", None),
        ("Facebook", None),
        ("contact@x.fr", None),
    ],
)
def test_web_addresses_open_in_a_browser_and_run_nothing(value, expected):
    assert _after(web.URL_RULES, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2022-09-28 11:05:08", "2022-09-28"),
        ("2022-09-28T11:05:08.000Z", "2022-09-28"),
        ("05/03/2021", "2021-03-05"),
        ("5/3/2019", "2019-03-05"),
        ("2021/03/02 10:38:29.765", "2021-03-02"),
        ("15-03-2021", "2021-03-15"),
        ("Espace labellisé 01/02/2020", "2020-02-01"),
        ("1er mars 2021", "2021-03-01"),
        ("1657202284", "2022-07-07"),
        ("44634", "2022-03-14"),
        ("20210315", "2021-03-15"),
        ("1970-01-01", None),
        ("01/01/1970", None),
        ("31/02/2020", None),
        ("2018", None),
        ("hier", None),
    ],
)
def test_dates_are_read_and_unknown_ones_stay_unknown(value, expected):
    assert _after(dates.DATE_RULES, value) == expected


@pytest.mark.parametrize(
    ("value", "postcode", "expected"),
    [
        ("732 829 320 00074", "", "73282932000074"),
        ("22\u202f630\u202f001\u202f000\u202f262", "63200", "22630001000262"),
        ("73282932000074.0", "", "73282932000074"),
        ("W751234567", "", "W751234567"),
        ("36750100000000", "", None),
        ("7.92E+13", "", None),
        ("732829320", "", None),
        ("73282932000075", "", None),
        ("NICE", "", None),
        ("1234567", "98800", "1234567"),
    ],
)
def test_identifiers_are_kept_only_when_they_can_be_right(value, postcode, expected):
    assert _after(identifiers.PIVOT_RULES, value, postcode) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("6830", "06830"),
        ("38000.0", "38000"),
        ("33 000", "33000"),
        ("F-33000", "33000"),
        ("97490", "97490"),
        ("NICE", None),
        ("00000", None),
    ],
)
def test_postcodes_get_their_zero_back(value, expected):
    assert _after(identifiers.POSTCODE_RULES, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2, rue Duclaux", "2 rue Duclaux"),
        ("0 Rue X", "Rue X"),
        ("null rue de la Paix", "rue de la Paix"),
        ("8 rue de la Boétie -", "8 rue de la Boétie"),
        ("12 bis, rue X", "12 bis rue X"),
        ("1 place du 11 Novembre", "1 place du 11 Novembre"),
    ],
)
def test_street_lines_lose_what_is_no_part_of_them(value, expected):
    assert _after(address.ADDRESS_RULES, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("LIBOURNE CEDEX 2", "LIBOURNE"),
        ("Paris 11e", "Paris"),
        ("Lyon 7e arrondissement", "Lyon"),
        ("ST BRICE", "SAINT-BRICE"),
        ("Ste-Livrade", "Sainte-Livrade"),
        ("Saint-Denis (974)", "Saint-Denis"),
        ("33500 Libourne", "Libourne"),
        ("62300", None),
    ],
)
def test_towns_are_only_towns(value, expected):
    assert _after(address.COMMUNE_RULES, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("MEDIATHEQUE MUNICIPALE", "Médiathèque Municipale"),
        ("CENTRE SOCIAL DU VAL D'AURON", "Centre Social du Val d'Auron"),
        ("CCAS DE ROANNE", "CCAS de Roanne"),
        ("CLUB BRINON-SUR-SAULDRE", "Club Brinon-sur-Sauldre"),
        ("MJC", "MJC"),
        ("Mairie", "Mairie"),
        ("Wifi", None),
        ('"Le 139"', "Le 139"),
    ],
)
def test_names_read_like_names(value, expected):
    assert _after(name.NAME_RULES, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<p>Accueil</p> &amp; caf&eacute;", "Accueil & café"),
        ("<script>alert(1)</script>Bus", "Bus"),
        ("<scr<script>ipt>alert(1)</script>", "scr"),
        ("<img src=x onerror=alert(1)>Mairie", "Mairie"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Mairie", "Mairie"),
        ("=cmd|' /C calc'!A0", "cmd|' /C calc'!A0"),
        ("@SUM(1+1)", "SUM(1+1)"),
        ("Biblioth\ufffdque", "Bibliothèque"),
        ("MÃ©diathÃ¨que", "Médiathèque"),
        ("Mairie\x00\u202e", "Mairie"),
        ("#N/D", None),
        ("Les 3 < 4 & Cie", "Les 3 < 4 & Cie"),
    ],
)
def test_text_carries_no_markup_formula_or_damage(value, expected):
    assert _after(text.LINE_RULES, value) == expected


@given(TEXTS)
@example("<<b>script>alert(1)<</b>/script>")
@example("&amp;lt;script&amp;gt;")
@example("<svg/onload=alert(1)>")
def test_no_tag_survives_in_any_text(value):
    clean = _after(text.LINE_RULES, value) or ""
    assert not any(
        clean[at + 1 : at + 2].isalpha() or clean[at + 1 : at + 2] in {"/", "!", "?"}
        for at, char in enumerate(clean)
        if char == "<" and at + 1 < len(clean)
    )


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("COMMUNE DES TROIS-ILETS", "MUNI"),
        ("Ville du Robert", "MUNI"),
        ("Communauté des communes Côte Landes Nature", "CC"),
        ("Centre communal d'action social", "CCAS"),
        ("C.C.A.S de Chantilly", "CCAS"),
        ("Chambre départementale d'agriculture du Lot", "CCONS"),
        ("Maison des Services au Public de Port-de-Bouc", "MSAP"),
        ("Maison de jeunes et la culture du pays", "MJC"),
        ("Info Jeunes", "PIJ_BIJ"),
        ("UDAF65", "UDAF"),
    ],
)
def test_the_kind_of_a_place_is_read_from_its_name_however_it_is_written(name, code):
    assert code in typologies_in_name(name)


@pytest.mark.parametrize("name", ["Communes associées", "Maison de la ville", "Info service", "Chambre d'hôtes"])
def test_names_that_only_sound_alike_give_no_kind(name):
    assert typologies_in_name(name) == ()
