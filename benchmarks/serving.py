"""
Requests a second of the service against its peers, and the memory of its workers, measured in turn in one run.

    python benchmarks/serving.py speed [--places 25000] [--seconds 2] [--rounds 3]
    python benchmarks/serving.py memory [--places 25000] [--workers 4]

Peers: `stock` is pygeoapi's Parquet provider over the same places, behind pygeoapi's own Starlette application; `tipg` is tipg
over the same places in PostGIS; `empty` is our application with a provider that has nothing to do; `route` is a bare Starlette
route that returns the bytes of `/proches`. One worker each, one connection, client on the same machine. Prints tables of medians
and ratios. Memory is proportional (PSS): a page that four processes share counts a quarter for each; a worker's own is what one
more of them costs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from measure import Document, add_json_option
from serving_client import get, latencies_ms, rate
from serving_peers import COLLECTION, EMPTY, OURS, WORKERS, Absent, ours, publish, route, stock, tipg

ITEMS = f"/ogcapi/collections/{COLLECTION}/items"
STOCK_ITEMS = f"/collections/{COLLECTION}/items"
TIPG_ITEMS = "/collections/public.places/items"
REQUESTS = {
    "items?limit=10": "?limit=10",
    "items?limit=1000": "?limit=1000",
    "property": "?code_departement=59",
    "offset=20000": "?offset=20000&limit=10",
    "small bbox": "?bbox=2.2,48.8,2.5,49.0",
    "by id": "/{id}",
    "items HTML": "?f=html",
}
QUESTION = "/proches?lat=48.86&lon=2.35&k=5"


def speed(chosen: argparse.Namespace, document: Document) -> None:
    """Compare the rates of all peers, and tell the latencies of `/proches`."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as servers:
        folder = Path(name)
        data = publish(folder, chosen.places)
        ports: dict[str, tuple[int, str]] = {}
        for label, items, (port, server) in (
            ("ours", ITEMS, ours(folder / "releases")),
            ("empty", ITEMS, ours(folder / "releases", program=EMPTY + OURS)),
            ("stock", STOCK_ITEMS, stock(folder, data)),
        ):
            servers.enter_context(server)
            ports[label] = (port, items)
        try:
            ports["tipg"] = (servers.enter_context(tipg(folder, data)), TIPG_ITEMS)
        except Absent as reason:
            document.left_out("tipg on PostGIS", reason)
            print(f"tipg left out: {reason}")
        print(f"{chosen.places} places, {chosen.rounds} rounds of {chosen.seconds} s, medians in requests/s\n")
        _items(ports, chosen, document)
        _proches(ports["ours"][0], chosen, document)


def _items(ports: Mapping[str, tuple[int, str]], chosen: argparse.Namespace, document: Document) -> None:
    place_id = json.loads(get(ports["ours"][0], f"{ITEMS}?limit=1"))["features"][0]["id"]
    print(f"{'request':<20}" + "".join(f"{label:>9}" for label in ports) + f"{'x stock':>9}{'x tipg':>9}{'of empty':>10}")
    names = {"stock": "pygeoapi's Parquet provider", "tipg": "tipg on PostGIS", "empty": "floor, empty provider"}
    for label, query in REQUESTS.items():
        found: dict[str, list[float]] = {peer: [] for peer in ports}
        for _ in range(chosen.rounds):
            for peer, (port, items) in ports.items():
                if not (peer == "empty" and label == "items HTML"):
                    found[peer].append(rate(port, items + query.format(id=place_id), seconds=chosen.seconds))
        rates = {peer: _median(each) for peer, each in found.items()}
        mine = rates["ours"]
        print(f"{label:<20}" + "".join(f"{rates[peer]:>9.1f}" for peer in ports), end="")
        print(f"{mine / rates['stock']:>9.1f}{mine / rates.get('tipg', float('nan')):>9.1f}{mine / rates['empty']:>10.2f}")
        document.row(label, {names.get(peer, peer): each for peer, each in found.items()}, unit="requests/s", better="more")


