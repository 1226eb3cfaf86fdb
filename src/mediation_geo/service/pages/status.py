"""What an operator, or anybody, may know of the service: which release, how old, where from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mediation_geo.service.snapshot import Snapshot

__all__ = ["status_of"]

# The national export is renewed nightly: data older than this is served, and said to be old.
_DEGRADED_DAYS = 45


def status_of(snapshot: Snapshot, *, failed_id: str | None) -> dict[str, Any]:
    """
    State of the service as plain data.

    Parameters
    ----------
    snapshot : Snapshot
        The release being served.
    failed_id : str or None
        A newer release that could not be loaded.
    """
    as_of = date.fromisoformat(str(snapshot.manifest.get("as_of", snapshot.id))[:10])
    age_days = (datetime.now(UTC).date() - as_of).days
    with_position = int(snapshot.places.has_geometry.sum())
    return {
        "etat": "degrade" if age_days > _DEGRADED_DAYS or failed_id else "normal",
        **snapshot.about(),
        "donnees_du": as_of.isoformat(),
        "age_jours": age_days,
        "lieux": len(snapshot.places),
        "lieux_situes": with_position,
        "instantane_illisible": failed_id,
        "sources": snapshot.manifest.get("sources", []),
        "comptes": snapshot.manifest.get("ledger", {}),
    }
