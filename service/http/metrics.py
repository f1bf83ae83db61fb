"""Figures for Prometheus: requests by route, how long they took, and the release that answers."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Metrics:
    """The figures of one service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter(
            "songspace_requests", "Requests that were answered.", labels, registry=self.registry
        )
        self._seconds = Histogram(
            "songspace_request_seconds",
            "Time from a request's head to the end of its answer.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._in_flight = Gauge(
            "songspace_requests_in_flight", "Requests being answered.", registry=self.registry
        )
        self._swaps = Gauge(
            "songspace_release_swaps", "How often another release took over.", registry=self.registry
        )
        self._degraded = Gauge(
            "songspace_degraded", "1 while the published release cannot answer.", registry=self.registry
        )
        self._release = Info("songspace_release", "The release that answers.", registry=self.registry)

    def began(self) -> None:
        """Count a request in."""
        self._in_flight.inc()

    def ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request out; `route` is its pattern, so that ids make no series of their own."""
        self._in_flight.dec()
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def page(self, *, release: str | None, swaps: int, degraded: bool) -> bytes:
        """All figures as Prometheus reads them."""
        self._swaps.set(swaps)
        self._degraded.set(degraded)
        self._release.info({"name": release or ""})
        return generate_latest(self.registry)
