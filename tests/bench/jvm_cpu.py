"""CPU seconds of a command's processes while it runs: the JVM's by what its threads are for, and Python's.

Linux names every thread of a JVM after its Java name, cut to 15 characters. Threads that end between two looks keep
what they were last seen with; what they used after it counts to `driver`, as does all that no other name claims.
"""

from __future__ import annotations

import threading
from pathlib import Path

import psutil

from tests.bench.measure import children, held

EVERY_S = 0.2
NAMES = {"C1 Compiler": "jit", "C2 Compiler": "jit", "GC Thread": "gc", "G1 ": "gc", "Executor task": "tasks"}
KINDS = ("tasks", "jit", "gc", "driver")


class JvmCpu:
    """Looks at a process and all below it until it is stopped."""

    def __init__(self, process: psutil.Process) -> None:
        self._process, self._ended = process, threading.Event()
        self._threads: dict[tuple[int, int], tuple[str, float]] = {}
        self._whole: dict[int, tuple[bool, float]] = {}
        self._lock = threading.Lock()
        self.peak_bytes = 0
        self._looking = threading.Thread(target=self._look_on, daemon=True)
        self._looking.start()

    def stop(self) -> None:
        self._ended.set()
        self._looking.join()

    def seconds(self) -> dict[str, float]:
        """Kind -> CPU seconds so far: the four of the JVM, all of them as `jvm`, and `python`."""
        self._look()
        with self._lock:
            of_jvm = {kind: sum(s for k, s in self._threads.values() if k == kind) for kind in KINDS}
            jvm = sum(seconds for is_jvm, seconds in self._whole.values() if is_jvm)
            python = sum(seconds for is_jvm, seconds in self._whole.values() if not is_jvm)
        of_jvm["driver"] = jvm - sum(of_jvm[kind] for kind in KINDS if kind != "driver")
        return of_jvm | {"jvm": jvm, "python": python}

    def _look_on(self) -> None:
        while not self._ended.wait(EVERY_S):
            self._look()

    def _look(self) -> None:
        with self._lock:
            self.peak_bytes = max(self.peak_bytes, held(self._process))
            for part in [self._process, *children(self._process)]:
                try:
                    self._look_at(part)
                except psutil.Error:
                    continue

    def _look_at(self, part: psutil.Process) -> None:
        is_jvm = part.name() == "java"
        times = part.cpu_times()
        self._whole[part.pid] = (is_jvm, times.user + times.system)
        if is_jvm:
            for thread in part.threads():
                self._threads[part.pid, thread.id] = (_kind(part.pid, thread.id), thread.user_time + thread.system_time)


def _kind(pid: int, thread: int) -> str:
    try:
        name = Path(f"/proc/{pid}/task/{thread}/comm").read_text(encoding="utf-8")
    except OSError:
        return "driver"
    return next((kind for start, kind in NAMES.items() if name.startswith(start)), "driver")
