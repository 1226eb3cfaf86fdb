"""
Counters for the operator, on a port of their own: routes, statuses, times, and the age of the release.

Labels are route templates only; no département, no need, nothing a visitor typed.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

__all__ = ["Metrics"]

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter("mediation_geo_requests", "Requests answered", ["route", "status"], registry=self.registry)
        self._seconds = Histogram(
            "mediation_geo_request_seconds", "Time to answer", ["route"], buckets=_BUCKETS, registry=self.registry
        )
        self._answers = Counter("mediation_geo_referrals", "Referral answers by outcome", ["outcome"], registry=self.registry)
        self._places = Gauge("mediation_geo_places", "Places in the release served", registry=self.registry)
        self._published = Gauge(
            "mediation_geo_release_published_timestamp_seconds", "When the release served was written", registry=self.registry
        )

        # The counters of a route are looked up once, not for every request.
        self._counted: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def observe(self, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        found = self._counted.get((route, status))
        if found is None:
            found = (self._requests.labels(route, str(status)), self._seconds.labels(route))
            self._counted[route, status] = found
        requests, times = found
        requests.inc()
        times.observe(seconds)

    def referral(self, outcome: str) -> None:
        """Count one referral: `exact`, `widened` or `none`."""
        self._answers.labels(outcome).inc()

    def release(self, *, places: int, published_s: float) -> None:
        """Note the release being served."""
        self._places.set(places)
        self._published.set(published_s)

    def serve(self, port: int, *, host: str) -> None:
        """Answer `/metrics` on its own port, from a thread."""
        start_http_server(port, addr=host, registry=self.registry)
