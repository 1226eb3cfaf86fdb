"""Opening hours (first version: valid OSM values are kept)."""

from __future__ import annotations

import pandas as pd

from mediation_geo.ingest.clean.rules import IssueLog

__all__ = ["clean_hours"]


def clean_hours(frame: pd.DataFrame, *, log: IssueLog) -> pd.Series:
    """Hours in OSM syntax."""
    return frame["horaires"]
