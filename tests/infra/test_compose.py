"""The compose file and the images, read without Docker: nothing public, no secret inside, no name leads nowhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

INFRA = Path(__file__).parent.parent.parent / "infra"
PROJECT = INFRA.parent
IMAGES = sorted((INFRA / "images").glob("*.Dockerfile"))
COMPOSE: dict[str, Any] = yaml.safe_load((INFRA / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SECRET = re.compile("password|secret|_key|token|credential|sql_alchemy_conn", re.IGNORECASE)
GIVEN = re.compile(r"\$\{[A-Z_]+:\?[^}]+\}")
"""${NAME:?what it is}: compose refuses to start without it."""
NO_SECRET = ("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE",)
"""Says where a secret will be kept."""
CONDITIONS = {"service_healthy": "healthcheck", "service_completed_successfully": "command"}
"""What a service needs before it can be waited for in this way."""


def instructions(file: Path) -> list[tuple[str, str]]:
    """(word, rest) of each instruction, its continued lines joined."""
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in joined.splitlines()]


def rests(file: Path, word: str) -> list[str]:
    return [rest for found, rest in instructions(file) if found == word]


def copied(file: Path) -> list[str]:
    return [source for rest in rests(file, "COPY") for source in rest.split()[:-1]]


def names_a_registry(image: str) -> bool:
    first, slash, _ = image.partition("/")
    return bool(slash) and (first == "localhost" or "." in first or ":" in first)


def test_there_are_images_and_services() -> None:
    assert [file.name for file in IMAGES] == ["airflow.Dockerfile", "spark.Dockerfile"]
    assert {"postgres", "airflow-init", "api-server", "scheduler", "dag-processor", "triggerer"} == set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_published_is_published_on_loopback_only(name: str) -> None:
    service = SERVICES[name]
    assert "network_mode" not in service
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", str(port)) for port in service.get("ports", []))


@pytest.mark.parametrize("name", SERVICES)
def test_every_secret_must_be_given(name: str) -> None:
    environment: dict[str, str] = SERVICES[name]["environment"]
    secrets = [key for key in environment if SECRET.search(key) and key not in NO_SECRET]
    assert secrets
    assert [key for key in secrets if not GIVEN.search(environment[key])] == []


@pytest.mark.parametrize("name", SERVICES)
def test_waiting_is_for_services_that_can_be_waited_for(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert CONDITIONS[how["condition"]] in SERVICES[other], f"{name} waits for {other}"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_that_stays_has_a_health_check_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    if name == "airflow-init":
        assert service["restart"] == "no"
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", SERVICES)
def test_every_volume_is_declared_or_a_folder_mounted_read_only(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        is_named = volume.split(":")[0] in COMPOSE["volumes"]
        assert is_named or volume.endswith(":ro"), volume


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_built_from_here_or_has_a_version_and_no_registry(name: str) -> None:
    service = SERVICES[name]
    assert not names_a_registry(service["image"])
    if "build" in service:
        context = INFRA / service["build"]["context"]
        assert context.resolve() == PROJECT.resolve()
        assert (context / service["build"]["dockerfile"]).is_file()
    else:
        assert ":" in service["image"]


@pytest.mark.parametrize("file", IMAGES, ids=lambda file: file.name)
def test_an_image_starts_from_a_version_names_no_registry_and_ends_as_nobody_special(file: Path) -> None:
    (base,) = rests(file, "FROM")
    assert re.fullmatch(r"[a-z]+:[\w.-]+", base)
    assert "://" not in file.read_text()
    user = rests(file, "USER")[-1]
    assert user.isdecimal() and int(user) > 0


@pytest.mark.parametrize("file", IMAGES, ids=lambda file: file.name)
def test_an_image_is_given_no_secret(file: Path) -> None:
    given = rests(file, "ENV") + rests(file, "ARG")
    assert not [line for line in given if SECRET.search(line)]


@pytest.mark.parametrize("file", IMAGES, ids=lambda file: file.name)
def test_what_an_image_copies_is_there_and_not_ignored(file: Path) -> None:
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored  # all but what is named
    for source in copied(file):
        assert (PROJECT / source).exists(), source
        assert f"!{source}" in ignored, source


def test_airflow_s_lock_holds_the_driver_of_the_database() -> None:
    lock = (PROJECT / "airflow" / "requirements.lock").read_text()
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    url = SERVICES["scheduler"]["environment"]["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    assert url.startswith("postgresql+psycopg2://")
    assert {"psycopg2-binary", "asyncpg"} <= locked  # asyncpg: what Airflow turns that URL into beside it
