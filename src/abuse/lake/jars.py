"""Jars of the settings -> checked local files. Fetched once through Spark's own Ivy, then never looked up again."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import signal
import sys
import traceback
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from subprocess import DEVNULL, STDOUT, Popen, TimeoutExpired, run
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from abuse.errors import SetupError
from abuse.plurals import counted
from abuse.settings import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from abuse.settings import Jar, Jars

OLDEST_JAVA = 17
"""Spark 4 runs on nothing older."""
JAVA_S = 60
"""`java -version` answers in well under a second; a hanging one must not hang the night."""
FETCH_S = 900
"""90 MB over a slow line takes minutes; after a quarter of an hour nothing is coming."""
LOG = "fetch.log"
"""What Ivy said, kept in the cache folder when a fetch failed."""
INHERITED = ("PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET", "SPARK_REMOTE")
"""Would tie the fetching process to a Spark that is already running."""

log = logging.getLogger(__name__)


def local_jars(jars: Jars, *, say: Callable[[str], None] = log.info) -> list[Path]:
    """The needed jars, each with its digest checked just now; what is not cached is fetched first."""
    folder = cache_folder(jars)
    paths = [folder / file_name(jar.coordinates) for jar in jars.needed]
    missing = [jar for jar, path in zip(jars.needed, paths, strict=True) if not path.exists()]
    if missing:
        say(f"Fetching {counted(len(missing), 'jar')} into {folder}; this happens once.")
        _fetch(missing, folder, jars.ivy_settings)
    for jar, path in zip(jars.needed, paths, strict=True):
        _check(jar, path, "Delete the file and it is fetched again, or correct sha256 of [jars] in the settings.")
    return paths


def s3_jars(jars: Jars, *, say: Callable[[str], None] = log.info) -> list[Path]:
    """The same of those that only a path in S3 needs."""
    return local_jars(replace(jars, needed=jars.s3), say=say)


def cache_folder(jars: Jars) -> Path:
    """One folder per set of coordinates and digests, so a changed setting never meets an old file."""
    root = jars.cache or os.environ.get("ABUSE_CACHE") or "~/.cache/abuse"
    wanted = sorted([jar.coordinates, jar.sha256.lower()] for jar in jars.needed)
    return Path(root).expanduser().absolute() / "jars" / digest(wanted)


def file_name(coordinates: str) -> str:
    if not re.fullmatch(r"[\w.-]+:[\w.-]+:[\w.-]+", coordinates):
        raise SetupError("jars.needed", f"coordinates {coordinates!r}", "group:artifact:version", "Mend the settings.")
    group, artifact, version = coordinates.split(":")
    return f"{group}_{artifact}-{version}.jar"


def _check(jar: Jar, path: Path, fix: str) -> None:
    """Fails closed: a jar is code, and code nobody vouched for is not run."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as why:
        raise SetupError(f"jar {path}", f"cannot be read ({why})", "a readable file", fix) from None
    if found != jar.sha256.lower():
        raise SetupError(f"jar {path}", f"sha256 {found}", f"sha256 {jar.sha256}", fix)


