"""One lake in S3, one run at a time, though no file system and no clock is shared."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from abuse.errors import LakeError
from abuse.lake import holder, lock
from abuse.lake.bucket import Bucket
from abuse.lake.holder import Holder
from abuse.lake.lock import LakeLock
from abuse.lake.places import FILE
from abuse.lake.storage import read_json, storage_of, write_json
from abuse.lake.storage.s3 import S3
from tests.s3.conftest import environment, new_bucket, serving
from tests.s3.copied import paths

NUM_TAKERS = 20
SHORT_S, SILENT_S = 2.0, 3.2
"""Lease and silence of these tests: S3 tells whole seconds."""
HOLDER = """
import sys, time
from abuse.lake.lock import LakeLock

with LakeLock(sys.argv[1], "first-run"):
    print("inside", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def lake(bucket: str) -> str:
    return f"{bucket}/lake"


def lock_of(lake: str) -> dict[str, Any]:
    found: dict[str, Any] = read_json(f"{lake}/{FILE}") or {}
    return found


def left_behind(lake: str, **changes: Any) -> None:
    """A lock nobody removed, of another machine."""
    with LakeLock(lake, "first-run"):
        said = lock_of(lake)
    write_json(f"{lake}/{FILE}", said | {"token": "theirs", "host": "elsewhere"} | changes)


def test_a_second_run_is_refused_while_the_first_lives_and_let_in_after_it(lake: str) -> None:
    with LakeLock(lake, "first-run") as first:
        with pytest.raises(LakeError, match=r"held by first-run on .* wanted a free lake"), LakeLock(lake, "second"):
            pass
        first.check()
        with LakeLock(f"{lake}-other", "second"):
            pass
    assert paths(lake) == set()
    with LakeLock(lake, "second") as second:
        second.check()


def test_the_same_owner_enters_again_and_only_the_last_exit_frees(lake: str) -> None:
    with LakeLock(lake, "night"):
        with LakeLock(lake, "night") as step:
            step.check()
        assert paths(lake) == {FILE}
    assert paths(lake) == set()


def winners(lake: str) -> list[str]:
    def took(n: int) -> str | None:
        ours = Holder.here(f"run-{n}")
        return None if Bucket(lake).take(ours) else ours.token

    with ThreadPoolExecutor(NUM_TAKERS) as pool:
        return [token for token in pool.map(took, range(NUM_TAKERS)) if token]


@pytest.mark.parametrize("is_left", [False, True], ids=["a free lake", "a dead holder's"])
def test_of_twenty_takers_at_once_one_wins(lake: str, monkeypatch: pytest.MonkeyPatch, is_left: bool) -> None:
    if is_left:
        left_behind(lake)
        time.sleep(SILENT_S)
        monkeypatch.setattr(holder, "STALE_S", SHORT_S)
    won = winners(lake)
    assert len(won) == 1
    assert lock_of(lake)["token"] == won[0]


def test_a_silent_holder_is_replaced_after_its_time_by_s3s_clock_and_not_before(
    lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_behind(lake, heartbeat=0)  # by its own clock silent since 1970; by S3's it wrote a moment ago
    with pytest.raises(LakeError, match="held by first-run on elsewhere"), LakeLock(lake, "second"):
        pass
    left_behind_ahead = lock_of(lake) | {"heartbeat": 9e9}
    write_json(f"{lake}/{FILE}", left_behind_ahead)
    monkeypatch.setattr(holder, "STALE_S", SHORT_S)
    time.sleep(SILENT_S)
    with LakeLock(lake, "second") as second:
        second.check()


def test_who_was_replaced_notices_stays_out_and_leaves_the_other_alone(lake: str) -> None:
    with LakeLock(lake, "slow") as slow:
        said = lock_of(lake)
        write_json(f"{lake}/{FILE}", said | {"owner": "usurper", "token": "theirs"})
        with pytest.raises(LakeError, match=r"lease lost .held by usurper"):
            slow.check()
        write_json(f"{lake}/{FILE}", said)
        with pytest.raises(LakeError, match="lease lost"):
            slow.check()
        write_json(f"{lake}/{FILE}", said | {"owner": "usurper", "token": "theirs"})
    assert lock_of(lake)["owner"] == "usurper"


def test_a_lock_removed_by_hand_is_a_lost_lease(lake: str) -> None:
    with LakeLock(lake, "night") as held:
        storage_of(lake).remove([f"{lake}/{FILE}"])
        with pytest.raises(LakeError, match=r"lease lost .held by nobody"):
            held.check()
    assert paths(lake) == set()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"owner": "x"}'])
def test_a_lock_that_cannot_be_read_is_believed_for_a_while(
    lake: str, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    storage_of(lake).write(f"{lake}/{FILE}", text.encode())
    with pytest.raises(LakeError, match="held by unknown"), LakeLock(lake, "second"):
        pass
    monkeypatch.setattr(holder, "STALE_S", SHORT_S)
    time.sleep(SILENT_S)
    with LakeLock(lake, "second"):
        pass


def test_the_heartbeat_goes_on_until_the_exit(lake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "HEARTBEAT_S", 0.05)
    with LakeLock(lake, "night") as held:
        first, deadline = lock_of(lake)["heartbeat"], time.monotonic() + 30
        while lock_of(lake)["heartbeat"] == first:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        for _ in range(20):
            held.check()  # beside the beat: the two change one object and never mistake each other for a stranger
    time.sleep(0.2)
    assert paths(lake) == set()


def test_a_killed_holder_on_this_machine_is_replaced_at_once(lake: str, endpoint: str) -> None:
    command = [sys.executable, "-c", HOLDER, lake]
    env = os.environ | environment(endpoint)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "inside\n"
        with pytest.raises(LakeError, match="held by first-run"), LakeLock(lake, "second-run"):
            pass
        first.send_signal(signal.SIGKILL)
    with LakeLock(lake, "second-run"):
        assert lock_of(lake)["owner"] == "second-run"


class Deaf(S3):
    """The put arrives, its answer is lost, and the one that boto3 sends again is refused: by our own object."""

    def put_if(self, path: str, content: bytes, etag: str | None) -> str | None:
        super().put_if(path, content, etag)
        return super().put_if(path, content + b" ", etag)


def test_a_put_whose_answer_was_lost_is_known_for_ours(lake: str) -> None:
    place, ours = Bucket(lake), Holder.here("night")
    place.s3 = Deaf()
    assert place.take(ours) is None
    place.s3 = S3()
    place.renew(ours)
    place.free(ours)
    assert paths(lake) == set()


def test_a_store_that_takes_no_notice_of_conditions_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("forgets_conditions") as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        lake = f"{new_bucket()}/lake"
        with pytest.raises(LakeError, match="conditional puts are not judged"), LakeLock(lake, "night"):
            pass
        assert paths(lake) == set()


def test_the_lock_file_says_who_and_no_secret(lake: str, found: None) -> None:
    with LakeLock(lake, "night"):
        said = json.dumps(lock_of(lake))
    assert '"owner": "night"' in said
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in said
