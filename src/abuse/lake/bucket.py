"""The lock of a lake in S3: one object. A change succeeds only while the object is the one that was judged, so that of
many who would take a dead holder's place one does.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from abuse.errors import LakeError
from abuse.lake.holder import Holder
from abuse.lake.places import FILE, LostError
from abuse.lake.storage.s3 import S3

TRIES = 10
"""Times that a change may meet another's. The first who wins is alive, and the others see it next."""


class Bucket:
    """See `Place`. How long a holder has been silent is read off S3's own clock, so machines' clocks may differ."""

    def __init__(self, lake: str) -> None:
        self.lake, self.path, self.etag = lake, f"{lake}/{FILE}", ""
        self.s3, self.turn = S3(), threading.Lock()

    def take(self, ours: Holder) -> Holder | None:
        """Also ours when S3 took a put whose answer was lost, and boto3 asked again."""
        for _ in range(TRIES):
            found, etag = self._found()
            if found and found.token == ours.token:
                self.etag = etag
                return None
            if found and not found.is_gone():
                return found
            if put := self.s3.put_if(self.path, ours.content(), etag or None):
                self.etag = put
                self._judged_by_s3(ours)
                return None
        raise self._crowded()

    def renew(self, ours: Holder) -> None:
        with self.turn:
            for _ in range(TRIES):
                if put := self.s3.put_if(self.path, ours.content(), self.etag):
                    self.etag = put
                    return
                found, self.etag = self._found()
                if found is None or found.token != ours.token:
                    raise LostError(found)
        raise self._crowded()

    def free(self, ours: Holder) -> None:
        with self.turn:
            found, etag = self._found()
            if found and found.token == ours.token:
                self.s3.remove_if(self.path, etag)

    def _found(self) -> tuple[Holder | None, str]:
        seen = self.s3.seen(self.path)
        if seen is None:
            return None, ""
        changed = time.time() - seen.age_s
        return replace(Holder.said(seen.content, changed), heartbeat=changed), seen.etag

    def _judged_by_s3(self, ours: Holder) -> None:
        """A store that takes no notice of conditions would let every run in, so it is asked for what it must refuse."""
        if self.s3.put_if(self.path, ours.content(), None):
            self.s3.remove([self.path])
            wanted = "a store that knows If-None-Match and If-Match, as S3 does"
            raise LakeError(f"lock {self.lake}", "conditional puts are not judged", wanted, "Take another store.")

    def _crowded(self) -> LakeError:
        found, wanted = f"changed by others {TRIES} times meanwhile", "a moment of peace"
        return LakeError(f"lock {self.lake}", found, wanted, "Run it again.")
