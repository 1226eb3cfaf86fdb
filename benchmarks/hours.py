"""
Opening hours of the real files: how many can be read as they are, and after the repair pass.

`python benchmarks/hours.py` prints both shares for every row that has hours and for every distinct text, the rules that were
needed, and the time one minute's evaluation of all distinct schedules takes. The files are looked for in ../shared/data/places.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import opening_hours
import pandas as pd

from mediation_geo.search.hours import HoursBook
from mediation_geo.search.repair import repair_hours

PLACES = Path(__file__).resolve().parents[2] / "shared" / "data" / "places"


def texts() -> Counter[str]:
    """Return every `horaires` of the published and official files, with how often it occurs."""
    found: Counter[str] = Counter()
    for path in sorted(PLACES.rglob("*.json")):
        rows = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(rows, list):
            found.update(str(row["horaires"]) for row in rows if isinstance(row, dict) and row.get("horaires"))
    return found


def main() -> None:
    """Print the table."""
    hours = texts()
    repaired = {raw: repair_hours(raw) for raw in hours}
    total = sum(hours.values())
    for label, passed in {
        "as they are": {raw for raw in hours if opening_hours.validate(raw)},
        "after repair": {raw for raw, each in repaired.items() if each.text is not None},
        "  every part of it": {raw for raw, each in repaired.items() if each.complete},
    }.items():
        rows = sum(hours[raw] for raw in passed)
        print(f"{label:20s} rows {rows:6d} of {total} {rows / total:7.2%}   distinct {len(passed):5d} of {len(hours)} "
              f"{len(passed) / len(hours):7.2%}")  # fmt: skip
    print("rules:", dict(Counter(rule for each in repaired.values() for rule in each.rules).most_common()))
    book = HoursBook(pd.DataFrame({"horaires": list(hours), "code_departement": "34", "timezone": "Europe/Paris"}))
    now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    for minute in range(3):
        start = time.perf_counter()
        count = book.open_at(np.arange(len(hours)), "maintenant", now=now + timedelta(minutes=minute)).sum()
        print(f"minute {minute}: {len(book)} schedules in {1000 * (time.perf_counter() - start):.0f} ms, {count} open")


if __name__ == "__main__":
    main()
