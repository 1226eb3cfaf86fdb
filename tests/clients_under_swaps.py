"""Clients that ask a service while releases change under it and note every fault; and waiting for what will be so in the end."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import httpx

# What a busy machine may take for what a quiet one does in a second.
DEADLINE_S = 300
ITEMS = "/ogcapi/collections/lieux-mediation-numerique/items?limit=40"
PROCHES = "/proches?lat=48.85&lon=2.35"


def wait_until(reached: Callable[[], object], what: str) -> None:
    """Return when a condition holds; an error that names it when it does not in the end."""
    deadline = time.monotonic() + DEADLINE_S
    while not reached():
        if time.monotonic() > deadline:
            message = f"not within {DEADLINE_S} s: {what}"
            raise AssertionError(message)
        time.sleep(0.05)


class Clients:
    """
    Clients that ask until told to stop.

    `marks` is the name that all places of a release bear; `rate` is how many questions they ask a second together, at most: a
    machine that is slower is asked less.
    """

    def __init__(
        self,
        url: str,
        marks: Mapping[str, str],
        *,
        paths: Sequence[str] = (ITEMS, PROCHES),
        connections: int = 3,
        rate: float = float("inf"),
    ) -> None:
        self.url = url
        self.marks = marks
        self.paths = paths
        self.faults: list[str] = []
        self.answers: Counter[str] = Counter()
        self._pause_s = connections / rate
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask) for _ in range(connections)]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def answered(self, more: int, *, release_id: str) -> None:
        """Wait for so many answers more of a release."""
        goal = self.answers[release_id] + more
        wait_until(lambda: self.answers[release_id] >= goal or self.faults, f"{more} answers from {release_id}")

    def _ask(self) -> None:
        with httpx.Client(base_url=self.url, timeout=60) as client:
            due = time.monotonic()
            for path in itertools.cycle(self.paths):
                try:
                    self._check(client.get(path))
                except (httpx.HTTPError, LookupError, ValueError) as error:
                    self.faults.append(repr(error))
                due = max(due + self._pause_s, time.monotonic() - 1)
                if self._stop.wait(max(due - time.monotonic(), 0)) or self.faults:
                    return

    def _check(self, answer: httpx.Response) -> None:
        if answer.status_code != 200:
            self.faults.append(f"status {answer.status_code}: {answer.text[:200]}")
            return
        body, release_id = answer.json(), answer.headers["x-dataset-snapshot"]
        told = body["donnees"]
        names = {feature["properties"]["nom"] for feature in body["features"]}
        if told.get("instantane", told.get("snapshot")) != release_id or names != {self.marks[release_id]}:
            self.faults.append(f"mixed: {release_id} {names}")
        with self._lock:
            self.answers[release_id] += 1
