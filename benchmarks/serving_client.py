"""
A client that costs as little as it can: ready bytes over open sockets, one thread whatever the number of connections.

Addresses in, milliseconds of every request out. `http.client` takes longer to read an answer than a good service to make one, and
threads of one process wait for each other: neither would measure the server.
"""

from __future__ import annotations

import selectors
import socket
import time
from itertools import cycle

__all__ = ["get", "latencies_ms", "rate"]


class _Line:
    """One connection that asks again as soon as it is answered."""

    def __init__(self, port: int, requests: list[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = cycle(requests)
        self._got = bytearray()
        self._end: int | None = None
        self.started = 0.0

    def ask(self) -> None:
        """Send the next request."""
        self._got.clear()
        self._end = None
        self.started = time.perf_counter()
        self.socket.sendall(next(self._requests))

    def answered(self) -> bool:
        """Read what is there; whether the answer is whole. Ends the program when its status is not 200."""
        read = self.socket.recv(1 << 20)
        self._got += read
        if self._end is None:
            head_end = self._got.find(b"\r\n\r\n")
            if head_end < 0 and read:
                return False
            head = bytes(self._got[: max(head_end, 0)]).lower()
            if not head.startswith(b"http/1.1 200"):
                raise SystemExit(bytes(self._got[:500]).decode("latin-1"))
            length = head.partition(b"content-length:")[2].split(b"\r\n")[0]
            self._end = head_end + 4 + int(length)
        return len(self._got) >= self._end

    @property
    def body(self) -> bytes:
        """Body of the last answer."""
        return bytes(self._got).partition(b"\r\n\r\n")[2]


def get(port: int, path: str) -> bytes:
    """Body of one answer; ends the program when its status is not 200."""
    line = _Line(port, [_request(path)])
    line.ask()
    while not line.answered():
        pass
    line.socket.close()
    return line.body


def latencies_ms(port: int, paths: list[str], *, connections: int, seconds: float) -> list[float]:
    """Milliseconds of each request over several connections at once, each asking another part of the paths; ascending."""
    requests = [_request(path) for path in paths]
    found: list[float] = []
    with selectors.DefaultSelector() as selector:
        for number in range(connections):
            start = number * len(requests) // connections
            line = _Line(port, requests[start:] + requests[:start])
            selector.register(line.socket, selectors.EVENT_READ, line)
            line.ask()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            for key, _events in selector.select():
                if key.data.answered():
                    found.append((time.perf_counter() - key.data.started) * 1000)
                    key.data.ask()
        for key in list(selector.get_map().values()):
            key.data.socket.close()
    return sorted(found)


def rate(port: int, path: str, *, seconds: float) -> float:
    """Requests a second over one connection, after two that warm it."""
    for _ in range(2):
        get(port, path)
    started = time.perf_counter()
    found = latencies_ms(port, [path], connections=1, seconds=seconds)
    return len(found) / (time.perf_counter() - started)


def _request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n".encode()
