"""
One report on the machine at hand: every benchmark of this folder beside its peers, as `report.md`, `report.json`, `growth.svg`.

`python benchmarks/report.py` runs all of them, in about half an hour; `python benchmarks/report.py nearest formats`
runs some, and keeps what the last report says of the others; `--resume` runs those that the last report lacks or that failed in
it. A subject is written as soon as it is measured, so that a report that is stopped keeps what it has. A subject whose benchmark
fails or whose peer is absent is named with the reason, never left out in silence. The files are written to this folder, or to
`--out`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from measure import machine
from report_page import drawn_growth, page

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "shared" / "data"
# Rows of the national register today, ten times and forty times as many.
SIZES = ("25000", "250000", "1000000")
# Four times what the longest subject takes: one that takes more hangs.
_LONGEST_S = 3600
_ENDING_S = 60


class Subject(NamedTuple):
    """A benchmark and the words of its command; `{scratch}` is a folder that lasts as long as the report is made."""

    script: str
    words: tuple[str, ...] = ()


# In this order: the formats are measured on the release that the pipeline leaves, and make one where it did not run.
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
    told = {"at": datetime.now(UTC).isoformat(timespec="minutes"), "load_before": round(os.getloadavg()[0], 1)}
    started = time.perf_counter()
    with (scratch / f"{name}.log").open("w+", encoding="utf-8") as log:
        code = _run([sys.executable, str(HERE / subject.script), *words, "--json", str(target)], log)
        log.seek(0)
        said = [line for line in log.read().splitlines() if line.strip()]
    if code or not target.is_file():
        why = said[-1] if said else f"it ended with {code}"
        document: Any = {"subject": name.capitalize(), "rows": [], "growth": [], "left_out": {}, "notes": [], "failed": why}
    else:
        document = json.loads(target.read_text(encoding="utf-8"))
    if isinstance(document, list):
        document = _of_nights(document)
    return document | told | {"seconds": round(time.perf_counter() - started)}


def _run(command: list[str], log: Any) -> int:
    """Exit code of a benchmark; stopped as by Ctrl-C, its peers end with it."""
    with subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            return process.wait(timeout=_LONGEST_S)
        except subprocess.TimeoutExpired:
            print(f"not done within {_LONGEST_S} s", file=log, flush=True)
            return 1
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(timeout=_ENDING_S)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)


def _of_nights(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Curves of the runs that `scale.py` tells: a stage each, and the night, which serving is no part of."""
    rows = [each["rows"] for each in runs]
    stages = [each["stage"] for each in runs[0]["stages"] if each["stage"] != "serve"]
    costs = {stage: [next(s["cpu_s"] for s in one["stages"] if s["stage"] == stage) for one in runs] for stage in stages}
    costs["the night"] = [sum(each) for each in zip(*costs.values(), strict=True)]
    curves = [{"what": name, "rows": rows, "costs": values, "unit": "s"} for name, values in costs.items()]
    memory = [max(stage["peak_mb"] for stage in one["stages"]) / 1024 for one in runs]
    curves.append({"what": "the night, peak memory", "rows": rows, "costs": memory, "unit": "GB"})
    note = "An invented country, its stages one after the other, in seconds of processor: a million rows are forty times today's."
    return {"subject": "Growth of the night", "rows": [], "growth": curves, "left_out": {}, "notes": [note]}


def last_report(path: Path, here: dict[str, Any]) -> dict[str, Any]:
    """Subjects of the last report; none where there is no report, or it is of another machine or of other versions."""
    if not path.is_file():
        return {}
    last = json.loads(path.read_text(encoding="utf-8"))
    same = all(last["machine"].get(name) == value for name, value in here.items() if name != "load_before")
    return dict(last["subjects"]) if same else {}


def write(found: dict[str, Any], folder: Path) -> Path:
    """Both forms of the report and the drawing; what is there is replaced whole."""
    curves = [curve for each in found["subjects"].values() for curve in each["growth"]]
    drawing = drawn_growth(curves, folder / "growth.svg")
    for name, text in (
        ("report.json", json.dumps(found, ensure_ascii=False, indent=1) + "\n"),
        ("report.md", page(found, drawing)),
    ):
        unfinished = folder / f"{name}.unfinished"
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(folder / name)
    return folder / "report.md"


def main() -> None:
    """Run the benchmarks asked for and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("subjects", nargs="*", choices=[[], *SUBJECTS], metavar="subject", help=", ".join(SUBJECTS))
    parser.add_argument("--resume", action="store_true", help="only what the last report lacks or what failed in it")
    parser.add_argument("--out", type=Path, default=HERE)
    asked = parser.parse_args()
    # Stopped by the system or by hand: the benchmark at work and its peers are ended all the same.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # A shell lets what it starts in the background ignore Ctrl-C, and a benchmark would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asked.out.mkdir(parents=True, exist_ok=True)
    here = machine()
    subjects = last_report(asked.out / "report.json", here)
    names = [
        name for name in asked.subjects or SUBJECTS if not (asked.resume and name in subjects and "failed" not in subjects[name])
    ]
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        for name in names:
            print(f"{name} ...", file=sys.stderr, end=" ", flush=True)
            subjects[name] = measured(name, SUBJECTS[name], Path(scratch))
            print(subjects[name].get("failed", f"{subjects[name]['seconds']} s"), file=sys.stderr, flush=True)
            ordered = {each: subjects[each] for each in SUBJECTS if each in subjects}
            write({"machine": here, "subjects": ordered}, asked.out)
    print(asked.out / "report.md")


if __name__ == "__main__":
    main()
