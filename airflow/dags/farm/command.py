"""The project's command line as a child process: what it said, or one clear line."""

from __future__ import annotations

import ctypes
import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 600
"""light commands read ledgers, without a JVM"""
HELD = 3
"""exit code of `abuse gates` when a gate holds the run"""


class CommandError(RuntimeError):
    """The command failed; its own line says why."""


@dataclass(frozen=True, slots=True)
class Said:
    is_held: bool
    rows: list[dict[str, Any]]


def ask(abuse: str, *arguments: str) -> Said:
    """Runs `abuse ... --json`. Raises CommandError with the command's last line when it neither answers nor is held."""
    done = output(abuse, *arguments, "--json")
    if done.returncode not in (0, HELD):
        raise CommandError(f"abuse {arguments[0]}: {last_line(done.stderr) or f'exit {done.returncode}'}")
    return Said(done.returncode == HELD, json.loads(done.stdout))


def output(abuse: str, *arguments: str, timeout_s: float = TIMEOUT_S) -> subprocess.CompletedProcess[str]:
    """The finished process, whatever its exit. Raises CommandError when it cannot start, or takes too long."""
    try:
        return subprocess.run(  # noqa: S603 - the path is the deployment's, the arguments are ids, dates and paths
            [abuse, *arguments],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            preexec_fn=end_with_parent,
        )
    except OSError as why:
        raise CommandError(f"{abuse} cannot be started ({why.strerror}); mend `abuse` in farm.toml") from why
    except subprocess.TimeoutExpired as why:
        raise CommandError(f"abuse {arguments[0]} took more than {timeout_s:.0f} s") from why


def end_with_parent() -> None:
    """A killed task takes its command along (Linux: PR_SET_PDEATHSIG); else a cleared one would run beside it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
