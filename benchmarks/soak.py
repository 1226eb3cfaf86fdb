"""
A real server under mixed traffic while releases are swapped under it: errors, answers that mix releases, memory by the minute.

    python benchmarks/soak.py [--minutes 1] [--rate 200] [--connections 8] [--swap-seconds 5] [--workers 2] [--places 5000]

Two releases of the same invented places take turns; every name in the first begins with `ancien`, in the second with `nouveau`.
An answer is an error when its status is not 200 or the connection breaks, and mixed when it holds a name of another release than
the one its header names. Memory is that of the server and its children: RSS as the sum, PSS with shared pages counted once. Right
after a swap the children of both releases are there, so each line tells the least of its time; the slope is that of a line
through those after the first fifth of the whole. Ends with code 1 when an answer was wrong or mixed.
"""

from __future__ import annotations

import argparse
import itertools
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
from serving_peers import COLLECTION, places_of

ITEMS = f"/ogcapi/collections/{COLLECTION}/items"
MARKS = {"2026-11-20": "ancien", "2026-11-21": "nouveau"}
START_S = 120
SAMPLE_S = 0.5
SERVE = "from mediation_geo.service import serve_workers; from mediation_geo.settings import Settings; " + (
    "serve_workers(Settings.from_environment(), workers={workers})"
)
TRAFFIC = (
    f"{ITEMS}?limit=40",
    "/proches?lat=48.85&lon=2.35",
    f"{ITEMS}?bbox=2,48,3,49&limit=100",
    "/proches?lat=43.6&lon=3.9&besoin=demarches&ouvert=maintenant&k=10",
    f"{ITEMS}?filter=code_departement='59'&limit=50",
    "/proches?code_insee=34172&f=html",
    f"{ITEMS}?near=2.35,48.85&radius=20000&limit=20",
    f"/ogcapi/collections/{COLLECTION}?f=json",
    f"{ITEMS}?offset=1000&limit=10&f=html",
    "/status?f=json",
)


@dataclass
class Tally:
    """What the clients saw; written by one thread at a time."""

    answers: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    mixed: Counter[str] = field(default_factory=Counter)
    releases: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def publish(folder: Path, *, places: int) -> None:
    """Both releases, the older one current."""
    import geopandas as gpd
    import pandas as pd

    from mediation_geo.release import rollback, write_release
    from mediation_geo.release.events import events_from_ndjson
    from mediation_geo.standard import ISSUES, LINKS, LOCATED_RECORDS, conform

    frame = places_of(places)
    points = gpd.points_from_xy(frame["longitude"], frame["latitude"])
    for day, mark in MARKS.items():
        named = frame.assign(nom=mark + " " + frame["nom"].str.removeprefix("Lieu "))
        write_release(
            folder,
            places=gpd.GeoDataFrame(named, geometry=points, crs="EPSG:4326"),
            records=conform(pd.DataFrame({"row": pd.Series(dtype="int64")}), LOCATED_RECORDS),
            links=conform(pd.DataFrame(), LINKS),
            issues=conform(pd.DataFrame(), ISSUES),
            events=events_from_ndjson(b""),
            manifest={"as_of": day, "demo": True},
        )
    rollback(folder)


@contextmanager
def server(releases: Path, *, workers: int) -> Iterator[tuple[str, int]]:
    """Address and process id of a server of several workers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {
        "MEDIATION_GEO_RELEASES": str(releases),
        "MEDIATION_GEO_PORT": str(port),
        "MEDIATION_GEO_RATE_LIMIT": "1000000/minute",
    }
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-c", SERVE.format(workers=workers)]
    with subprocess.Popen(command, env={**os.environ, **own}, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + START_S
            while time.monotonic() < deadline and process.poll() is None:
                try:
                    httpx.get(f"{address}/readyz", timeout=10).raise_for_status()
                    break
                except httpx.HTTPError:
                    time.sleep(0.1)
            else:
                message = "the server did not start"
                raise SystemExit(message)
            yield address, process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=60)
            finally:
                process.kill()


def ask(address: str, due: queue.SimpleQueue[str | None], tally: Tally) -> None:
    """One connection: asks what is due until it is told to stop."""
    with httpx.Client(base_url=address, timeout=60) as client:
        while (path := due.get()) is not None:
            begun = time.perf_counter()
            try:
                answer = client.get(path)
            except httpx.TransportError as error:
                with tally.lock:
                    tally.errors[type(error).__name__] += 1
                continue
            seconds = time.perf_counter() - begun
            release = answer.headers.get("x-dataset-snapshot", "")
            others = [mark for day, mark in MARKS.items() if day != release and f"{mark} num".encode() in answer.content]
            with tally.lock:
                tally.answers += 1
                tally.seconds.append(seconds)
                tally.releases[release] += 1
                if answer.status_code != httpx.codes.OK:
                    tally.errors[f"{answer.status_code} {path.split('?')[0]}"] += 1
                elif others or release not in MARKS:
                    tally.mixed[path] += 1


def memory_mb(pid: int) -> tuple[float, float]:
    """RSS and PSS of a process and its children, in MB."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    rss = pss = 0
    for each in (str(pid), *children):
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text(encoding="ascii").splitlines()
        except OSError:
            continue  # a child of the last release that ended meanwhile
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:] if line.endswith("kB")}
        rss += sizes["Rss"]
        pss += sizes["Pss"]
    return rss / 1024, pss / 1024


