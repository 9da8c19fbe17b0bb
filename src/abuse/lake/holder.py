"""Who holds a lake, as its lock file says, and whether that process still lives."""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

STALE_S = 300.0  # silent for this long is dead: longer than a living run pauses, short enough for a night's retry


def _started(pid: int) -> str | None:
    """When the process started, in clock ticks since boot ("" where that cannot be read); None when it is gone."""
    try:
        os.kill(pid, 0)
    except OSError as why:
        if isinstance(why, ProcessLookupError):  # and not PermissionError: another user's, but alive
            return None
    with suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()  # field 3 on; 2 is a free-form name
        has_ended = stat[0] in b"ZX" and int(stat[17]) <= 1  # a killed process still has files open in other threads
        return None if has_ended else stat[19].decode()
    return ""


def _machine() -> str:
    """Where a pid means the same process: one boot and one pid namespace. Containers may share a host name."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    return ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """What the lock file says. Defaults are for a file that is not ours: it holds for STALE_S after its last change."""

    owner: str = "unknown"
    host: str = "unknown"
    machine: str = ""
    pid: int = 0
    started: str = ""
    token: str = ""  # tells this lease from every other, also of the same process
    since: float
    heartbeat: float

    @classmethod
    def here(cls, owner: str) -> Self:
        """This process, from now on."""
        pid, now, host = os.getpid(), time.time(), socket.gethostname()
        ids = {"machine": _machine(), "started": _started(pid) or "", "token": os.urandom(16).hex()}
        return cls(owner=owner, host=host, pid=pid, since=now, heartbeat=now, **ids)

    @classmethod
    def said(cls, content: bytes, changed: float) -> Self:
        """What the content says; `changed` is when it was written."""
        try:
            said = json.loads(content)
            return cls(**said | {name: float(said[name]) for name in ("since", "heartbeat")})
        except (ValueError, TypeError, KeyError):
            return cls(since=changed, heartbeat=changed)

    def content(self) -> bytes:
        return json.dumps(asdict(self), indent=1).encode()

    def is_gone(self) -> bool:
        """At once when its process is, which only its own machine can tell; else after STALE_S of silence."""
        is_silent = time.time() - self.heartbeat > STALE_S
        if self.host != socket.gethostname() or self.machine != _machine():
            return is_silent
        started = _started(self.pid)
        is_another = bool(started and self.started) and started != self.started  # the pid was given out again
        return is_silent or started is None or is_another

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.since))
        return f"{self.owner} on {self.host} (pid {self.pid}) since {since}"
