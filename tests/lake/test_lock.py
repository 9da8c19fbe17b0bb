"""One lake, one run at a time: with real processes, real deaths and lock files as other hosts leave them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from abuse.errors import LakeError
from abuse.lake import lock
from abuse.lake.holder import STALE_S
from abuse.lake.lock import LakeLock
from abuse.lake.places import FILE

NUM_RUNS = 20

# Enters once, however long it takes. Inside it holds flock on a witness, which the kernel frees when it is killed.
CONTENDER = """
import fcntl, os, random, signal, sys, time
from pathlib import Path
from abuse.errors import LakeError
from abuse.lake.lock import LakeLock

lake, scratch, name, dies = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4] == "dies"
random.seed(name)
while True:
    try:
        with LakeLock(lake, name) as lock, (scratch / "witness").open("w") as witness:
            try:
                fcntl.flock(witness, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                (scratch / f"{name}.crowded").touch()
            (scratch / f"{name}.inside").touch()
            time.sleep(random.random() * 0.02)
            lock.check()
            if dies:
                os.kill(os.getpid(), signal.SIGKILL)
            fcntl.flock(witness, fcntl.LOCK_UN)
        break
    except LakeError as why:
        if "held by" not in str(why):
            raise
        time.sleep(random.random() * 0.02)
"""

HOLDER = """
import sys, time
from pathlib import Path
from abuse.lake.lock import LakeLock

with LakeLock(Path(sys.argv[1]), "first-run"):
    print("inside", flush=True)
    time.sleep(60)
"""


def started(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True)


def left_behind(lake: Path, **changes: object) -> None:
    """A lock nobody removed."""
    with LakeLock(lake, "first-run"):
        said = json.loads((lake / FILE).read_text(encoding="utf-8"))
    (lake / FILE).write_text(json.dumps(said | {"token": "theirs"} | changes), encoding="utf-8")


@pytest.mark.parametrize("fate", ["lives", "dies"])
def test_of_many_contenders_one_at_a_time_is_inside(tmp_path: Path, fate: str) -> None:
    """Also when every run is killed inside and the next must take a dead one's place, a stale lock to begin with."""
    lake = tmp_path / "lake"
    left_behind(lake, host="elsewhere", heartbeat=time.time() - STALE_S - 1)
    runs = [started(CONTENDER, lake, tmp_path, f"run-{n}", fate) for n in range(NUM_RUNS)]
    ends = []
    for run in runs:
        with run:
            ends.append(run.wait(timeout=120))
    assert set(ends) == ({0} if fate == "lives" else {-signal.SIGKILL})
    assert len(list(tmp_path.glob("*.inside"))) == NUM_RUNS
    assert not list(tmp_path.glob("*.crowded"))
    assert (lake / FILE).exists() == (fate == "dies")


def test_a_living_holder_is_named_and_a_killed_one_is_replaced_at_once(tmp_path: Path) -> None:
    with started(HOLDER, tmp_path) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "inside\n"
        with pytest.raises(LakeError) as refused, LakeLock(tmp_path, "second-run"):
            pass
        holder.kill()
    assert f"held by first-run on {socket.gethostname()} (pid {holder.pid}) since 20" in str(refused.value)
    assert refused.value.wanted == "a free lake"
    assert refused.value.fix == "Wait for it to end; a holder that died frees the lake after 5 minutes."
    with LakeLock(tmp_path, "second-run"):
        pass


def test_a_killed_holder_nobody_has_waited_for_counts_as_gone(tmp_path: Path) -> None:
    with started(HOLDER, tmp_path) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.kill()
        os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the process table
        with LakeLock(tmp_path, "second-run"):
            pass


LEFT: dict[str, tuple[dict[str, Any], bool]] = {  # name: what the file says otherwise -> is the lake free
    "fresh, another host": ({"host": "elsewhere"}, False),
    "fresh, another host where that pid is dead": ({"host": "elsewhere", "pid": 2**22 - 1}, False),
    "fresh, same host name but another container": ({"machine": "another boot", "pid": 2**22 - 1}, False),
    "silent for too long, another host": ({"host": "elsewhere", "heartbeat": 0}, True),
    "silent for too long, though its process lives": ({"heartbeat": 0}, True),
    "this host, process alive": ({}, False),
    "this host, process dead": ({"pid": 2**22 - 1}, True),
    "this host, pid given to another process": ({"started": "1"}, True),
    "a heartbeat from a clock that is ahead": ({"host": "elsewhere", "heartbeat": 9e9}, False),
}


@pytest.mark.parametrize(("says", "is_free"), LEFT.values(), ids=LEFT)
def test_a_lock_left_behind(tmp_path: Path, says: dict[str, Any], is_free: bool) -> None:
    left_behind(tmp_path, **says)
    before = (tmp_path / FILE).read_text(encoding="utf-8")
    if is_free:
        with LakeLock(tmp_path, "second-run") as held:
            held.check()
        assert not (tmp_path / FILE).exists()
    else:
        with pytest.raises(LakeError, match="held by first-run"), LakeLock(tmp_path, "second-run"):
            pass
        assert (tmp_path / FILE).read_text(encoding="utf-8") == before


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"owner": "x"}', '{"since": 1, "heartbeat": "soon"}'])
def test_a_lock_that_cannot_be_read_is_believed_for_five_minutes(tmp_path: Path, text: str) -> None:
    path = tmp_path / FILE
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LakeError, match="held by unknown"), LakeLock(tmp_path, "second-run"):
        pass
    os.utime(path, (0, time.time() - STALE_S - 1))
    with LakeLock(tmp_path, "second-run"):
        pass


