"""One lock per lake, so that two runs never write into it at once: lake + owner -> a lease, renewed while it is held.

`_lock.json` says who holds the lake. Whoever may change it holds flock on `_lock.guard` meanwhile: judging a dead
holder and taking its place must be one act, or two runs judge the same corpse and the second evicts the first.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from abuse.errors import LakeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEARTBEAT_S = 20.0  # fifteen beats fit into STALE_S, so a busy machine or a slow disk may miss several
STALE_S = 300.0  # silent for this long is dead: longer than a living run pauses, short enough for a night's retry
FILE, GUARD = "_lock.json", "_lock.guard"


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
    def of(cls, path: Path) -> Self | None:
        try:
            changed = path.stat().st_mtime
            said = json.loads(path.read_text(encoding="utf-8"))
            return cls(**said | {name: float(said[name]) for name in ("since", "heartbeat")})
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError):
            return cls(since=changed, heartbeat=changed)

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


@contextmanager
def _guarded(lake: Path, *, make: bool = False) -> Iterator[Path]:
    """The lock file, while nobody else decides about it. The kernel frees the guard when its process dies."""
    try:
        if make:
            lake.mkdir(parents=True, exist_ok=True)
        guard = os.open(lake / GUARD, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(guard, fcntl.LOCK_EX)  # held for milliseconds
            yield lake / FILE
        finally:
            fcntl.flock(guard, fcntl.LOCK_UN)  # closing alone would leave it with a child forked meanwhile
            os.close(guard)
    except OSError as why:
        fix = "Change the folder's owner or choose another lake, on a file system that has locks and hard links."
        raise LakeError(f"lake {lake}", f"not writable ({why})", "a folder this user can write", fix) from None


def _write(path: Path, holder: Holder, put: Callable[[Path, Path], None]) -> None:
    """Written aside and put in place whole: a reader never sees half of it."""
    aside = path.with_name(f"_lock.{holder.token}.new")
    aside.write_text(json.dumps(asdict(holder), indent=1), encoding="utf-8")
    put(aside, path)
    aside.unlink(missing_ok=True)


class _Lease:
    """A lake held by this process, however many times it was entered."""

    def __init__(self, lake: Path, owner: str) -> None:
        pid, now, host = os.getpid(), time.time(), socket.gethostname()
        ids = {"machine": _machine(), "started": _started(pid) or "", "token": os.urandom(16).hex()}
        self.holder = Holder(owner=owner, host=host, pid=pid, since=now, heartbeat=now, **ids)
        self.lake, self.entered, self.ended = lake, 0, threading.Event()
        self.lost: LakeError | None = None

    def take(self) -> Self:
        """Raises while another holder lives. Sweeps what killed writers left aside."""
        with _guarded(self.lake, make=True) as path:
            other = Holder.of(path)
            if other and not other.is_gone():
                fix = f"Wait for it to end; a holder that died frees the lake after {STALE_S / 60:.0f} minutes."
                raise LakeError(f"lock {self.lake}", f"held by {other}", "a free lake", fix)
            for left in (path, *self.lake.glob("_lock.*.new")):
                left.unlink(missing_ok=True)
            _write(path, self.holder, os.link)  # fails if the file exists, should the guard not reach another host
        threading.Thread(target=self._beat, name="lake-lock", daemon=True).start()
        return self

    def renew(self) -> None:
        """After this the lease is ours for STALE_S more. Once lost it stays lost, even if the lake is free again."""
        if self.lost:
            raise self.lost
        with _guarded(self.lake) as path:
            found = Holder.of(path)
            if found is None or found.token != self.holder.token:
                fix = "Run it again: this run paused for too long, or somebody removed the lock by hand."
                self.lost = LakeError(
                    f"lock {self.lake}", f"lease lost (held by {found or 'nobody'})", "this run's lease", fix
                )
                raise self.lost
            self.holder = replace(self.holder, heartbeat=time.time())
            _write(path, self.holder, os.replace)

    def _beat(self) -> None:
        while not self.ended.wait(HEARTBEAT_S) and not self.lost:
            with suppress(LakeError):  # a loss is kept in self.lost; a full disk may be well at the next beat
                self.renew()

    def release(self) -> None:
        """Never raises: it must not hide why a run ended, and a file left behind dies with this process."""
        self.ended.set()
        if self.holder.pid == os.getpid():  # a forked child may leave its parent's `with`
            with suppress(LakeError), _guarded(self.lake) as path:
                found = Holder.of(path)
                if found and found.token == self.holder.token:
                    path.unlink()


_LEASES: dict[Path, _Lease] = {}
_LEASES_GUARD = threading.Lock()
os.register_at_fork(after_in_child=_LEASES.clear)


class LakeLock:
    """`with LakeLock(lake, run_id) as lock:`. The same owner may enter again in its process; others get LakeError."""

    def __init__(self, lake: Path, owner: str) -> None:
        self.lake, self.owner = lake.resolve(), owner

    def __enter__(self) -> Self:
        with _LEASES_GUARD:
            lease = _LEASES.get(self.lake)
            if lease and lease.entered and lease.holder.owner == self.owner:
                lease.renew()
            else:
                lease = _Lease(self.lake, self.owner).take()
            lease.entered += 1
            self._lease = _LEASES[self.lake] = lease
        return self

    def check(self) -> None:
        """Raises LakeError unless the lake is still ours; call it before anything that cannot be undone."""
        self._lease.renew()

    def __exit__(self, *_: object) -> None:
        with _LEASES_GUARD:
            self._lease.entered -= 1
            if self._lease.entered == 0:
                self._lease.release()
