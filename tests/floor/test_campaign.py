"""A campaign file: what is wrong with it in one line, where its files lie, and its way through a run's records."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abuse.campaign import (
    FORMATS,
    Campaign,
    Source,
    campaign_from_json,
    campaign_to_json,
    load_campaign,
)
from abuse.errors import InputError
from abuse.instants import parse_as_of
from abuse.settings import Settings, digest

HEAD = """id = "spring"
name = "Spring"
chain = "base"
starts_at = 2026-03-01T00:00:00Z
ends_at = 2026-04-01T00:00:00Z
"""
ACTIONS = """
[[sources]]
format = "participation"
path = "actions.csv"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "campaign.toml"
    file.write_text(text, encoding="utf-8")
    return file


def source(**values: str) -> str:
    return "\n[[sources]]\n" + "".join(f'{key} = "{value}"\n' for key, value in values.items())


def changed(old: str, new: str) -> str:
    assert old in HEAD
    return HEAD.replace(old, new) + ACTIONS


WRONG = {  # name: file -> key, what was found, what was wanted
    "unknown key": (HEAD + 'end_at = "x"' + ACTIONS, "end_at", "is not a known key", "ends_at (did you mean it?)"),
    "unknown key, nothing near": (HEAD + "qq = 1" + ACTIONS, "qq", "is not a known key", "one of: allow_list, assets"),
    "unknown key of a source": (
        HEAD + ACTIONS + 'pth = "x"', "sources[0].pth", "is not a known key", "path (did you mean it?)"),
    "missing key": (changed('name = "Spring"\n', ""), "name", "is missing", "text"),
    "missing time": (
        changed("ends_at = 2026-04-01T00:00:00Z", ""), "ends_at", "is missing", "a date and time with offset"),
    "missing key of a source": (HEAD + source(format="participation"), "sources[0].path", "is missing", "text"),
    "no sources": (HEAD, "sources", "is missing", "a list of a table"),
    "an id that is no word": (changed('"spring"', '"spring 26"'), "id", "is spring 26", "letters, digits, - or _"),
    "an id with a quote": (changed('"spring"', '"a\'b"'), "id", "is a'b", "letters, digits, - or _"),
    "an empty id": (changed('"spring"', '""'), "id", "is ", "letters, digits, - or _"),
    "start without offset": (
        changed("2026-03-01T00:00:00Z", "2026-03-01T00:00:00"), "starts_at", "is 2026-03-01T00:00:00",
        "a time with offset"),
    "end without offset": (
        changed("2026-04-01T00:00:00Z", "2026-04-01T00:00:00"), "ends_at", "is 2026-04-01T00:00:00",
        "a time with offset"),
    "start is a day": (
        changed("2026-03-01T00:00:00Z", "2026-03-01"), "starts_at", "is datetime.date(2026, 3, 1)",
        "a date and time with offset"),
    "start is text": (
        changed("2026-03-01T00:00:00Z", '"2026-03-01T00:00:00Z"'), "starts_at", "is '2026-03-01T00:00:00Z'",
        "a date and time with offset"),
    "ends before it starts": (
        changed("2026-04-01", "2026-02-01"), "ends_at", "is 2026-02-01T00:00:00+00:00", "after starts_at"),
    "ends when it starts": (
        changed("2026-04-01", "2026-03-01"), "ends_at", "is 2026-03-01T00:00:00+00:00", "after starts_at"),
    "unknown chain": (changed('"base"', '"dogecoin"'), "chain", "is 'dogecoin'", "a chain of the settings: ethereum"),
    "unknown chain of a source": (
        HEAD + ACTIONS + 'chain = "doge"', "source actions.chain", "is 'doge'", "a chain of the settings: ethereum"),
    "unknown format": (
        HEAD + source(format="particpation", path="a.csv"), "sources[0].format", "is particpation",
        "one of: participation, account_addresses"),
    "a table of ethereum_etl that is not said": (
        HEAD + ACTIONS + source(format="ethereum_etl", path="t.csv"), "sources[1].table", "is missing",
        "one of: transactions, token_transfers"),
    "unknown table": (
        HEAD + ACTIONS + source(format="ethereum_etl", path="t.csv", table="logs"), "sources[1].table", "is logs",
        "one of: transactions, token_transfers"),
    "a table of another format": (
        HEAD + ACTIONS + source(format="tokens", path="t.csv", table="labels"), "sources[1].table", "is labels",
        "one of: tokens"),
    "unknown kind of file": (
        HEAD + source(format="participation", path="a.json"), "sources[0].path", "a.json",
        "a file ending in .csv, .csv.gz, .parquet"),
    "a source named like no file": (
        HEAD + source(format="participation", path="a.csv", name="a/b"), "sources[0].name", "is a/b", "letters"),
    "two sources of one name": (
        HEAD + ACTIONS + source(format="tokens", path="elsewhere/actions.parquet"), "sources",
        "is twice named actions", "a `name` of its own for each"),
    "nobody takes part": (
        HEAD + source(format="tokens", path="t.csv"), "sources", "is without participation",
        "a source of format participation"),
    "sources is text": ('sources = "actions.csv"\n' + HEAD, "sources", "is 'actions.csv'", "a list of a table"),
    "sources is a number": ("sources = 5\n" + HEAD, "sources", "is 5", "a list of a table"),
    "a source is a number": ("sources = [5]\n" + HEAD, "sources[0]", "is 5", "a table"),
    "a path is a number": (
        HEAD + '[[sources]]\nformat = "participation"\npath = 5', "sources[0].path", "is 5", "text"),
    "columns are text": (HEAD + ACTIONS + 'columns = "account"', "sources[0].columns", "is 'account'", "a table"),
    "a column is a number": (
        HEAD + ACTIONS + "columns = { account = 1 }", "sources[0].columns.account", "is 1", "text"),
    "an asset that is no address": (
        HEAD + 'assets = ["native", "USDC"]' + ACTIONS, "assets", "holds 'USDC'", "'native' and addresses of tokens"),
    "a list's date without offset": (
        HEAD + ACTIONS + "observed_at = 2026-03-05T00:00:00", "sources[0].observed_at", "is 2026-03-05T00:00:00",
        "a time with offset"),
    "assets are no list": (HEAD + 'assets = "native"' + ACTIONS, "assets", "is 'native'", "a list of text"),
    "unknown key of the policy": (
        HEAD + "[policy]\nmin_size = 3" + ACTIONS, "policy.min_size", "is not a known key", ""),
    "wrong type in the policy": (
        HEAD + '[policy]\nmin_cluster_size = "3"' + ACTIONS, "policy.min_cluster_size", "is '3'", "a whole number"),
    "policy out of range": (
        HEAD + "[policy]\nmin_evidence_kinds = 1" + ACTIONS, "policy.min_evidence_kinds", "is 1", "2 or more"),
    "not TOML": ("id = ", "file", "does not parse", "valid TOML"),
    "not text": ("id = \udcff", "file", "does not parse", "valid TOML"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "key", "found", "wanted"), WRONG.values(), ids=WRONG)