def test_the_same_owner_enters_again_and_only_the_last_exit_frees(tmp_path: Path) -> None:
    with LakeLock(tmp_path, "night"):
        with LakeLock(tmp_path, "night") as step:
            step.check()
        assert (tmp_path / FILE).exists()
        with pytest.raises(LakeError, match="held by night"), LakeLock(tmp_path, "another"):
            pass
        with LakeLock(tmp_path / "other-lake", "another"):
            pass
    assert not (tmp_path / FILE).exists()
    with LakeLock(tmp_path, "another"):
        pass


def test_an_error_inside_frees_the_lake_and_is_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), LakeLock(tmp_path, "night"):
        raise ZeroDivisionError
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "removed"])
def test_a_lost_lease_is_noticed_remembered_and_left_alone(tmp_path: Path, taken: bool) -> None:
    path = tmp_path / FILE
    with LakeLock(tmp_path, "night") as held:
        ours = path.read_text(encoding="utf-8")
        path.unlink()
        if taken:
            left_by_another = ours.replace("night", "usurper").replace(json.loads(ours)["token"], "theirs")
            path.write_text(left_by_another, encoding="utf-8")
        with pytest.raises(LakeError, match="lease lost"):
            held.check()
        if not taken:
            path.write_text(ours, encoding="utf-8")
        with pytest.raises(LakeError, match="lease lost"), LakeLock(tmp_path, "night"):
            pass
    assert path.exists() == taken


def test_the_heartbeat_goes_on_until_the_exit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "HEARTBEAT_S", 0.01)

    def beat() -> float:
        said: dict[str, float] = json.loads((tmp_path / FILE).read_text(encoding="utf-8"))
        return said["heartbeat"]

    with LakeLock(tmp_path, "night"):
        first, deadline = beat(), time.monotonic() + 30
        while beat() == first:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    time.sleep(0.05)
    assert not (tmp_path / FILE).exists()
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".new"]


def test_a_reader_never_sees_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "HEARTBEAT_S", 0.0001)
    with LakeLock(tmp_path, "night"):
        for _ in range(2000):
            assert json.loads((tmp_path / FILE).read_text(encoding="utf-8"))["owner"] == "night"


def test_what_killed_writers_left_aside_is_swept(tmp_path: Path) -> None:
    (tmp_path / "_lock.0123.new").touch()
    with LakeLock(tmp_path, "night"):
        assert {path.name for path in tmp_path.iterdir()} == {"_lock.json", "_lock.guard"}


def test_a_forked_child_neither_holds_nor_frees_its_parents_lake(tmp_path: Path) -> None:
    code = f"""
import os
from pathlib import Path
from abuse.errors import LakeError
from abuse.lake.lock import LakeLock

lake, refused = Path({str(tmp_path)!r}), False
with LakeLock(lake, "night"):
    child = os.fork()
    if child == 0:
        try:
            LakeLock(lake, "night").__enter__()
        except LakeError:
            refused = True
    else:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert (lake / "_lock.json").exists()
if child == 0:
    os._exit(7 if refused else 8)
assert not (lake / "_lock.json").exists()
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_threads_of_one_owner_share_the_lease(tmp_path: Path) -> None:
    def step() -> None:
        for _ in range(20):
            with LakeLock(tmp_path, "night") as held:
                held.check()

    threads = [threading.Thread(target=step) for _ in range(4)]
    with LakeLock(tmp_path, "night"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (tmp_path / FILE).exists()
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("place", ["a-file", "a-file/below", "/proc/lake"])
def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "a-file").touch()
    with pytest.raises(LakeError) as refused, LakeLock(tmp_path / place, "night"):
        pass
    assert f"lake {tmp_path / place}: not writable (" in str(refused.value)
    assert refused.value.wanted == "a folder this user can write"
