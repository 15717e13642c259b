"""What the server counts, in the text form of Prometheus."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trilayer.optional import require

if TYPE_CHECKING:
    import prometheus_client as prometheus
else:
    prometheus = require("prometheus_client", "serve")

CONTENT_TYPE: str = prometheus.CONTENT_TYPE_LATEST

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """Counters of one server, and of the process that it runs in.

    Parameters
    ----------
    version : str
    model : str
    """

    def __init__(self, version: str, model: str) -> None:
        self._registry = prometheus.CollectorRegistry()
        prometheus.ProcessCollector(registry=self._registry)
        self._requests = prometheus.Counter(
            "trilayer_requests", "Requests, by endpoint and status.", ("endpoint", "status"),
            registry=self._registry,
        )  # fmt: skip
        self._seconds = prometheus.Histogram(
            "trilayer_request_seconds", "From a request's headers to its answer, by endpoint.",
            ("endpoint",), registry=self._registry, buckets=_BUCKETS,
        )  # fmt: skip
        self._rows = prometheus.Counter("trilayer_rows", "Rows predicted.", registry=self._registry)
        about = prometheus.Info("trilayer_model", "What is served.", registry=self._registry)
        about.info({"version": version, "model": model})

    @contextmanager
    def timed(self, endpoint: str) -> Iterator[None]:
        """Measure how long an answer takes."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._seconds.labels(endpoint).observe(time.perf_counter() - began)

    def answered(self, endpoint: str, status: int) -> None:
        """Count a request."""
        self._requests.labels(endpoint, str(status)).inc()

    def predicted(self, rows: int) -> None:
        """Count rows."""
        self._rows.inc(rows)

    def text(self) -> bytes:
        """Return all of it."""
        return prometheus.generate_latest(self._registry)
