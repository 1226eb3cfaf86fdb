"""Releases in a store beyond this machine: sent there with the pointer last, followed from there by any number of replicas."""

from __future__ import annotations

from mediation_geo.release.remote.mirror import Mirror
from mediation_geo.release.remote.state import MirrorState, mirror_state
from mediation_geo.release.remote.store import Store, is_store_address, shown_address
from mediation_geo.release.remote.upload import send_release

__all__ = [
    "Mirror",
    "MirrorState",
    "Store",
    "is_store_address",
    "mirror_state",
    "send_release",
    "shown_address",
]
