"""Jars: fetched through Spark's real Ivy from a folder that plays the package repository; no network is needed."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path

import psutil
import pytest

from abuse.errors import SetupError
from abuse.lake import jars as module
from abuse.lake.jars import LOG, cache_folder, file_name, java_version, local_jars, require_java
from abuse.settings import Jar, Jars

IVY = """<ivysettings><settings defaultResolver="folder"/><resolvers><filesystem name="folder">
<artifact pattern="{}/[organisation]-[artifact]-[revision].[ext]"/></filesystem></resolvers></ivysettings>"""
GOOD, OTHER = b"the jar", b"another jar"


def jar(name: str, content: bytes = GOOD) -> Jar:
    return Jar(coordinates=f"org.example:{name}:1.0", sha256=hashlib.sha256(content).hexdigest())


def wanted(tmp_path: Path, *needed: Jar) -> Jars:
    return Jars(needed=needed, cache=str(tmp_path / "cache"), ivy_settings=str(tmp_path / "ivysettings.xml"))


def put(jars: Jars, each: Jar, content: bytes) -> Path:
    path = cache_folder(jars) / file_name(each.coordinates)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (tmp_path / "ivysettings.xml").write_text(IVY.format(folder), encoding="utf-8")
    return folder


@pytest.fixture
def no_ivy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("a repository was asked")

    monkeypatch.setattr(module, "_run_ivy", refuse)


def java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    path = tmp_path / "jdk" / "bin" / "java"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))


def left_running(tmp_path: Path, *, patience_s: float = 10) -> list[psutil.Process]:
    """After a moment: what was killed is gone only when the machine next comes to it."""
    end = time.monotonic() + patience_s
    while left := [each for each in psutil.process_iter(["cwd"]) if str(tmp_path) in (each.info["cwd"] or "")]:
        if time.monotonic() > end:
            break
        time.sleep(0.05)
    return left


def test_fetched_once_then_read_from_the_cache(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Also from inside a Spark job's Python, whose gateway must be neither used nor disturbed."""
    for name in ("a", "b"):
        (repository / f"org.example-{name}-1.0.jar").write_bytes(GOOD)
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", "--no-such-option")
    jars, said = wanted(tmp_path, jar("a"), jar("b")), list[str]()
    paths = local_jars(jars, say=said.append)
    assert [path.read_bytes() for path in paths] == [GOOD, GOOD]
    assert sorted(cache_folder(jars).iterdir()) == sorted(paths)
    assert said == [f"Fetching 2 jars into {cache_folder(jars)}; this happens once."]
    assert capfd.readouterr() == ("", "")
    assert not left_running(tmp_path)

    monkeypatch.setattr(module, "_run_ivy", lambda *_: pytest.fail("asked again"))
    assert local_jars(jars, say=said.append) == paths
    assert len(said) == 1


def test_what_is_missing_or_wrong_is_named_and_the_rest_is_kept(tmp_path: Path, repository: Path) -> None:
    (repository / "org.example-here-1.0.jar").write_bytes(GOOD)
    jars = wanted(tmp_path, jar("nowhere"), jar("here"))
    with pytest.raises(SetupError) as error:
        local_jars(jars)
    folder = cache_folder(jars)
    assert error.value.found == f"org.example:nowhere:1.0 could not be fetched (see {folder / LOG})"
    assert f"put each file into {folder} yourself: org.example_nowhere-1.0.jar." in error.value.fix
    assert "org.example#nowhere;1.0: not found" in (folder / LOG).read_text(encoding="utf-8")
    assert sorted(path.name for path in folder.iterdir()) == [LOG, "org.example_here-1.0.jar"]

    put(jars, jars.needed[0], GOOD)  # as the error says
    assert len(local_jars(jars)) == 2


@pytest.mark.usefixtures("repository")
def test_a_repository_that_serves_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jars = wanted(tmp_path, jar("a"))
    monkeypatch.setattr(module, "_run_ivy", lambda _, work, __: (work / "org.example_a-1.0.jar").write_bytes(OTHER))
    with pytest.raises(SetupError, match="The repository serves another file"):
        local_jars(jars)
    assert not list(cache_folder(jars).iterdir())


@pytest.mark.usefixtures("no_ivy")
def test_a_cached_jar_with_another_digest_is_not_used(tmp_path: Path) -> None:
    jars = wanted(tmp_path, jar("a"))
    path = put(jars, jars.needed[0], OTHER)
    with pytest.raises(SetupError) as error:
        local_jars(jars)
    assert error.value.where == f"jar {path}"
    assert error.value.found == f"sha256 {hashlib.sha256(OTHER).hexdigest()}"
    assert error.value.wanted == f"sha256 {hashlib.sha256(GOOD).hexdigest()}"
    assert error.value.fix.startswith("Delete the file and it is fetched again, or correct sha256")
    assert path.exists()