def _proches(port: int, chosen: argparse.Namespace, document: Document) -> None:
    rng = np.random.default_rng(1)
    points = zip(rng.uniform(43, 50, 5000), rng.uniform(-4, 8, 5000), strict=True)
    spread = [f"/proches?lat={lat:.3f}&lon={lon:.3f}&k=5" for lat, lon in points]
    bare_port, server = route(get(port, QUESTION))
    same, fresh, bare, crowd, floor = [], [], [], [], []
    with server:
        for number in range(chosen.rounds):
            # Other questions in each round: an answer is kept for its minute.
            part = spread[number :: chosen.rounds]
            same.append(rate(port, QUESTION, seconds=chosen.seconds))
            fresh.append(_rate_of(port, part, seconds=chosen.seconds))
            bare.append(rate(bare_port, "/proches", seconds=chosen.seconds))
            crowd.append(latencies_ms(port, [f"{path}&lang=fr" for path in part], connections=8, seconds=chosen.seconds))
            floor.append(latencies_ms(bare_port, ["/proches"], connections=8, seconds=chosen.seconds))
    for what, rates in (("one question again and again", same), ("other questions", fresh)):
        ratio = _median(rates) / _median(bare)
        print(f"/proches, {what}: {_median(rates):.0f} requests/s, bare route {_median(bare):.0f}: {ratio:.2f}")
        both = {"ours": rates, "floor, bare Starlette route": bare}
        document.row(f"/proches, {what}", both, unit="requests/s", better="more")
    for share in (50, 99):
        mine, least = ([_percentile(each, share) for each in runs] for runs in (crowd, floor))
        print(f"/proches, 8 connections, p{share}: {_median(mine):.2f} ms, bare route {_median(least):.2f} ms")
        both = {"ours": mine, "floor, bare Starlette route": least}
        document.row(f"/proches, 8 connections, p{share}", both, unit="ms")


def _rate_of(port: int, paths: list[str], *, seconds: float) -> float:
    return 1000 / statistics.mean(latencies_ms(port, paths, connections=1, seconds=seconds))


def memory(chosen: argparse.Namespace, document: Document) -> None:
    """Tell how long the service takes to start, and how much memory each worker adds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        publish(folder, chosen.places)
        started = time.perf_counter()
        port, server = ours(folder / "releases", program=WORKERS, WORKERS=str(chosen.workers))
        with server as parent:
            ready_s = time.perf_counter() - started
            rng = np.random.default_rng(1)
            points = zip(rng.uniform(43, 50, 20_000), rng.uniform(-4, 8, 20_000), strict=True)
            paths = [f"/proches?lat={lat:.3f}&lon={lon:.3f}&k=5" for lat, lon in points]
            mixed = [*paths, f"{ITEMS}?limit=10", f"{ITEMS}?code_departement=59", f"{ITEMS}?bbox=2.2,48.8,2.5,49.0"]
            # Enough to touch what a worker touches in a day, on connections enough to reach all of them.
            latencies_ms(port, mixed, connections=8 * chosen.workers, seconds=chosen.seconds * 10)
            children = _children(parent.pid)
            pss = {pid: _memory_mb(pid, "Pss:") for pid in (parent.pid, *children)}
            own = [_memory_mb(pid, "Private_Dirty:") + _memory_mb(pid, "Private_Clean:") for pid in children]
        print(f"{chosen.places} places, {len(children)} workers, ready after {ready_s:.1f} s")
        each = [pss[pid] for pid in children]
        print(f"parent {pss[parent.pid]:.0f} MB, workers {', '.join(f'{mb:.0f}' for mb in each)} MB proportional")
        print(f"all together {sum(pss.values()):.0f} MB; a worker's own: {', '.join(f'{mb:.0f}' for mb in own)} MB")
        document.row("proportional memory of a worker", {"ours": each}, unit="MB")
        document.row("a worker's own memory", {"ours": own}, unit="MB")
        document.row("time until ready", {"ours": [ready_s]}, unit="s")


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _memory_mb(pid: int, line: str) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(each.split()[1]) for each in lines if each.startswith(line)) / 1024


def _median(found: Sequence[float]) -> float:
    return statistics.median(found) if found else float("nan")


def _percentile(ascending: Sequence[float], share: int) -> float:
    return ascending[min(len(ascending) - 1, len(ascending) * share // 100)]


def main() -> None:
    """Run what was asked; both where nothing was said."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", nargs="?", choices=("speed", "memory"))
    arguments.add_argument("--places", type=int, default=25_000)
    arguments.add_argument("--seconds", type=float, default=2.0)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--workers", type=int, default=4)
    add_json_option(arguments)
    chosen = arguments.parse_args()
    document = Document("Serving")
    if chosen.what != "memory":
        speed(chosen, document)
    if chosen.what != "speed":
        memory(chosen, document)
    document.save(chosen.json)


if __name__ == "__main__":
    main()
