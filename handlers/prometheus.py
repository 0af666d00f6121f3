"""Metrics in Prometheus's text format: https://prometheus.io/docs/instrumenting/exposition_formats/"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT"}
Labels = Mapping[str, str]


@dataclass(frozen=True)
class Sample:
    value: float
    labels: Labels = field(default_factory=dict)
    suffix: str = ""


@dataclass(frozen=True)
class Measure:
    """A metric with its samples. `kind` is `gauge`, `counter` or `histogram`."""

    name: str
    kind: str
    about: str
    samples: Iterable[Sample]


def as_text(measures: Iterable[Measure]) -> str:
    return "".join(f"{line}\n" for measure in measures for line in _lines(measure))


class Requests:
    """The requests that this process has answered: for each route, a count and a histogram of seconds."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], int] = defaultdict(int)
        self._seconds: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BUCKETS_S) + 1))
        self._sums: dict[str, float] = defaultdict(float)

    def count(self, scope: Mapping[str, Any], status: int, seconds: float) -> None:
        """Count a request. `status` is 0 if the client disconnected before the response started."""
        # The route's pattern, not the path: paths contain ids, and clients may send any number of different ones.
        route = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._counts[route, method, str(status)] += 1
        self._seconds[route][sum(seconds > limit for limit in BUCKETS_S)] += 1
        self._sums[route] += seconds

    def measures(self) -> Iterator[Measure]:
        counts = [
            Sample(value, {"route": route, "method": method, "status": status})
            for (route, method, status), value in sorted(self._counts.items())
        ]
        yield Measure("artify_http_requests_total", "counter", "Requests answered by this process.", counts)
        samples = [sample for route in sorted(self._seconds) for sample in self._histogram(route)]
        yield Measure("artify_http_request_seconds", "histogram", "Seconds per request of this process.", samples)

    def _histogram(self, route: str) -> Iterator[Sample]:
        cumulative = 0
        for limit, value in zip([*map(str, BUCKETS_S), "+Inf"], self._seconds[route], strict=True):
            cumulative += value
            yield Sample(cumulative, {"route": route, "le": limit}, "_bucket")
        yield Sample(self._sums[route], {"route": route}, "_sum")
        yield Sample(cumulative, {"route": route}, "_count")


def _lines(measure: Measure) -> Iterator[str]:
    yield f"# HELP {measure.name} {measure.about}"
    yield f"# TYPE {measure.name} {measure.kind}"
    for sample in measure.samples:
        labels = ",".join(f'{name}="{_escaped(text)}"' for name, text in sample.labels.items())
        yield f"{measure.name}{sample.suffix}{{{labels}}} {sample.value}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