def test_a_wrong_campaign_is_one_line_with_key_found_and_wanted(
    tmp_path: Path, text: str, key: str, found: str, wanted: str
) -> None:
    file = tmp_path / "campaign.toml"
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InputError) as caught:
        load_campaign(file, Settings())
    said = str(caught.value)
    assert said.startswith(f"campaign file campaign.toml: {key}: ")
    assert found in caught.value.found
    assert caught.value.wanted.startswith(wanted)
    assert said.endswith(f". Mend it in {file}.")
    assert "\n" not in said


def test_a_missing_campaign_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file .*nowhere\.toml, wanted an existing TOML file"):
        load_campaign(tmp_path / "nowhere.toml", Settings())


def test_a_campaign_overrides_the_policy_and_nothing_else(tmp_path: Path) -> None:
    file = written(tmp_path, HEAD + "[policy]\nmin_cluster_size = 3\nmax_flagged_share = 1" + ACTIONS)
    campaign, settings = load_campaign(file, Settings())
    plain = Settings()
    policy = dataclasses.replace(plain.policy, min_cluster_size=3, max_flagged_share=1.0)
    assert settings == dataclasses.replace(plain, policy=policy)
    assert (campaign.id, campaign.chain, campaign.assets) == ("spring", "base", ("native",))


