"""`abuse review serve`, as it is started."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner

from abuse.cli import main
from tests.console.lakes import MEMBERS, publish


def test_it_serves_a_lake_until_it_is_told_to_stop(tmp_path: Path) -> None:
    publish(tmp_path / "lake")
    command = [sys.executable, "-m", "abuse.cli", "review", "serve", "--lake", str(tmp_path / "lake")]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([*command, "--port", "0"], stdout=log, stderr=log)
        try:
            address = _printed(tmp_path / "log")
            token, port = address.partition("token=")[2], urlsplit(address).port
            assert port, "the one that the system chose"
            found = _asked(f"http://127.0.0.1:{port}/api/v1/campaigns/drop/accounts/{MEMBERS[0]}", token)
            with urlopen(address, timeout=30) as page:  # noqa: S310 -- this machine
                led_to = page.geturl()
        finally:
            process.terminate()
            process.wait(30)
    assert found["verdict"] == "disqualified"
    assert led_to.startswith(f"http://127.0.0.1:{port}/"), "the token is led out of the address"
    assert token not in led_to
    lines = (tmp_path / "log").read_text().splitlines()
    assert f"http://127.0.0.1:{port}/login?token={token} " in lines[0]
    assert "approver" in lines[1]
    assert token not in "".join(lines[1:])
    told = [json.loads(line) for line in lines[2:]]
    assert told[-1]["logger"] == "uvicorn.error"
    assert "Traceback" not in "".join(lines)
    assert len(list((tmp_path / "lake" / "work" / "console").glob("*.sqlite"))) == 1


def _printed(log: Path) -> str:
    """The address that it prints, once it does."""
    for _ in range(300):
        if found := re.search(r"http://\S+", log.read_text()):
            return found[0]
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def _asked(url: str, token: str) -> dict[str, object]:
    for _ in range(300):
        try:
            with urlopen(Request(url, headers={"authorization": f"Bearer {token}"}), timeout=30) as answer:  # noqa: S310 -- this machine
                return dict(json.loads(answer.read()))
        except URLError:  # not up yet, or the night is still being read
            time.sleep(0.2)
    raise AssertionError(url)


def test_a_port_that_is_taken_is_said_before_anything_is_printed(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = CliRunner().invoke(main, ["review", "serve", "--lake", str(tmp_path), "--port", str(port)])
    assert done.exit_code == 1
    assert done.output.startswith(f"abuse: --port {port}: 127.0.0.1 cannot be listened on (Address already in use)")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--lake", "LAKE", "--host", "0.0.0.0"], "name the --allowed-host"),  # noqa: S104 -- refused
        (["--lake", "LAKE", "--host", "0.0.0.0", "--allowed-host", "x.test"], "name --tokens or a proxy"),  # noqa: S104
        (["--lake", "LAKE", "--read-only", "--tokens", "t.json"], "leave --tokens out"),
        (["--lake", "no such folder"], "does not exist"),
        ([], "Missing option '--lake'"),
    ],
)
def test_what_it_will_not_do_is_said(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(main, ["review", "serve", *(str(tmp_path) if a == "LAKE" else a for a in arguments)])
    assert done.exit_code == 2
    assert said in done.output


def test_the_console_needs_no_jvm_and_no_torch() -> None:
    ask = "import sys; import abuse.console.app; print([n for n in ('pyspark', 'torch', 'pandas') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_where_the_lake_may_only_be_read_the_read_models_lie_elsewhere(tmp_path: Path) -> None:
    from abuse.console.command import _folder

    with _folder(tmp_path / "models") as folder:
        assert folder == tmp_path / "models"
    (tmp_path / "file").write_text("")
    with _folder(tmp_path / "file" / "models") as folder:
        assert folder.is_dir()
        assert tmp_path not in folder.parents
    assert not folder.exists()
