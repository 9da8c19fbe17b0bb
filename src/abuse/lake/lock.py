"""One lock per lake, so that two runs never write into it at once: lake + owner -> a lease, renewed while it is held.

`_lock.json` says who holds the lake; `places` knows how it is changed on a disk and in S3.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Self

from abuse.address import is_remote
from abuse.errors import LakeError
from abuse.lake.holder import STALE_S, Holder
from abuse.lake.places import Folder, LostError, Place

HEARTBEAT_S = 20.0  # fifteen beats fit into STALE_S, so a busy machine or a slow disk may miss several


def place_of(lake: str) -> Place:
    if is_remote(lake):
        from abuse.lake.bucket import Bucket

        return Bucket(lake)
    return Folder(Path(lake))


class _Lease:
    """A lake held by this process, however many times it was entered."""

    def __init__(self, lake: str, owner: str) -> None:
        self.holder, self.place = Holder.here(owner), place_of(lake)
        self.lake, self.entered, self.ended = lake, 0, threading.Event()
        self.lost: LakeError | None = None

    def take(self) -> Self:
        """Raises while another holder lives."""
        other = self.place.take(self.holder)
        if other:
            fix = f"Wait for it to end; a holder that died frees the lake after {STALE_S / 60:.0f} minutes."
            raise LakeError(f"lock {self.lake}", f"held by {other}", "a free lake", fix)
        threading.Thread(target=self._beat, name="lake-lock", daemon=True).start()
        return self

    def renew(self) -> None:
        """After this the lease is ours for STALE_S more. Once lost it stays lost, even if the lake is free again."""
        if self.lost:
            raise self.lost
        fresh = replace(self.holder, heartbeat=time.time())
        try:
            self.place.renew(fresh)
        except LostError as why:
            fix = "Run it again: this run paused for too long, or somebody removed the lock by hand."
            found = f"lease lost (held by {why.found or 'nobody'})"
            self.lost = LakeError(f"lock {self.lake}", found, "this run's lease", fix)
            raise self.lost from None
        self.holder = fresh

    def _beat(self) -> None:
        while not self.ended.wait(HEARTBEAT_S) and not self.lost:
            with suppress(LakeError):  # a loss is kept in self.lost; a full disk may be well at the next beat
                self.renew()

    def release(self) -> None:
        """Never raises: it must not hide why a run ended, and a file left behind dies with this process."""
        self.ended.set()
        if self.holder.pid == os.getpid():  # a forked child may leave its parent's `with`
            with suppress(LakeError):
                self.place.free(self.holder)


_LEASES: dict[str, _Lease] = {}
_LEASES_GUARD = threading.Lock()
os.register_at_fork(after_in_child=_LEASES.clear)


class LakeLock:
    """`with LakeLock(lake, run_id) as lock:`. The same owner may enter again in its process; others get LakeError."""

    def __init__(self, lake: Path | str, owner: str) -> None:
        self.lake = str(lake) if is_remote(str(lake)) else str(Path(lake).resolve())
        self.owner = owner

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


def slice_lock(lake: str, campaign_id: str, as_of: datetime) -> LakeLock:
    """Of whatever works on this slice: a release or a refresh may enter the night that it goes on with."""
    return LakeLock(lake, f"{campaign_id} as of {as_of.isoformat()}")