PATHS = {  # path, environment -> path as opened, below the folder of the campaign file
    "beside the file": ("a.csv", {}, "here/a.csv"),
    "below it": ("in/a.csv", {}, "here/in/a.csv"),
    "above it": ("../a.csv", {}, "a.csv"),
    "a glob": ("in/part-*.parquet", {}, "here/in/part-*.parquet"),
    "absolute": ("${ROOT}/x/a.csv", {}, "x/a.csv"),
    "a variable": ("${DAY}/a.csv", {"DAY": "d1"}, "here/d1/a.csv"),
    "a variable outranks its default": ("${DAY:-d2}/a.csv", {"DAY": "d1"}, "here/d1/a.csv"),
    "a default": ("${DAY:-d2}/a.csv", {}, "here/d2/a.csv"),
    "a default for an empty variable": ("${DAY:-d2}/a.csv", {"DAY": ""}, "here/d2/a.csv"),
    "an empty default": ("x${DAY:-}/a.csv", {}, "here/x/a.csv"),
    "two variables": ("${DAY}-${HOUR:-00}.csv", {"DAY": "d1"}, "here/d1-00.csv"),
    "a lone dollar": ("$DAY/a.csv", {"DAY": "d1"}, "here/$DAY/a.csv"),
}


@pytest.mark.parametrize(("path", "environment", "opened"), PATHS.values(), ids=PATHS)
def test_a_path_is_expanded_and_relative_to_the_campaign_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, environment: dict[str, str], opened: str
) -> None:
    monkeypatch.delenv("DAY", raising=False)
    monkeypatch.delenv("HOUR", raising=False)
    for name, value in ({"ROOT": str(tmp_path)} | environment).items():
        monkeypatch.setenv(name, value)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir("/")
    text = HEAD + source(format="participation", path=path, name="actions")
    campaign, _ = load_campaign(written(here, text), Settings())
    assert campaign.sources[0].path == str(tmp_path / opened)


IN_S3 = {  # campaign file, path in it -> what is opened
    "beside it": ("s3a://farm/in/c.toml", "a.csv", "s3a://farm/in/a.csv"),
    "above it": ("s3a://farm/in/c.toml", "../chain/x_*.parquet", "s3a://farm/chain/x_*.parquet"),
    "at the top of the bucket": ("s3a://farm/c.toml", "a.csv", "s3a://farm/a.csv"),
    "in another bucket": ("s3a://farm/in/c.toml", "s3://other/a.csv", "s3a://other/a.csv"),
    "on this machine": ("s3a://farm/in/c.toml", "/data/a.csv", "/data/a.csv"),
    "in S3, from a file here": ("/etc/farm/c.toml", "s3a://farm//in/./a.csv", "s3a://farm/in/a.csv"),
    "by a variable": ("/etc/farm/c.toml", "${CHAIN:-s3://farm/in}/a.csv", "s3a://farm/in/a.csv"),
}


@pytest.mark.parametrize(("file", "path", "opened"), IN_S3.values(), ids=IN_S3)
def test_a_campaign_file_and_its_sources_may_lie_in_s3(file: str, path: str, opened: str) -> None:
    text = HEAD + source(format="participation", path=path, name="actions")
    campaign, _ = load_campaign(file, Settings(), text.encode())
    assert campaign.sources[0].path == opened


def test_storage_that_nobody_knows_is_named(tmp_path: Path) -> None:
    text = HEAD + source(format="participation", path="gs://farm/a.csv")
    with pytest.raises(InputError, match=r"path: 'gs://farm/a\.csv', wanted a path of this machine, or s3a://"):
        load_campaign(written(tmp_path, text), Settings())


@pytest.mark.parametrize("environment", [None, ""], ids=["unset", "empty"])
def test_a_variable_without_value_or_default_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: str | None
) -> None:
    monkeypatch.delenv("DAY", raising=False)
    if environment is not None:
        monkeypatch.setenv("DAY", environment)
    text = HEAD + source(format="participation", path="${DAY}/a.csv")
    with pytest.raises(InputError, match=r"path: \$\{DAY\} is not set, wanted a value\. Set DAY in the environment"):
        load_campaign(written(tmp_path, text), Settings())


NAMES = {
    "a.csv": "a",
    "in/a.b.csv.gz": "a.b",
    "part-*.parquet": "part-*",
    "tx.parquet": "tx",
}


