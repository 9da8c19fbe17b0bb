"""What Prometheus reads. A few counters need no library."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 10.0)
"""Seconds; 0.3 is what a page may take."""


class Metrics:
    """Answers by route and status, and how long they took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: Counter[tuple[str, str, int]] = Counter()
        self._within: dict[str, Counter[float]] = defaultdict(Counter)
        self._seconds: Counter[str] = Counter()

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        with self._lock:
            self._answers[route, method, status] += 1
            self._within[route].update(limit for limit in BUCKETS if seconds <= limit)
            self._seconds[route] += seconds  # type: ignore[assignment] # a Counter of floats

    def text(self, gauges: Iterable[tuple[str, str, dict[str, str], float]]) -> str:
        """The counts, and `gauges`: name, what it is, labels, value."""
        with self._lock:
            lines = [*self._counted(), *self._timed()]
        told: set[str] = set()
        for name, what, labels, value in gauges:
            if name not in told:
                lines += [f"# HELP {name} {what}", f"# TYPE {name} gauge"]
                told.add(name)
            lines.append(f"{name}{_labels(labels)} {value:g}")
        return "\n".join(lines) + "\n"

    def _counted(self) -> list[str]:
        name = "abuse_console_requests_total"
        lines = [f"# HELP {name} Requests answered.", f"# TYPE {name} counter"]
        for (route, method, status), num in sorted(self._answers.items()):
            lines.append(f"{name}{_labels({'route': route, 'method': method, 'status': str(status)})} {num}")
        return lines

    def _timed(self) -> list[str]:
        name = "abuse_console_request_seconds"
        lines = [f"# HELP {name} How long answers took.", f"# TYPE {name} histogram"]
        totals: Counter[str] = Counter()
        for (route, _, _), num in self._answers.items():
            totals[route] += num
        for route, num in sorted(totals.items()):
            for limit in BUCKETS:
                lines.append(
                    f"{name}_bucket{_labels({'route': route, 'le': f'{limit:g}'})} {self._within[route][limit]}"
                )
            lines.append(f"{name}_bucket{_labels({'route': route, 'le': '+Inf'})} {num}")
            lines.append(f"{name}_sum{_labels({'route': route})} {self._seconds[route]:g}")
            lines.append(f"{name}_count{_labels({'route': route})} {num}")
        return lines


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{inside}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
