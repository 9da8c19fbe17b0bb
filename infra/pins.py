"""Pins every version, transitive ones too, into [tool.uv] constraint-dependencies: `poe lock`.

uv.lock itself is not committed, because it records package addresses.
"""

import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parent.parent
PINS = re.compile(r"^constraint-dependencies = \[(?:\n.*?^)?\]$", re.DOTALL | re.MULTILINE)


def with_pins(text: str, pins: list[str]) -> str:
    lines = "".join(f'    "{pin}",\n' for pin in pins)
    return PINS.sub(lambda _: f"constraint-dependencies = [\n{lines}]", text)


def resolved() -> list[str]:
    """name==version, with its marker where it has one, for every group."""
    subprocess.run(["uv", "lock", "--quiet", "--upgrade"], cwd=PROJECT, check=True)  # noqa: S607
    options = ("--quiet", "--no-hashes", "--no-emit-project", "--all-groups", "--no-annotate", "--no-header")
    done = subprocess.run(["uv", "export", *options], cwd=PROJECT, check=True, capture_output=True, text=True)  # noqa: S603, S607
    return sorted(line.strip().replace('"', "'") for line in done.stdout.splitlines() if "==" in line)


if __name__ == "__main__":
    file = PROJECT / "pyproject.toml"
    file.write_text(with_pins(file.read_text(), []))
    pins = resolved()
    file.write_text(with_pins(file.read_text(), pins))
    sys.stdout.write(f"{len(pins)} versions pinned\n")
