"""farm.toml and the campaigns folder: what is wrong is one line, and one campaign's fault is not the others'."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from farm.campaigns import campaign, campaigns
from farm.deployment import Deployment, load


def deployment(folder: Path, text: str) -> Deployment:
    file = folder / "farm.toml"
    file.write_text(text)
    return load(str(file))


def test_the_file_beside_the_dags_is_right() -> None:
    found = load()
    assert (found.launcher, found.pool) == ("spark_submit", "farm_lake")
    assert found.spark.conf["spark.databricks.delta.snapshotPartitions"] == "1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('lake = "l"', "lacks campaigns"),
        ('lake = "l"\ncampaigns = "c"\nlakes = "x"', "unknown key lakes; known are"),
        ('lake = "l"\ncampaigns = "c"\nlive_days = "30"', "live_days is '30'; int is wanted"),
        ('lake = "l"\ncampaigns = "c"\nlive_days = true', "live_days is True; int is wanted"),
        ('lake = "l"\ncampaigns = "c"\n[spark]\nconf = {a = 1}', "conf is {'a': 1}"),
        ('lake = "l"\ncampaigns = "c"\n[spark]\nbin = "x"', "spark: unknown key bin"),
        ('lake = "l"\ncampaigns = "c"\nlauncher = "yarn"', "launcher is 'yarn'; one of spark_submit, emr_serverless"),
        ('lake = "l"\ncampaigns = "c"\nlauncher = "emr_serverless"', r"\[emr\] lacks application_id"),
        ("lake = ", "a readable TOML file is wanted"),
    ],
)
def test_what_is_wrong_in_farm_toml_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as why:
        deployment(tmp_path, text)
    assert "\n" not in str(why.value)


def test_a_missing_farm_toml_says_which(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.toml"):
        load(str(tmp_path / "nowhere.toml"))


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.toml").write_text(text)


SPRING = 'id = "spring"\nstarts_at = 2026-03-01T00:00:00Z\nends_at = 2026-03-31T00:00:00Z\n'


@pytest.mark.parametrize(
    ("as_of", "is_live"),
    [
        ((2026, 3, 1), False),  # nothing lies before it
        ((2026, 3, 2), True),
        ((2026, 4, 30), True),  # 30 days after its end: sweeps and appeals
        ((2026, 5, 1), False),
    ],
)
def test_a_campaign_is_live_from_its_start_until_after_its_end(
    tmp_path: Path, as_of: tuple[int, int, int], is_live: bool
) -> None:
    write(tmp_path, "spring", SPRING)
    assert campaign(str(tmp_path), "spring").is_live(datetime(*as_of, tzinfo=UTC), 30) is is_live


@pytest.mark.parametrize("text", ["id = ", 'id = "x"', 'id = 5\nstarts_at = "now"', "\udcff"])
def test_a_file_that_cannot_be_read_is_judged_too_so_that_its_own_ingest_says_why(tmp_path: Path, text: str) -> None:
    write(tmp_path, "spring", SPRING)
    (tmp_path / "bad.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    found = {one.id: one for one in campaigns(str(tmp_path))}
    assert set(found) == {"bad", "spring"}
    assert found["bad"].is_live(datetime(2026, 3, 9, tzinfo=UTC), 30)


def test_two_files_with_one_id_are_refused_since_they_would_replace_each_other(tmp_path: Path) -> None:
    write(tmp_path, "a", SPRING)
    write(tmp_path, "b", SPRING)
    with pytest.raises(ValueError, match=r"b\.toml and .*a\.toml both have the id 'spring'"):
        campaigns(str(tmp_path))


def test_an_unknown_campaign_names_those_there_are(tmp_path: Path) -> None:
    write(tmp_path, "spring", SPRING)
    with pytest.raises(ValueError, match=r"no campaign 'summer' in .*; there are spring"):
        campaign(str(tmp_path), "summer")


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not there; mount it"):
        campaigns(str(tmp_path / "none"))
