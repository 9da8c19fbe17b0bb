"""farm.toml -> Deployment: where one deployment keeps things. Read once per parse; no other input, no network."""

from __future__ import annotations

import dataclasses
import os
import tomllib
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "farm.toml"
LAUNCHERS = ("spark_submit", "emr_serverless")
T = typing.TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Spark:
    """How SparkSubmitOperator is called. The master is the connection's."""

    binary: str = "spark-submit"
    """path of spark-submit"""
    python: str = "python3"
    """interpreter of driver and workers, where the project is installed"""
    jobs: str = "jobs"
    """folder of the entry points"""
    jars: str = ""
    """comma-separated, globs allowed; those `poe bundle` gathers"""
    archive: str = ""
    """virtual environment that `poe bundle` packs, for executors that have none"""
    conn_id: str = "spark_default"
    conf: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Emr:
    """How EMR Serverless is called. `poe bundle --upload` prints archive, jobs and jars."""

    application_id: str = ""
    execution_role_arn: str = ""
    archive: str = ""
    jobs: str = ""
    jars: list[str] = field(default_factory=list)
    campaigns: str = ""
    """s3:// folder with a copy of the campaign files, for the driver to read"""
    logs: str = ""
    """s3:// folder for driver and executor logs"""
    aws_conn_id: str = "aws_default"
    region: str = ""
    conf: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """One lake and the campaigns that are judged on it."""

    lake: str
    campaigns: str
    abuse: str = "abuse"
    settings: str = ""
    """the project's settings file; empty for its defaults"""
    models: str = "models"
    """folder for the candidates that farm_train makes"""
    launcher: str = "spark_submit"
    pool: str = "farm_lake"
    """Airflow pool of one slot, deferred tasks included; one per lake"""
    owner: str = "anti-fraud"
    timezone: str = "UTC"
    """whose midnight is as_of"""
    schedule: str = "0 0 * * *"
    """cron, in `timezone`; at midnight, so that the dates given to `backfill create` are the as_of dates"""
    settle_hours: float = 2.0
    """how long after as_of the day's data may still arrive; the night waits so long"""
    alarm_hours: float = 6.0
    """a scheduled night not done so long after its start, at midnight, is told to the webhook"""
    live_days: int = 30
    """a campaign is judged nightly from its start until so many days after its end: sweeps and appeals"""
    retries: int = 2
    retry_minutes: float = 5.0
    """before the first retry; doubled before each further one"""
    step_timeout_hours: float = 4.0
    spark: Spark = field(default_factory=Spark)
    emr: Emr = field(default_factory=Emr)

    def __post_init__(self) -> None:
        if self.launcher not in LAUNCHERS:
            raise ValueError(f"farm.toml: launcher is {self.launcher!r}; one of {', '.join(LAUNCHERS)} is wanted")
        needed = ("application_id", "execution_role_arn", "archive", "jobs", "jars", "campaigns")
        if self.launcher == "emr_serverless" and (empty := [n for n in needed if not getattr(self.emr, n)]):
            raise ValueError(f"farm.toml: [emr] lacks {', '.join(empty)}; `poe bundle --upload` prints most of them")


def load(path: str | None = None) -> Deployment:
    """The file of FARM_CONFIG, or the one beside the DAGs. Raises ValueError, in one line, for what is wrong in it."""
    file = Path(path or os.environ.get("FARM_CONFIG") or FILE)
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as why:
        raise ValueError(f"{file}: {why}; a readable TOML file is wanted") from why
    return _read(Deployment, found, str(file))


def _read(kind: type[T], found: dict[str, Any], where: str) -> T:
    hints = typing.get_type_hints(kind)
    if unknown := sorted(set(found) - set(hints)):
        raise ValueError(f"{where}: unknown key {', '.join(unknown)}; known are {', '.join(sorted(hints))}")
    missing = [f.name for f in dataclasses.fields(kind) if _is_required(f) and f.name not in found]  # type: ignore[arg-type]
    if missing:
        raise ValueError(f"{where}: lacks {', '.join(missing)}")
    return kind(**{name: _value(hints[name], value, f"{where}: {name}") for name, value in found.items()})


def _is_required(one: dataclasses.Field[Any]) -> bool:
    return one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING


def _value(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return _read(typing.cast("type[Any]", hint), value, where)
    kind = hint.__origin__ if isinstance(hint, types.GenericAlias) else hint
    if kind is float and type(value) is int:
        return float(value)
    inner = list(value.values()) if kind is dict and isinstance(value, dict) else value if kind is list else []
    if type(value) is not kind or not all(isinstance(one, str) for one in inner):
        raise ValueError(f"{where} is {value!r}; {hint.__name__ if isinstance(hint, type) else hint} is wanted")
    return value
