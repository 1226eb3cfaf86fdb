"""
Print how often each field of the standard is filled, source by source, as a Markdown table.

In: JSON or CSV files in one of the dialects of the standard, or folders of such JSON files. Out: one column for each, the share
of its records with a value, old field names counted under their new ones. The demo is filled by these rates. Run as
``python datasets/fill_rates.py FILE_OR_FOLDER...``.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

from mediation_geo.standard import FIELD_NAMES
from mediation_geo.standard.fields import UNKNOWN_PIVOT
from mediation_geo.standard.versions import FIELD_RENAMES


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Rows of a JSON array, of a CSV with a comma or semicolon, or of all the JSON files of a folder."""
    if path.is_dir():
        return [row for file in sorted(path.glob("*.json")) for row in read_rows(file)]
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".json":
        return list(json.loads(text))
    delimiter = max(",;", key=text.partition("\n")[0].count)
    return list(csv.DictReader(text.splitlines(), delimiter=delimiter))


def fill_rate(rows: list[dict[str, Any]], *, field: str) -> float:
    """Share of the rows that have a value in the field or in an old name of it, a SIRET of zeros being none."""
    names = [field, *(old for old, new in FIELD_RENAMES.items() if field in new)]
    filled = (any(str(row.get(name) or "") not in ("", UNKNOWN_PIVOT) for name in names) for row in rows)
    return sum(filled) / len(rows)


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    files = {path.stem: read_rows(path) for path in parser.parse_args().files}
    print("| field |", " | ".join(files), "|")
    print("|---|" + "---:|" * len(files))
    print("| records |", " | ".join(f"{len(rows):,}" for rows in files.values()), "|")
    for field in FIELD_NAMES:
        rates = (f"{100 * fill_rate(rows, field=field):.0f} %" for rows in files.values())
        print(f"| `{field}` |", " | ".join(rates), "|")


if __name__ == "__main__":
    main()
