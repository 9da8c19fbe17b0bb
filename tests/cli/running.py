"""A small campaign, and the command line run on it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from abuse.cli import main

GOOD = """id = "spring"
name = "Spring"
chain = "base"
starts_at = 2026-03-01T00:00:00Z
ends_at = 2026-04-01T00:00:00Z

[[sources]]
format = "participation"
path = "actions.csv"
"""
ACTIONS = "account,at\n" + "".join(f"0x{n:040x},2026-03-02T00:00:00Z\n" for n in range(3))
AS_OF = "2026-05-01T00:00:00Z"


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    stderr: str


def files(path: Path) -> dict[str, bytes] | None:
    """Everything under a folder, byte for byte; None where there is none."""
    if not path.exists():
        return None
    return {str(p.relative_to(path)): p.read_bytes() if p.is_file() else b"" for p in [path, *path.rglob("*")]}


def write(folder: Path, *, campaign: str = GOOD, settings: str = "", actions: str | None = ACTIONS) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "campaign.toml").write_text(campaign)
    (folder / "settings.toml").write_text("[spark]\nshuffle_partitions = 2\n" + settings)
    if actions is not None:
        (folder / "actions.csv").write_text(actions)
    return folder


def night(folder: Path, lake: Path, *more: str, as_of: str = AS_OF) -> list[str]:
    inputs = ["--campaign", str(folder / "campaign.toml"), "--settings", str(folder / "settings.toml")]
    return ["night", *inputs, "--as-of", as_of, "--lake", str(lake), *more]


def in_process(arguments: list[str]) -> Said:
    """In the session that runs already. Raises what the command line would show as a traceback."""
    done = CliRunner().invoke(main, arguments)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Said(done.exit_code, done.stderr)


def alone(arguments: list[str], **environment: str | None) -> Said:
    """In a process of its own."""
    env = {name: value for name, value in (os.environ | environment).items() if value is not None}
    command = [sys.executable, "-m", "abuse.cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False, timeout=60)
    return Said(done.returncode, done.stderr)


def assert_one_line(said: Said, *parts: str) -> None:
    lines = said.stderr.splitlines()
    assert len(lines) == 1, said.stderr
    assert lines[0].startswith("abuse: ")
    assert [part for part in parts if part not in lines[0]] == []
    assert ", wanted " in lines[0]
    assert said.code == 1
