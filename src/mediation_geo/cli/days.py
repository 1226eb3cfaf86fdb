"""The one place where the command line reads the calendar: every stage below is told the day."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from mediation_geo.errors import RequestError

__all__ = ["day"]


def day(text: str | None) -> date:
    """Return the day named as YYYY-MM-DD, or today in Paris where none is named."""
    if text is None:
        return datetime.now(ZoneInfo("Europe/Paris")).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        msg = "--as-of"
        raise RequestError(msg, f"{text!r} is not a day; expected YYYY-MM-DD, for example 2026-01-31") from error
