"""What an operator, or anybody, may know of the service: which release, how old, where from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from mediation_geo.release import refused_path
from mediation_geo.release.remote.state import mirror_state

if TYPE_CHECKING:
    from pathlib import Path

    from mediation_geo.service.snapshot import Snapshot

__all__ = ["status_of"]

# The national export is renewed nightly: data older than this is served, and said to be old.
_DEGRADED_DAYS = 45
# Nobody looked at the store for so long: whoever should is gone.
_SILENT_S = 900


def status_of(snapshot: Snapshot, *, failed_id: str | None, directory: Path) -> dict[str, Any]:
    """
    State of the service as plain data.

    Parameters
    ----------
    snapshot : Snapshot
        The release being served.
    failed_id : str or None
        A newer release that could not be loaded.
    directory : Path
        Folder of releases, which may be the copy of a store.
    """
    store = _store_status(directory)
    as_of = date.fromisoformat(str(snapshot.manifest.get("as_of", snapshot.id))[:10])
    age_days = (datetime.now(UTC).date() - as_of).days
    with_position = int(snapshot.places.has_geometry.sum())
    held = snapshot.manifest.get("held", [])
    refused = refused_path(directory)
    # A day in Paris may not have begun in UTC; data from later than that mean that a clock is wrong.
    wrong_age = age_days > _DEGRADED_DAYS or age_days < -1
    troubled = wrong_age or failed_id or held or refused or _is_troubled(store)
    return {
        "etat": "degrade" if troubled else "normal",
        **snapshot.about(),
        "donnees_du": as_of.isoformat(),
        "age_jours": age_days,
        "lieux": len(snapshot.places),
        "lieux_situes": with_position,
        "instantane_illisible": failed_id,
        "magasin": store,
        "construction_refusee": refused.name if refused else None,
        "sources_retenues": [
            {"source": each["source"], "depuis": each["since"], "raison": each["why"], "remplacee_par": each["kept"]}
            for each in held
        ],
        "sources": snapshot.manifest.get("sources", []),
        "comptes": snapshot.manifest.get("ledger", {}),
    }


def _store_status(directory: Path) -> dict[str, Any] | None:
    """How the store stands of which this folder is a copy; None where there is none."""
    state = mirror_state(directory)
    if state is None:
        return None
    since = state.failing_since
    if since is None and state.checked is not None:
        silent_s = (datetime.now(UTC) - datetime.fromisoformat(state.checked)).total_seconds()
        since = state.checked if silent_s > _SILENT_S else None
    # Why is for the log of the operator: here anybody reads.
    return {"dernier_controle": state.checked, "injoignable_depuis": since, "instantane_refuse": state.refused}


def _is_troubled(store: dict[str, Any] | None) -> bool:
    return store is not None and bool(store["injoignable_depuis"] or store["instantane_refuse"])
