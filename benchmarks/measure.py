"""
What all benchmarks share: contenders timed in turns, the machine they ran on, and one form of JSON for `report.py`.

Values go in as they were measured, a document of rows comes out; no ratio is computed here. Only the standard library is used,
so that a benchmark can import it in any interpreter.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, NamedTuple

PACKAGES = (
    "mediation-geo", "numpy", "pandas", "geopandas", "pyarrow", "shapely", "pyproj", "scipy", "rtree", "numba", "pykdtree",
    "pygeoapi", "starlette", "uvicorn", "duckdb", "scikit-learn", "splink", "psycopg", "access", "rasterio", "frictionless",
)  # fmt: skip


class Cost(NamedTuple):
    """Wall and processor seconds of one call."""

    wall_s: float
    cpu_s: float


class Document:
    """
    Rows of one benchmark, each the same work done by several contenders; ours comes first.

    Parameters
    ----------
    subject : str
        Heading of the rows in the report.
    """

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.rows: list[dict[str, Any]] = []
        self.curves: list[dict[str, Any]] = []
        self.absent: dict[str, str] = {}
        self.notes: list[str] = []

    def row(
        self, what: str, contenders: Mapping[str, Sequence[float]], *, unit: str, better: Literal["less", "more"] = "less"
    ) -> None:
        """Add a row: every value measured of each contender, one a round."""
        values = {name: [float(each) for each in found] for name, found in contenders.items() if len(found)}
        self.rows.append({"what": what, "unit": unit, "better": better, "contenders": values})

    def growth(self, what: str, rows: Sequence[float], costs: Sequence[float], *, unit: str) -> None:
        """Add a curve: the cost of the same work at growing numbers of rows."""
        self.curves.append({"what": what, "rows": [float(each) for each in rows], "costs": list(map(float, costs)), "unit": unit})

    def left_out(self, name: str, reason: object) -> None:
        """Say that a peer is not here, and why."""
        self.absent[name] = str(reason).strip().splitlines()[-1] if str(reason).strip() else type(reason).__name__

    def note(self, text: str) -> None:
        """Add a sentence that the rows need: what was wrong with an answer, what a figure is of."""
        self.notes.append(text)

    def save(self, path: Path | None) -> None:
        """Write the document where `--json` asked for it."""
        if path is not None:
            content = {
                "subject": self.subject,
                "rows": self.rows,
                "growth": self.curves,
                "left_out": self.absent,
                "notes": self.notes,
            }
            path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """Give a command the option that `report.py` calls it with."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON too")


def cost(work: Callable[[], object]) -> Cost:
    """Seconds of one call in this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def interleaved(contenders: Mapping[str, Callable[[], object]], *, rounds: int) -> dict[str, list[Cost]]:
    """Costs of all contenders, who take turns in every round: a busy machine slows all alike."""
    taken: dict[str, list[Cost]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            taken[name].append(cost(work))
    return taken


def peak_mb() -> float:
    """Most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def machine() -> dict[str, Any]:
    """The machine and the versions, as a report must name them."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 1),
        "versions": versions,
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
