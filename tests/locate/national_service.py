"""A local server that plays the contract of the national geocoding service, faults included."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

# What a fault does with the n-th request: a status and headers to answer instead, or a change to the CSV text.
Fault = Callable[[int], tuple[int, dict[str, str]] | Callable[[str], str] | None]

RESULT_COLUMNS = [
    "longitude", "latitude", "result_score", "result_score_next", "result_label", "result_type", "result_id",
    "result_housenumber",
    "result_name", "result_street", "result_postcode", "result_city", "result_context", "result_citycode", "result_oldcitycode",
    "result_oldcity", "result_district", "result_status",
]  # fmt: skip


def answer(q: str) -> dict[str, str] | None:
    """The service knows one street, in Montpellier, with every number."""
    match = re.search(r"(\d*)\w* ?(?:rue|r) (?:de la )?mairie", q.lower())
    if match is None or "montpellier" not in q.lower():
        return None
    number = match.group(1)
    return {
        "longitude": f"{3.87 + int(number or 0) / 1e4:.6f}", "latitude": "43.611", "result_score": "0.5",
        "result_type": "housenumber" if number else "street", "result_housenumber": number,
        "result_name": f"{number} Rue de la Mairie".strip(),
        "result_street": "Rue de la Mairie", "result_postcode": "34000", "result_city": "Montpellier",
        "result_citycode": "34172", "result_label": f"{number} Rue de la Mairie 34000 Montpellier".strip(), "result_status": "ok",
    }  # fmt: skip


@contextmanager
def national_service(fault: Fault = lambda _number: None) -> Iterator[tuple[str, list[str]]]:
    """Address of a running server, and the list of requests it has seen."""
    seen: list[str] = []
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            self.respond(self.search)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.respond(lambda: self.search_csv(body))

        def respond(self, body: Callable[[], tuple[str, str]]) -> None:
            with lock:
                seen.append(self.path)
                number = len(seen)
            happens = fault(number)
            if isinstance(happens, tuple):
                return self.send(happens[0], "text/plain", "no", happens[1])
            kind, text = body()
            return self.send(200, kind, happens(text) if happens is not None else text, {})

        def send(self, status: int, kind: str, text: str, headers: dict[str, str]) -> None:
            content = text.encode()
            self.send_response(status)
            for name, value in {**headers, "content-type": kind, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def search(self) -> tuple[str, str]:
            q = parse_qs(urlsplit(self.path).query).get("q", ["12 rue de la mairie montpellier"])[0]
            found = answer(q)
            features = []
            if found is not None:
                properties = {name.removeprefix("result_"): value for name, value in found.items()}
                point = {"type": "Point", "coordinates": [float(found["longitude"]), float(found["latitude"])]}
                features = [{"type": "Feature", "geometry": point, "properties": properties}]
            return "application/json", json.dumps({"type": "FeatureCollection", "features": features})

        def search_csv(self, body: bytes) -> tuple[str, str]:
            boundary = self.headers["content-type"].partition("boundary=")[2].encode()
            part = next(each for each in body.split(b"--" + boundary) if b'name="data"' in each)
            rows = list(csv.DictReader(io.StringIO(part.partition(b"\r\n\r\n")[2].decode().rstrip("\r\n"))))
            text = io.StringIO()
            writer = csv.DictWriter(text, [*rows[0], *RESULT_COLUMNS], lineterminator="\n", restval="")
            writer.writeheader()
            for row in rows:
                found = answer(row["q"])
                refused = found is not None and row["citycode"] not in {"", found["result_citycode"]}
                writer.writerow({**row, **({"result_status": "not-found"} if found is None or refused else found)})
            return "text/csv", text.getvalue()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # Threads are joined at the end, so that a slow answer does not outlive its test.
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def slow(seconds: float) -> Callable[[str], str]:
    def wait(text: str) -> str:
        time.sleep(seconds)
        return text

    return wait
