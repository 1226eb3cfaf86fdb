"""A process that has more requests at hand than it can finish says so at once."""

from __future__ import annotations

import asyncio
from typing import Any

from mediation_geo.service.http.gate import Gate
from mediation_geo.service.http.limits import Limiter
from mediation_geo.service.http.metrics import Metrics

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"", "client": ("127.0.0.1", 1)}


def test_the_thousand_and_first_request_at_hand_is_told_to_come_back_and_the_others_are_answered() -> None:
    released = asyncio.Event()
    statuses: list[int] = []

    async def slow(_scope: Any, _receive: Any, send: Any) -> None:
        await released.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])
            if message["status"] == 503:
                assert int(dict(message["headers"])[b"retry-after"]) > 0

    async def nothing() -> Any:
        raise AssertionError

    async def ask_all() -> None:
        gate = Gate(slow, limiter=Limiter("1/day"), metrics=Metrics(), policy_of=lambda _path: b"", is_leaving=lambda: False)
        asked = [asyncio.create_task(gate(dict(SCOPE), nothing, send)) for _ in range(1001)]
        while not statuses:
            await asyncio.sleep(0)
        assert statuses == [503]
        released.set()
        await asyncio.gather(*asked)
        await gate(dict(SCOPE), nothing, send)

    asyncio.run(ask_all())
    assert statuses == [503] + [200] * 1001
