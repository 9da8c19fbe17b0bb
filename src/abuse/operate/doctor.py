"""Settings -> one check after the other of what a night needs: Java, jars, Spark, Delta, GraphFrames."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from abuse.errors import AbuseError, SetupError
from abuse.lake.jars import cache_folder, local_jars, require_java

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql import SparkSession

    from abuse.settings import Settings

NUM_ROWS = 3
PAIRS = [(1, 2), (3, 4)]
"""Two pairs of vertices: the smallest graph whose components show that edges are followed, and not too far."""
CLASSES = "org.graphframes."
FIRST_WITH_K_CORE = (0, 10)
"""GraphFrames' JVM half does not tell its version; the class of k-core came with this one."""
REINSTALL = "Run `uv sync`, and take spark and jars out of the settings file to see whether the defaults work."


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One line of `abuse doctor`."""

    name: str
    ok: bool
    found: str
    fix: str = ""


def checks(settings: Settings) -> Iterator[Check]:
    """Each as soon as it is known. What rests on a failed one is skipped and names it: one thing to mend."""
    causes: dict[str, str] = {}
    for name, needs, look in LOOKS:
        cause = causes.get(needs)
        check = Check(name=name, ok=False, found=f"skipped: {cause} failed") if cause else _check(name, look, settings)
        if not check.ok:
            causes[name] = cause or name
        yield check


def _check(name: str, look: Callable[[Settings], str], settings: Settings) -> Check:
    try:
        return Check(name=name, ok=True, found=look(settings))
    except AbuseError as why:
        return Check(name=name, ok=False, found=f"{why.where}: {why.found}, wanted {why.wanted}", fix=why.fix)
    except Exception as why:  # whatever Spark throws is a finding here, not a crash
        first = str(why).strip().partition("\n")[0]
        return Check(name=name, ok=False, found=f"{type(why).__name__}: {first}", fix=REINSTALL)


def _java(_: Settings) -> str:
    return f"Java {require_java()}"


def _jars(settings: Settings) -> str:
    said: list[str] = []
    paths = local_jars(settings.jars, say=said.append)
    how = "fetched just now" if said else "cached"
    return f"{len(paths)} with the right digest, {how}, in {cache_folder(settings.jars)}"


def _session(settings: Settings) -> SparkSession:
    from abuse.lake.session import start_session

    return start_session(settings)


def _spark(settings: Settings) -> str:
    session = _session(settings)
    return f"Spark {session.version}, {session.sparkContext.master}"


def _delta(settings: Settings) -> str:
    session = _session(settings)
    with TemporaryDirectory() as folder:
        session.range(NUM_ROWS).write.format("delta").save(f"{folder}/table")
        num_rows = session.read.format("delta").load(f"{folder}/table").count()
    if num_rows != NUM_ROWS:
        raise SetupError("Delta", f"{num_rows} rows read back", f"the {NUM_ROWS} written", REINSTALL)
    return f"delta-spark {version('delta-spark')}, a table written and read"


def _graphframes(settings: Settings) -> str:
    from abuse.steps.clusters.components import graphframes_components

    session = _session(settings)
    python = version("graphframes-py")
    _match_halves(python, _has_class(session, "GraphFrame"), _has_class(session, "lib.KCore"))
    edges = session.createDataFrame(PAIRS, "src long, dst long")
    with TemporaryDirectory() as folder:
        session.sparkContext.setCheckpointDir(folder)
        found = graphframes_components(edges, settings.clusters, lambda frame: frame).collect()
    groups = {frozenset(row.id for row in found if row.component == each.component) for each in found}
    if groups != set(map(frozenset, PAIRS)):
        shown = ", ".join(sorted(str(sorted(group)) for group in groups))
        raise SetupError("GraphFrames", f"components {shown}", f"{PAIRS}", REINSTALL)
    return f"graphframes-py {python} and its JVM classes, {len(groups)} components found"


def _has_class(session: SparkSession, name: str) -> bool:
    """Asked of the loader that Spark gave the jars to; py4j's own does not know them."""
    from py4j.protocol import Py4JJavaError

    jvm: Any = session.sparkContext._jvm
    try:
        jvm.java.lang.Thread.currentThread().getContextClassLoader().loadClass(CLASSES + name)
    except Py4JJavaError:
        return False
    return True


def _match_halves(python: str, has_graphframes: bool, has_k_core: bool) -> None:
    """A mismatch surfaces as a missing Java method in the middle of a night, so it is looked for here."""
    fix = "Name a GraphFrames jar of that version in jars.needed, or install the graphframes-py that fits the jar."
    if not has_graphframes:
        raise SetupError("GraphFrames", "none of its classes in the jars", f"those of {python}", fix)
    is_newer = tuple(int(part) for part in python.split(".")[:2]) >= FIRST_WITH_K_CORE
    if is_newer != has_k_core:
        edge = ".".join(map(str, FIRST_WITH_K_CORE))
        found = f"classes of {edge} or later" if has_k_core else f"classes from before {edge}"
        raise SetupError("GraphFrames", f"{found} in the jars", f"those of graphframes-py {python}", fix)


LOOKS: tuple[tuple[str, str, Callable[[Settings], str]], ...] = (
    ("Java", "", _java),
    ("jars", "Java", _jars),
    ("Spark", "jars", _spark),
    ("Delta", "Spark", _delta),
    ("GraphFrames", "Spark", _graphframes),
)
"""Name, the name of what it rests on, and how to look."""
