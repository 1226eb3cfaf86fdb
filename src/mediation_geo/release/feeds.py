"""
Changes for people and feed readers: an NDJSON file, a French page, an Atom feed for the country and one for each département.

Releases of one folder go in, a folder of files comes out. A feed tells the last few releases, newest first; the day of the
release is its date, so the same releases always give the same bytes.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import jinja2

from mediation_geo.release.changes import KINDS, changes_between, changes_to_ndjson
from mediation_geo.release.exports.flat import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from mediation_geo.release.reading import Release


__all__ = ["NAMESPACE", "Step", "steps", "tell", "write_changes"]

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://mediation-geo/changements")
LINES_OF_A_KIND = 200
ENTRIES_OF_A_FEED = 500


@dataclass(frozen=True, slots=True)
class Step:
    """
    From one release to the next.

    Attributes
    ----------
    release, previous : str
        Ids of the two.
    day : str
        Day of the later one.
    demo : bool
        Whether the later one is invented.
    changes : pandas.DataFrame
        Layout `CHANGES`.
    """

    release: str
    previous: str
    day: str
    demo: bool
    changes: pd.DataFrame

    def within(self, code: str) -> Step:
        """Return the part of it that lies in one département."""
        return replace(self, changes=self.changes[self.changes["code_departement"].eq(code)].reset_index(drop=True))

    def ndjson(self) -> bytes:
        """Return the changes as NDJSON, one object a line."""
        return changes_to_ndjson(self.changes, release_id=self.release, previous_id=self.previous)

    def lines(self) -> list[str]:
        """Return a French line for each kind with its number, and one for each change below it."""
        told = [f"{self.previous} → {self.release} : {len(self.changes)} changements"]
        for kind, title in KINDS.items():
            rows = _rows(self.changes, change=kind)
            if rows:
                told += [f"{title} : {len(rows)}", *(f"  {line(row)}" for row in rows)]
        return told


def tell(before: Release, after: Release) -> Step:
    """Changes from one release to a later one."""
    return Step(
        release=after.id,
        previous=before.id,
        day=after.manifest["as_of"],
        demo=bool(after.manifest.get("demo")),
        changes=changes_between(before.places, after.places),
    )


def steps(releases: Sequence[Release]) -> list[Step]:
    """Changes from each release to the next one, newest first, of releases that come oldest first."""
    return [tell(before, after) for before, after in zip(reversed(releases[:-1]), reversed(releases[1:]), strict=True)]


def write_changes(told: Sequence[Step], out: Path, *, base_url: str = "") -> None:
    """
    Write the page and the NDJSON of the newest step, and the feeds of all of them, into a folder.

    Parameters
    ----------
    told : sequence of Step
        Newest first; at least one.
    out : pathlib.Path
        Folder; made if needed.
    base_url : str
        Public address of that folder; without it feeds do not name themselves, which readers tolerate.
    """
    newest = told[0]
    (out / "departements").mkdir(parents=True, exist_ok=True)
    (out / "changements.ndjson").write_bytes(newest.ndjson())
    codes = sorted({code for step in told for code in step.changes["code_departement"].dropna()})
    (out / "changements.html").write_text(_page(newest, codes), encoding="utf-8")
    (out / "changements.atom").write_text(_feed(told, None, _address(base_url, "changements.atom")), encoding="utf-8")
    for code in codes:
        name = f"departements/{code}.atom"
        (out / name).write_text(_feed(told, code, _address(base_url, name)), encoding="utf-8")


def _page(step: Step, codes: Sequence[str]) -> str:
    kinds = [
        {"name": name, "title": title, "rows": [{"line": line(row)} for row in _rows(step.changes, change=name)]}
        for name, title in KINDS.items()
    ]
    return _template("changements.html").render(
        release=step.release, previous=step.previous, demo=step.demo, kinds=kinds, departements=codes, limit=LINES_OF_A_KIND
    )


def _feed(told: Sequence[Step], code: str | None, self_url: str) -> str:
    entries = [entry for step in told for entry in _entries(step, code)]
    where = "France" if code is None else f"département {code}"
    return _template("changements.atom").render(
        feed_id=_urn("feed", code or "france"),
        title=f"Lieux de médiation numérique, changements : {where}",
        updated=_moment(told[0].day),
        self_url=self_url,
        entries=entries[:ENTRIES_OF_A_FEED],
    )


def _entries(step: Step, code: str | None) -> list[dict[str, str]]:
    rows = _rows(step.changes) if code is None else _rows(step.changes, code_departement=code)
    demo = "[DÉMONSTRATION] " if step.demo else ""
    return [
        {
            "id": _urn(step.release, row["change"], row["place_id"]),
            "title": printable(f"{demo}{KINDS[row['change']]} : {row['nom'] or row['place_id']}"),
            "updated": _moment(step.day),
            "kind": row["change"],
            "text": printable(line(row)),
        }
        for row in rows
    ]


def line(row: dict[str, Any]) -> str:
    """
    One French line that tells a change.

    Examples
    --------
    >>> line({"change": "hours", "place_id": "p", "nom": "Mairie", "commune": "Lodève", "before": None, "after": "24/7"})
    'Mairie, Lodève (p) : inconnu → 24/7'
    """
    where = ", ".join(part for part in (row["nom"], row["commune"]) if part)
    told = {
        "merged": lambda: f" : voir {row['other_place_id']}",
        "split": lambda: f" : séparé de {row['other_place_id']}",
        "moved": lambda: f" : de {row['distance_m']:.0f} m" if row["distance_m"] is not None else "",
        "renamed": lambda: f" : {row['before'] or 'inconnu'} → {row['after'] or 'inconnu'}",
        "hours": lambda: f" : {row['before'] or 'inconnu'} → {row['after'] or 'inconnu'}",
        "contact": lambda: f" : {row['after']}",
    }
    detail = told[row["change"]]() if row["change"] in told else ""
    return f"{where} ({row['place_id']}){detail}".strip()


def _rows(changes: pd.DataFrame, **equal: str) -> list[dict[str, Any]]:
    for column, value in equal.items():
        changes = changes[changes[column].eq(value)]
    known = changes.astype(object).where(changes.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in known.to_dict(orient="records")]


def _template(name: str) -> jinja2.Template:
    loader = jinja2.PackageLoader("mediation_geo.release", "templates")
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined).get_template(name)


def _urn(*parts: str) -> str:
    return uuid.uuid5(NAMESPACE, "/".join(parts)).urn


def _moment(day: str) -> str:
    return f"{day}T00:00:00Z"


def _address(base_url: str, name: str) -> str:
    return f"{base_url.rstrip('/')}/{name}" if base_url else ""