@pytest.mark.parametrize(("path", "name"), NAMES.items(), ids=NAMES)
def test_a_source_is_called_after_its_file(path: str, name: str) -> None:
    assert Source(format="participation", path=path).name == name


@pytest.mark.parametrize("form", [f for f, tables in FORMATS.items() if len(tables) == 1])
def test_a_format_of_one_table_needs_no_table(form: str) -> None:
    assert Source(format=form, path="a.csv").table == FORMATS[form][0]


SPRING = Campaign(
    id="spring",
    name="Spring",
    chain="base",
    starts_at=datetime(2026, 3, 1, tzinfo=UTC),
    ends_at=datetime(2026, 4, 1, tzinfo=UTC),
    sources=(Source(format="participation", path="/a.csv"),),
)

INSTANTS = {
    "with a Z": ("2026-04-02T00:00:00Z", datetime(2026, 4, 2, tzinfo=UTC)),
    "with an offset": ("2026-04-02T02:00:00+02:00", datetime(2026, 4, 2, tzinfo=UTC)),
    "with a space": ("2026-04-02 00:00:00+00:00", datetime(2026, 4, 2, tzinfo=UTC)),
    "to the microsecond": ("2026-04-02T00:00:00.000001Z", datetime(2026, 4, 2, microsecond=1, tzinfo=UTC)),
    "while it runs": ("2026-03-01T00:00:00.000001Z", datetime(2026, 3, 1, microsecond=1, tzinfo=UTC)),
}


@pytest.mark.parametrize(("text", "instant"), INSTANTS.values(), ids=INSTANTS)
def test_as_of_is_a_utc_instant(text: str, instant: datetime) -> None:
    as_of = parse_as_of(text, SPRING)
    assert (as_of, as_of.tzinfo) == (instant, UTC)


NO_INSTANTS = {
    "no time": ("yesterday", "'yesterday'", "a time such as"),
    "empty": ("", "''", "a time such as"),
    "no offset": ("2026-04-02T00:00:00", "without an offset", "UTC, such as"),
    "a day": ("2026-04-02", "without an offset", "UTC, such as"),
    "at the start": ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z", "after the campaign's start"),
    "at the start, in another zone": ("2026-03-01T01:00:00+01:00", "+01:00", "after the campaign's start"),
    "before the start": ("2025-03-01T00:00:00Z", "2025-03-01T00:00:00Z", "after the campaign's start"),
}


@pytest.mark.parametrize(("text", "found", "wanted"), NO_INSTANTS.values(), ids=NO_INSTANTS)
def test_a_wrong_as_of_is_one_line(text: str, found: str, wanted: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_as_of(text, SPRING)
    assert caught.value.where == "--as-of"
    assert found in caught.value.found
    assert caught.value.wanted.startswith(wanted)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_as_of_that_leaves_the_calendar_in_utc_is_one_line(text: str) -> None:
    with pytest.raises(InputError, match="--as-of"):
        parse_as_of(text, SPRING)


words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))])
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=zones)  # noqa: DTZ001
sources = st.builds(
    Source,
    format=st.sampled_from([f for f, tables in FORMATS.items() if len(tables) == 1]),
    path=words.map(lambda w: f"/{w}.csv.gz"),
    name=words,
    chain=st.sampled_from(["", "base"]),
    columns=st.dictionaries(words, words, max_size=2),
    values=st.dictionaries(words, st.dictionaries(words, words, max_size=2), max_size=2),
    observed_at=st.none() | moments,
)
campaigns = st.builds(
    lambda start, length, others, **rest: Campaign(
        starts_at=start, ends_at=start + length, sources=(*others, SPRING.sources[0]), **rest
    ),
    start=moments,
    length=st.timedeltas(timedelta(seconds=1), timedelta(days=90)),
    others=st.lists(sources, max_size=3, unique_by=lambda s: s.name).filter(
        lambda found: all(s.name != SPRING.sources[0].name for s in found)
    ),
    id=st.from_regex(r"[a-z0-9_-]{1,12}", fullmatch=True),
    name=st.text(max_size=12),
    chain=st.just("base"),
    assets=st.lists(words, max_size=3).map(tuple),
    allow_list=st.lists(words, max_size=3).map(tuple),
    policy=st.dictionaries(
        st.sampled_from(["min_cluster_size", "max_flagged_share", "version"]), st.integers() | words, max_size=2
    ),
)