@pytest.mark.usefixtures("no_ivy")
def test_a_full_cache_needs_no_java_and_knows_no_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("JAVA_HOME", "")
    upper = Jar(coordinates="org.example:a:1.0", sha256=jar("a").sha256.upper())
    path = put(wanted(tmp_path, jar("a")), upper, GOOD)
    assert local_jars(wanted(tmp_path, upper)) == [path]


@pytest.mark.usefixtures("repository")
def test_two_fetches_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2)

    def slow(_: object, work: Path, __: str) -> None:
        both.wait(timeout=60)
        (work / "org.example_a-1.0.jar").write_bytes(GOOD)
        both.wait(timeout=60)

    monkeypatch.setattr(module, "_run_ivy", slow)
    jars, found = wanted(tmp_path, jar("a")), list[list[Path]]()
    threads = [threading.Thread(target=lambda: found.append(local_jars(jars))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[cache_folder(jars) / "org.example_a-1.0.jar"]] * 2
    assert sorted(cache_folder(jars).iterdir()) == found[0]


@pytest.mark.usefixtures("repository")
def test_a_fetch_that_never_ends_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With everything it started: here a Java that answers the first question and then hangs."""
    java(tmp_path, monkeypatch, """[ "$1" = -version ] && echo 'version "17"' || sleep 600""")
    monkeypatch.setattr(module, "FETCH_S", 2)
    jars = wanted(tmp_path, jar("a"))
    with pytest.raises(SetupError, match="could not be fetched"):
        local_jars(jars)
    assert "stopped after 2 s" in (cache_folder(jars) / LOG).read_text(encoding="utf-8")
    assert not left_running(tmp_path)


def test_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ABUSE_CACHE", raising=False)
    assert cache_folder(Jars()).parent == tmp_path / "home" / ".cache" / "abuse" / "jars"
    monkeypatch.setenv("ABUSE_CACHE", str(tmp_path / "env"))
    assert cache_folder(Jars()).parent == tmp_path / "env" / "jars"
    assert cache_folder(Jars(cache=str(tmp_path / "set"))).parent == tmp_path / "set" / "jars"
    assert cache_folder(Jars(needed=(jar("a"),))) != cache_folder(Jars(needed=(jar("a", OTHER),)))


BAD_SETTINGS = {  # name: settings -> what the error says
    "coordinates without a version": (Jars(needed=(jar("a:b"),)), "group:artifact:version"),
    "coordinates that climb": (Jars(needed=(Jar(coordinates="../a:b:1", sha256=""),)), "group:artifact:version"),
    "no ivysettings": (Jars(needed=(jar("a"),), ivy_settings="/nowhere/ivysettings.xml"), "no file /nowhere/ivys"),
    "a cache nobody can write": (Jars(needed=(jar("a"),), cache="/proc/cache"), r"jars.cache .* not writable"),
}


@pytest.mark.parametrize(("jars", "says"), BAD_SETTINGS.values(), ids=BAD_SETTINGS)
@pytest.mark.usefixtures("no_ivy")
def test_bad_settings(jars: Jars, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABUSE_CACHE", str(tmp_path))
    with pytest.raises(SetupError, match=says):
        local_jars(jars)


VERSIONS = {  # what `java -version` says: major version
    'openjdk version "17.0.15" 2025-04-15': 17,
    'Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "21" 2023-09-19': 21,
    'openjdk version "26-ea" 2026-03-17': 26,
    'java version "1.8.0_392"': 8,
}


@pytest.mark.parametrize(("says", "version"), VERSIONS.items(), ids=map(str, VERSIONS.values()))
def test_java_version(says: str, version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java(tmp_path, monkeypatch, f"echo '{says}' >&2")
    assert java_version() == version
    if version < module.OLDEST_JAVA:
        with pytest.raises(
            SetupError, match=f"java: version {version}, wanted Java 17 or 21. Install OpenJDK 17 or 21"
        ):
            require_java()
    else:
        assert require_java() == version


NO_JAVA = {  # name: script -> found
    "a stub": ("echo 'Unable to locate a Java Runtime.'; exit 1", "says 'Unable to locate"),
    "not a program": (None, "no .*/bin/java, where JAVA_HOME points"),
    "another machine's": ("\0", "bin/java"),
}


@pytest.mark.parametrize(("script", "says"), NO_JAVA.values(), ids=NO_JAVA)
def test_no_java(script: str | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if script is None:
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    else:
        java(tmp_path, monkeypatch, script)
    with pytest.raises(SetupError, match=f"{says}.* wanted Java 17 or 21. Install OpenJDK 17 or 21 and set JAVA_HOME."):
        require_java()


def test_no_java_anywhere_is_said_before_a_fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_ivy: None) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(SetupError, match="java: no java on PATH, and JAVA_HOME is not set"):
        local_jars(Jars(needed=(jar("a"),), cache=str(tmp_path)))
