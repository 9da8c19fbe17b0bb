"""A disk that is full, or a lake that may not be written, is one line, and what went wrong first stays the news."""

from __future__ import annotations

import errno
import os

import click
import pytest
from click.testing import CliRunner

from abuse.cli import Group
from abuse.errors import LakeError
from abuse.lake.trouble import writable


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT])
def test_what_the_disk_says_is_one_line(number: int) -> None:
    with pytest.raises(LakeError) as told, writable("lake here"):
        raise OSError(number, os.strerror(number), "a file")
    assert "\n" not in str(told.value)
    assert os.strerror(number) in str(told.value)


def test_another_error_stays_what_it_is() -> None:
    with pytest.raises(ConnectionResetError), writable("lake here"):
        raise ConnectionResetError(errno.ECONNRESET, "reset")


def test_a_command_that_cannot_write_ends_with_one_line() -> None:
    @click.group(cls=Group)
    def main() -> None: ...

    @main.command()
    def full() -> None:
        with open("/dev/full", "wb", buffering=0) as file:  # noqa: PTH123 -- the one file that is always full
            file.write(b"x")

    @main.command()
    def lost() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "report.html")

    told = CliRunner().invoke(main, ["lost"])
    assert told.exit_code == 1
    assert told.output == "abuse: report.html: No space left on device. Make it writable, or free space.\n"
    assert CliRunner().invoke(main, ["full"]).exit_code == 1