def soak(options: argparse.Namespace) -> Tally:
    """Run it and print as it goes."""
    from mediation_geo.release import rollback

    tally = Tally()
    due: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        publish(folder, places=options.places)
        with server(folder, workers=options.workers) as (address, pid):
            clients = [threading.Thread(target=ask, args=(address, due, tally)) for _ in range(options.connections)]
            for each in clients:
                each.start()
            begun = time.monotonic()
            end = begun + 60 * options.minutes
            swaps, paths, samples = 0, itertools.cycle(TRAFFIC), []
            line_s = max(1.0, min(60.0, 6 * options.minutes))
            memory: list[tuple[float, float]] = []
            print(f"{'minute':>7} {'answers':>9} {'errors':>7} {'mixed':>6} {'swaps':>6} {'RSS MB':>8} {'PSS MB':>8}")
            next_swap, next_sample, next_line, sent = begun + options.swap_seconds, begun, begun + line_s, 0
            try:
                while (now := time.monotonic()) < end:
                    # Paced, and never more in waiting than there are connections twice over: a slow server is asked less.
                    while sent < (now - begun) * options.rate and due.qsize() < 2 * options.connections:
                        due.put(next(paths))
                        sent += 1
                    sent = max(sent, int((now - begun) * options.rate) - 2 * options.connections)
                    if now >= next_swap:
                        swaps += 1
                        rollback(folder, list(MARKS)[swaps % 2])
                        next_swap += options.swap_seconds
                    if now >= next_sample:
                        memory.append(memory_mb(pid))
                        next_sample = now + SAMPLE_S
                    if now >= next_line:
                        samples.append(((now - begun) / 60, *np.min(memory, axis=0)))
                        memory.clear()
                        minute, rss, pss = samples[-1]
                        errors, mixed = tally.errors.total(), tally.mixed.total()
                        print(
                            f"{minute:7.1f} {tally.answers:9,} {errors:7} {mixed:6} {swaps:6} {rss:8.0f} {pss:8.0f}", flush=True
                        )
                        next_line += line_s
                    time.sleep(0.002)
            finally:
                for _ in clients:
                    due.put(None)
                for each in clients:
                    each.join()
    report(tally, np.array(samples), minutes=options.minutes)
    return tally


def report(tally: Tally, samples: np.ndarray, *, minutes: float) -> None:
    """The figures at the end."""
    waits = np.percentile(tally.seconds, [50, 95, 99]) * 1000
    print(f"\n{tally.answers:,} answers, {tally.answers / (60 * minutes):.0f} a second")
    print(f"errors        {tally.errors.total()}  {dict(tally.errors)}")
    print(f"mixed answers {tally.mixed.total()}  {dict(tally.mixed)}")
    print(f"releases seen {dict(tally.releases)}")
    print(f"milliseconds  p50 {waits[0]:.1f}  p95 {waits[1]:.1f}  p99 {waits[2]:.1f}")
    settled = samples[samples[:, 0] > minutes / 5]
    for column, what in ((1, "RSS"), (2, "PSS")):
        slope = np.polyfit(settled[:, 0], settled[:, column], 1)[0] if len(settled) > 2 else float("nan")
        print(f"{what} slope     {slope:+.2f} MB a minute ({settled[0, column]:.0f} to {settled[-1, column]:.0f} MB)")


def main() -> None:
    """Read the options, soak, and fail when an answer did."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--rate", type=float, default=200.0, help="requests a second over all connections, at most")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--swap-seconds", type=float, default=5.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--places", type=int, default=5_000)
    tally = soak(parser.parse_args())
    sys.exit(bool(tally.errors or tally.mixed))


if __name__ == "__main__":
    main()
