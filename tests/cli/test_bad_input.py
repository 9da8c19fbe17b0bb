"""What an operator can fix before any Java starts: one line, exit code 1 (2 for usage), and no lake."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from abuse.cli import main
from abuse.lake.jars import cache_folder, file_name
from abuse.settings import Settings
from tests.cli.running import AS_OF, GOOD, alone, assert_one_line, files, in_process, night, write

EARLY: dict[str, tuple[dict[str, str], str, tuple[str, ...]]] = {  # files, as_of -> the line's parts
    "an unknown key of the campaign": (
        {"campaign": "end_at = 1\n" + GOOD}, AS_OF,
        ("campaign file campaign.toml: end_at", "ends_at (did you mean it?)")),
    "an unknown format": (
        {"campaign": GOOD.replace('"participation"', '"actions"')}, AS_OF,
        ("sources[0].format", "is actions", "one of: participation")),
    "a campaign that is no TOML": ({"campaign": "id = "}, AS_OF, ("campaign.toml", "valid TOML")),
    "an unknown setting": (
        {"settings": "[trails]\nmax_hop = 3"}, AS_OF, ("settings: trails.max_hop", "max_hops (did you mean it?)")),
    "a setting of the wrong type": (
        {"settings": '[trails]\nmax_hops = "3"'}, AS_OF, ("settings: trails.max_hops", "is '3'", "a whole number")),
    "an as_of before the start": (
        {}, "2026-02-01T00:00:00Z", ("--as-of", "2026-02-01T00:00:00Z", "after the campaign's start")),
    "an as_of at the start": ({}, "2026-03-01T00:00:00Z", ("--as-of", "after the campaign's start")),
    "an as_of that has not come": (
        {}, "2062-05-01T00:00:00Z", ("--as-of", "2062-05-01T00:00:00+00:00 has not come yet", "of the past")),
    "an as_of without offset": ({}, "2026-05-01", ("--as-of", "without an offset", "Add the Z")),
    "an as_of that is no time": ({}, "yesterday", ("--as-of", "'yesterday'", "a time such as")),
}  # fmt: skip


@pytest.mark.parametrize(("texts", "as_of", "parts"), EARLY.values(), ids=EARLY)
def test_wrong_words_are_one_line(tmp_path: Path, texts: dict[str, str], as_of: str, parts: tuple[str, ...]) -> None:
    lake = tmp_path / "lake"
    folder = write(tmp_path / "in", **texts)
    assert_one_line(alone(night(folder, lake, as_of=as_of)), *parts)
    assert files(lake) is None


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    said = alone(night(tmp_path, tmp_path / "lake"))
    assert_one_line(said, "settings", f"no file {tmp_path / 'settings.toml'}", "an existing TOML file")


def fake_java(home: Path, version: str) -> None:
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    java.chmod(0o755)


def test_no_java_is_one_line(tmp_path: Path) -> None:
    lake, folder = tmp_path / "lake", write(tmp_path / "in")
    said = alone(night(folder, lake), PATH=str(tmp_path), JAVA_HOME=None)
    assert_one_line(said, "java: no java on PATH, and JAVA_HOME is not set, wanted Java 17 or 21")
    assert files(lake) is None


@pytest.mark.parametrize(("version", "found"), [("11.0.2", "version 11"), ("1.8.0_392", "version 8")])
def test_an_old_java_is_one_line(tmp_path: Path, version: str, found: str) -> None:
    lake, folder = tmp_path / "lake", write(tmp_path / "in")
    fake_java(tmp_path / "jdk", version)
    assert_one_line(alone(night(folder, lake), JAVA_HOME=str(tmp_path / "jdk")), f"java: {found}, wanted Java 17 or 21")
    assert files(lake) is None


def test_a_jar_that_is_not_what_was_vouched_for_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, folder = tmp_path / "lake", write(tmp_path / "in")
    monkeypatch.setenv("ABUSE_CACHE", str(tmp_path / "cache"))
    jars = Settings().jars
    cache = cache_folder(jars)
    cache.mkdir(parents=True)
    for jar in jars.needed:
        (cache / file_name(jar.coordinates)).write_bytes(b"something else")
    said = alone(night(folder, lake))
    assert_one_line(said, f"jar {cache}", "sha256 ", jars.needed[0].sha256, "Delete the file and it is fetched again")
    assert files(lake) is None


USAGE = {
    "no campaign": ["night", "--as-of", AS_OF, "--lake", "lake"],
    "no lake": ["night", "--as-of", AS_OF, "--campaign", "c.toml"],
    "an unknown command": ["nigth"],
    "an unknown step": ["step", "cluster", "--campaign", "c.toml", "--as-of", AS_OF, "--lake", "lake"],
    "an unknown option": ["runs", "--lake", "lake", "--all"],
    "too few accounts": ["simulate", "out", "--accounts", "5", "--seed", "1"],
    "a seed below zero": ["simulate", "out", "--accounts", "500", "--seed", "-1"],
    "an empty reason": ["release", "r1", "--lake", "lake", "--reason", " "],
}


@pytest.mark.parametrize("arguments", USAGE.values(), ids=USAGE)
def test_wrong_usage_exits_with_2_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = in_process(arguments)
    assert said.code == 2
    assert said.stderr.startswith("Usage: ")
    assert files(tmp_path) == {".": b""}


READS = {  # name: arguments after the lake -> the line's parts
    "why, never published": (["why", "0x1", "--campaign", "spring"], ("no publication of campaign 'spring'",)),
    "why, a night nobody ran": (
        ["why", "0x1", "--campaign", "spring", "--as-of", AS_OF],
        ("no publication of campaign 'spring' as of 2026-05",)),
    "why, no time": (["why", "0x1", "--campaign", "spring", "--as-of", "yesterday"], ("--as-of", "'yesterday'")),
    "why, a time without offset": (
        ["why", "0x1", "--campaign", "spring", "--as-of", "2026-05-01"], ("--as-of", "without an offset")),
    "gates, never asked": (["gates"], ("--run",)),
    "gates of an unknown run": (["gates", "--run", "r1"], ("--run", "no gate was asked about r1")),
    "gates of a slice never begun": (
        ["gates", "--campaign", "spring", "--as-of", AS_OF], ("no night of 'spring' as of 2026-05", "ingest")),
    "a lake that a variable does not name": (["runs", "--lake", ""], ("--lake: nothing", "Is a variable not set?")),
    "a lake elsewhere": (["runs", "--lake", "gs://bucket/l"], ("--lake: 'gs://bucket/l'", "or s3a://bucket/prefix")),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "parts"), READS.values(), ids=READS)
def test_asking_a_lake_for_what_it_has_not_is_one_line(
    tmp_path: Path, arguments: list[str], parts: tuple[str, ...]
) -> None:
    said = in_process(arguments if "--lake" in arguments else [*arguments, "--lake", str(tmp_path / "lake")])
    assert_one_line(said, *parts)
    assert files(tmp_path / "lake") is None


def test_a_lake_without_runs_says_so(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["runs", "--lake", str(tmp_path / "lake")])
    assert (done.exit_code, done.stdout) == (0, "No run yet.\n")
    assert files(tmp_path / "lake") is None


def test_a_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    said = in_process(["simulate", str(tmp_path / "out"), "--accounts", "100", "--seed", "1"])
    assert_one_line(said, str(tmp_path / "out"))
    said = in_process(["export", "--check", str(tmp_path / "out")])
    assert (said.code, said.stderr.count("\n")) == (1, 1)
    assert said.stderr.endswith(": Not a directory. Name another path.\n")
    assert files(tmp_path) == {".": b"", "out": b"mine"}
