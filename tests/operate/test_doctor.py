"""`abuse doctor` where something is missing: one thing to mend, the rest skipped, no Spark started."""

from __future__ import annotations

from pathlib import Path

import pytest

from abuse.errors import SetupError
from abuse.lake.jars import cache_folder, file_name
from abuse.operate import doctor
from abuse.operate.doctor import Check, checks
from abuse.settings import Jar, Jars, Settings

JAR = Jar(coordinates="org.example:thing:1.0", sha256="0" * 64)


@pytest.fixture(autouse=True)
def _no_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Settings) -> None:
        pytest.fail("Spark was started")

    monkeypatch.setattr(doctor, "_session", refuse)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """One jar, cached with other bytes than its digest says."""
    jars = Jars(needed=(JAR,), cache=str(tmp_path / "cache"))
    cached = cache_folder(jars) / file_name(JAR.coordinates)
    cached.parent.mkdir(parents=True)
    cached.write_text("not a jar", encoding="utf-8")
    return Settings(jars=jars)


def fake_java(home: Path, says: str) -> None:
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho '{says}' >&2\n", encoding="utf-8")
    java.chmod(0o755)


def skipped(cause: str, *names: str) -> list[Check]:
    return [Check(name=name, ok=False, found=f"skipped: {cause} failed") for name in names]


def test_no_java(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert list(checks(settings)) == [
        Check(
            name="Java",
            ok=False,
            found="java: no java on PATH, and JAVA_HOME is not set, wanted Java 17 or 21",
            fix="Install OpenJDK 17 or 21 and set JAVA_HOME.",
        ),
        *skipped("Java", "jars", "Spark", "Delta", "GraphFrames"),
    ]


def test_java_too_old(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(tmp_path / "jdk", 'openjdk version "11.0.2" 2019-01-15')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    first, *others = checks(settings)
    assert (first.ok, first.found) == (False, "java: version 11, wanted Java 17 or 21")
    assert others == skipped("Java", "jars", "Spark", "Delta", "GraphFrames")


def test_a_jar_with_another_digest(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(tmp_path / "jdk", 'openjdk version "17.0.15" 2025-04-15')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    java, jars, *others = checks(settings)
    assert java == Check(name="Java", ok=True, found="Java 17")
    assert not jars.ok
    assert jars.found.startswith(f"jar {tmp_path}")
    assert f"wanted sha256 {JAR.sha256}" in jars.found
    assert jars.fix.startswith("Delete the file")
    assert others == skipped("jars", "Spark", "Delta", "GraphFrames")


def test_whatever_spark_throws_is_a_finding(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """GraphFrames is skipped because of Spark, not because of Delta, which it does not need."""

    def crash(_: Settings) -> str:
        raise RuntimeError("the port is taken\nand a long trace")

    def fine(_: Settings) -> str:
        return "fine"

    rest = (("Java", "", fine), ("jars", "Java", fine), ("Spark", "jars", crash), ("Delta", "Spark", fine))
    monkeypatch.setattr(doctor, "LOOKS", (*rest, ("GraphFrames", "Spark", fine)))
    java, jars, spark, *others = checks(settings)
    assert java.ok
    assert jars.ok
    assert (spark.ok, spark.found) == (False, "RuntimeError: the port is taken")
    assert others == skipped("Spark", "Delta", "GraphFrames")


HALVES = {  # name: version of the Python half, JVM has GraphFrames, JVM has k-core -> what is wrong
    "both before k-core": ("0.9.3", True, False, None),
    "both with k-core": ("0.12.0", True, True, None),
    "old jar, new Python": ("0.12.0", True, False, "classes from before 0.10"),
    "new jar, old Python": ("0.9.3", True, True, "classes of 0.10 or later"),
    "no jar": ("0.9.3", False, False, "none of its classes"),
}


@pytest.mark.parametrize(("python", "has_graphframes", "has_k_core", "wrong"), HALVES.values(), ids=HALVES)
def test_the_halves_of_graphframes(python: str, has_graphframes: bool, has_k_core: bool, wrong: str | None) -> None:
    if wrong is None:
        doctor._match_halves(python, has_graphframes, has_k_core)
    else:
        with pytest.raises(SetupError, match=wrong):
            doctor._match_halves(python, has_graphframes, has_k_core)
