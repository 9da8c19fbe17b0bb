"""The command line answers at once, and explains itself."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from abuse.cli import main
from abuse.registry import STEPS

HEAVY = ("pyspark", "pyarrow", "deltalake", "pandas", "numpy", "torch", "transformers")
ASK = f"""
import sys
from abuse.cli import main
main(["--help"], standalone_mode=False)
print("heavy:", [name for name in {HEAVY} if name in sys.modules])
"""


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        found.append((*path, name))
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
    return found


def test_help_loads_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert "Finds reward farms" in done.stdout
    assert done.stdout.splitlines()[-1] == "heavy: []"


@pytest.mark.parametrize("command", [(), *commands(main)], ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, [*command, "--help"])
    assert done.exit_code == 0
    usage, sentence = done.stdout.split("\n\n")[:2]
    assert usage.startswith("Usage: ")
    assert not sentence.startswith("Options:"), "a command without a sentence on what it does"


def test_the_version_is_the_packages() -> None:
    from abuse import __version__

    done = CliRunner().invoke(main, ["--version"])
    assert done.exit_code == 0
    assert __version__ in done.stdout


def test_a_step_that_is_none_is_told_which_there_are_in_their_order() -> None:
    given = ["--campaign", "c.toml", "--as-of", "2026-05-01T00:00:00Z", "--lake", "lake"]
    done = CliRunner().invoke(main, ["step", "trail", *given])
    assert done.exit_code == 2
    assert f"'trail' is no step; they are, in their order: {', '.join(STEPS)}." in done.stderr
    shown = "".join(CliRunner().invoke(main, ["step", "--help"]).stdout.split())
    assert f"[{'|'.join(STEPS)}]" in shown