@given(campaigns)
def test_a_campaign_comes_back_from_a_runs_records_as_it_was(campaign: Campaign) -> None:
    records = json.loads(json.dumps(campaign_to_json(campaign)))
    back = campaign_from_json(records)
    assert back == campaign
    assert back.rules_digest(Settings()) == campaign.rules_digest(Settings())


def test_reading_records_leaves_them_as_they_were() -> None:
    records = campaign_to_json(SPRING)
    before = json.dumps(records)
    campaign_from_json(records)
    assert json.dumps(records, default=repr) == before


def test_addresses_are_read_in_any_case_as_facts_write_them(tmp_path: Path) -> None:
    """As an explorer shows them: an exempt wallet would be put out, and a listed token would tie nobody."""
    upper, lower = "0x" + "Ab" * 20, "0x" + "ab" * 20
    base58 = "So11111111111111111111111111111111111111112"
    text = f'assets = ["Native", "{upper}", "{lower}", "{base58}"]\nallow_list = [" {upper} ", "Alice", "{base58}"]\n'
    campaign, _ = load_campaign(written(tmp_path, HEAD + text + ACTIONS), Settings())
    assert campaign.assets == ("native", lower, base58)
    assert campaign.allow_list == (lower, "Alice", base58)


def test_the_digest_of_a_campaign_never_changes() -> None:
    """A changed line here changes every run_id there is."""
    assert digest(SPRING.rules()) == "fe4334b08d08617a"


def test_where_its_files_lie_is_no_rule() -> None:
    moved = dataclasses.replace(SPRING, sources=(dataclasses.replace(SPRING.sources[0], path="/b/a.csv"),))
    assert moved.rules_digest(Settings()) == SPRING.rules_digest(Settings())
    renamed = dataclasses.replace(SPRING, sources=(dataclasses.replace(SPRING.sources[0], columns={"at": "day"}),))
    assert renamed.rules_digest(Settings()) != SPRING.rules_digest(Settings())


SOURCE_KEYS = {  # name: line of the source -> key, what is wanted
    "no such timezone": ('timezone = "Mars/Olympus"', "timezone", "tz database"),
    "a scope nobody knows": ('scope = "everybody"', "scope", "participants"),
    "coins": ('unit = "eth"', "unit", "amounts in coins are not read"),
}


@pytest.mark.parametrize(("line", "key", "wanted"), SOURCE_KEYS.values(), ids=SOURCE_KEYS)
def test_a_key_of_a_source_takes_what_it_can_mean(tmp_path: Path, line: str, key: str, wanted: str) -> None:
    with pytest.raises(InputError, match=wanted) as said:
        load_campaign(_with_source(tmp_path, line), Settings())
    assert key in said.value.where


def test_what_a_source_says_of_itself_is_read_and_kept(tmp_path: Path) -> None:
    said = 'timezone = "Asia/Singapore"\nscope = "participants"\nunit = "raw"\nconst = { asset = "native" }'
    campaign, _ = load_campaign(_with_source(tmp_path, said), Settings())
    moves = campaign.sources[1]
    assert (moves.timezone, moves.scope, moves.unit) == ("Asia/Singapore", "participants", "raw")
    assert moves.const == {"asset": "native"}
    assert campaign_from_json(campaign_to_json(campaign)) == campaign


def test_the_coin_may_be_listed_by_the_address_that_stands_for_it(tmp_path: Path) -> None:
    file = _with_source(tmp_path, "")
    text = file.read_text().replace(
        "[[sources]]", 'assets = ["0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE"]\n[[sources]]', 1
    )
    file.write_text(text)
    assert load_campaign(file, Settings())[0].assets == ("native",)


def _with_source(folder: Path, line: str) -> Path:
    file = folder / "campaign.toml"
    file.write_text(
        'id = "c"\nname = "c"\nchain = "ethereum"\nstarts_at = 2026-03-01T00:00:00Z\nends_at = 2026-03-31T00:00:00Z\n'
        '[[sources]]\nformat = "participation"\npath = "a.csv"\n'
        f'[[sources]]\nformat = "transfers"\npath = "t.csv"\n{line}\n'
    )
    return file
