"""
One report on the machine at hand: every benchmark of this folder beside its peers, as `report.md`, `report.json`, `growth.svg`.

`python benchmarks/report.py` runs all of them, in about an hour and a half; `python benchmarks/report.py nearest formats` runs
some, and keeps what the last report says of the others. A subject whose benchmark fails or whose peer is absent is named with
the reason, never left out in silence. The files are written to this folder, or to `--out`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from measure import machine
from report_page import drawn_growth, page

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "shared" / "data"
# Rows of the national register today, ten times and forty times as many.
SIZES = ("25000", "250000", "1000000")
_LONGEST_S = 3 * 3600


class Subject(NamedTuple):
    """A benchmark and the words of its command; `{scratch}` is a folder that lasts as long as the report is made."""

    script: str
    words: tuple[str, ...] = ()


# In this order: the pipeline leaves the release that the formats are measured on.
SUBJECTS: dict[str, Subject] = {
    "pipeline": Subject("pipeline.py", ("--out", "{scratch}/releases")),
    "formats": Subject("formats.py", ("{scratch}/releases",)),
    "ingest": Subject("ingest.py", ("speed",)),
    "geocoding": Subject("geocode.py", ("--data", str(DATA))),
    "deduplication": Subject("dedupe.py", ("speed", "--data", str(DATA), "--splink", sys.executable)),
    "nearest": Subject("nearest.py", ("peers", "--places", *SIZES)),
    "serving": Subject("serving.py"),
    "coverage": Subject("coverage_peers.py", ("peers",)),
    "growth": Subject("scale.py", ("run", *SIZES)),
}


def measured(name: str, subject: Subject, scratch: Path) -> dict[str, Any]:
    """Document of one benchmark, run in a process of its own; a failure becomes the reason why it is left out."""
    target = scratch / f"{name}.json"
    words = [each.format(scratch=scratch) for each in subject.words]
    started = time.perf_counter()
    with (scratch / f"{name}.log").open("w+", encoding="utf-8") as log:
        command = [sys.executable, str(HERE / subject.script), *words, "--json", str(target)]
        try:
            subprocess.run(command, check=True, stdout=log, stderr=subprocess.STDOUT, timeout=_LONGEST_S)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            log.seek(0)
            last = ([line for line in log.read().splitlines() if line.strip()] or [str(error)])[-1]
            return {"subject": name.capitalize(), "rows": [], "growth": [], "left_out": {subject.script: last}, "notes": []}
    document: Any = json.loads(target.read_text(encoding="utf-8"))
    if isinstance(document, list):
        document = _of_nights(document)
    return document | {"seconds": round(time.perf_counter() - started)}


def _of_nights(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Curves of the runs that `scale.py` tells: a stage each, and the night, which serving is no part of."""
    rows = [each["rows"] for each in runs]
    stages = [each["stage"] for each in runs[0]["stages"] if each["stage"] != "serve"]
    costs = {stage: [next(s["cpu_s"] for s in one["stages"] if s["stage"] == stage) for one in runs] for stage in stages}
    costs["the night"] = [sum(each) for each in zip(*costs.values(), strict=True)]
    curves = [{"what": name, "rows": rows, "costs": values, "unit": "s"} for name, values in costs.items()]
    note = "An invented country, its stages one after the other, in seconds of processor: a million rows are forty times today's."
    return {"subject": "Growth of the night", "rows": [], "growth": curves, "left_out": {}, "notes": [note]}


def main() -> None:
    """Run the benchmarks asked for and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("subjects", nargs="*", choices=[[], *SUBJECTS], metavar="subject", help=", ".join(SUBJECTS))
    parser.add_argument("--out", type=Path, default=HERE)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    kept = asked.out / "report.json"
    last = json.loads(kept.read_text(encoding="utf-8"))["subjects"] if asked.subjects and kept.is_file() else {}
    found = {"machine": machine(), "subjects": last}
    with tempfile.TemporaryDirectory() as scratch:
        for name in asked.subjects or SUBJECTS:
            print(f"{name} ...", file=sys.stderr, flush=True)
            found["subjects"][name] = measured(name, SUBJECTS[name], Path(scratch))
    found["subjects"] = {name: found["subjects"][name] for name in SUBJECTS if name in found["subjects"]}
    kept.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    curves = [curve for each in found["subjects"].values() for curve in each["growth"]]
    drawing = drawn_growth(curves, asked.out / "growth.svg")
    (asked.out / "report.md").write_text(page(found, drawing), encoding="utf-8")
    print(asked.out / "report.md")


if __name__ == "__main__":
    main()