def _fetch(missing: list[Jar], folder: Path, ivy_settings: str) -> None:
    """Checked files only ever appear whole under their final name, so two fetches at once do no harm."""
    require_java()
    if ivy_settings and not Path(ivy_settings).is_file():
        raise SetupError("jars.ivy_settings", f"no file {ivy_settings}", "an ivysettings.xml", "Mend the settings.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder, prefix=".fetch-", ignore_cleanup_errors=True) as name:
            work = Path(name)
            _run_ivy((jar.coordinates for jar in missing), work, ivy_settings)
            _keep(missing, work, folder)
    except OSError as why:
        fix = "Set jars.cache or ABUSE_CACHE to a folder this user can write."
        raise SetupError(f"jars.cache {folder}", f"not writable ({why})", "a writable folder", fix) from None


def _keep(missing: list[Jar], work: Path, folder: Path) -> None:
    """Moves what arrived and is what was asked for; raises for the rest."""
    absent = []
    for jar in missing:
        name = file_name(jar.coordinates)
        if (work / name).exists():
            fix = "The repository serves another file: find out why, or correct sha256 of [jars] in the settings."
            _check(jar, work / name, fix)
            (work / name).replace(folder / name)
        else:
            absent.append(jar.coordinates)
    if not absent:
        (folder / LOG).unlink(missing_ok=True)
        return
    (work / LOG).replace(folder / LOG)
    fix = (
        "Give this machine the network once, or name a mirror in jars.ivy_settings, "
        f"or put each file into {folder} yourself: {', '.join(map(file_name, absent))}."
    )
    raise SetupError("jars", f"{', '.join(absent)} could not be fetched (see {folder / LOG})", "every jar", fix)


def _run_ivy(coordinates: Iterable[str], work: Path, ivy_settings: str) -> None:
    """Runs `main` below in a process of its own: a gateway opened in this one would become the next Spark session's."""
    chosen = str(Path(ivy_settings).absolute()) if ivy_settings else ""
    command = [sys.executable, "-P", "-m", "abuse.lake.jars", chosen, *coordinates]
    env = {key: value for key, value in os.environ.items() if key not in INHERITED}
    env["PYSPARK_SUBMIT_ARGS"] = "pyspark-shell"
    env["PYTHONPATH"] = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry)
    with (work / LOG).open("wb") as chatter:
        child = Popen(  # noqa: S603 -- our own interpreter and module; coordinates were matched
            command, cwd=work, env=env, stdin=DEVNULL, stdout=chatter, stderr=STDOUT, start_new_session=True
        )
        try:
            child.wait(timeout=FETCH_S)
        except TimeoutExpired:
            chatter.write(f"stopped after {FETCH_S} s\n".encode())
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # the JVM too, whatever became of its Python
            child.wait()


def main(ivy_settings: str, coordinates: list[str]) -> None:
    """Leaves each jar Ivy can find in the working folder. An Ivy home of our own: a half-filled one breaks Ivy."""
    from pyspark.java_gateway import launch_gateway

    gateway = launch_gateway()  # type: ignore[no-untyped-call]
    try:
        gateway.jvm.java.lang.System.setProperty("spark.jars.ivy", str(Path("ivy").absolute()))
        if ivy_settings:
            gateway.jvm.java.lang.System.setProperty("spark.jars.ivySettings", ivy_settings)
        for each in coordinates:
            try:
                uri = gateway.jvm.java.net.URI(f"ivy://{each}?transitive=false")
                found = gateway.jvm.org.apache.spark.util.DependencyUtils.resolveMavenDependencies(uri)
                Path(found.mkString(",")).replace(file_name(each))
            except Exception:  # the next may do better; the caller looks at what arrived
                traceback.print_exc()
    finally:
        gateway.shutdown()
        gateway.proc.stdin.close()  # tells the JVM to end
        gateway.proc.wait()


def java_version() -> int:
    """Major version of the Java that Spark would start: JAVA_HOME's, else the first on PATH."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(f"{home}/bin/java" if home else "java")
    if java is None:
        where = f"no {home}/bin/java, where JAVA_HOME points" if home else "no java on PATH, and JAVA_HOME is not set"
        raise _wrong_java(where)
    try:
        done = run([java, "-version"], capture_output=True, text=True, timeout=JAVA_S, check=False)  # noqa: S603
    except (OSError, TimeoutExpired) as why:
        raise _wrong_java(f"{java} does not run ({why})") from None
    said = done.stderr + done.stdout
    version = re.search(r'version "(?:1\.)?(\d+)', said)
    if version is None:
        raise _wrong_java(f"{java} says {said.strip()[:80]!r}")
    return int(version[1])


def require_java() -> int:
    """`java_version`, or one line saying what to install. Newer than 21 is let through; Spark itself will tell."""
    version = java_version()
    if version < OLDEST_JAVA:
        raise _wrong_java(f"version {version}")
    return version


def _wrong_java(found: str) -> SetupError:
    return SetupError("java", found, "Java 17 or 21", "Install OpenJDK 17 or 21 and set JAVA_HOME.")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
