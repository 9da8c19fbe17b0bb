"""participation and account_addresses, from a real small file to parsed rows with every reason."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from abuse.campaign import Source
from abuse.steps.ingest import participation
from abuse.steps.ingest.formats import RAW
from tests.ingest.written import (
    CHAINS,
    NOON,
    A,
    B,
    Found,
    Row,
    parsed,
    tx,
    utc,
    write,
)

EVM = "0x" + "ab12" * 10
ACTIONS: dict[str, tuple[Row, list[str]]] = {  # name: row in the campaign's own words -> reasons
    "an action": ({"wallet": A.upper(), "when": "2026-03-01T12:00:00Z", "usd": "10.5", "what": "BRIDGE"}, []),
    "Unix time, a hash": ({"wallet": A, "when": "1772366400", "hash": tx(7).upper()}, []),
    "a summary of five": ({"wallet": B, "when": "2026-03-01", "n": "5", "reward": "1e2"}, []),
    "no account": ({"when": "2026-03-01"}, ["null_account"]),
    "an account that is no address": ({"wallet": "alice", "when": "2026-03-01"}, ["bad_address"]),
    "no time": ({"wallet": A}, []),
    "figures that are none": ({"wallet": A, "when": "2026-03-01", "usd": "much", "reward": "0x1f", "n": "-2"}, []),
    "an account named like nothing": ({"wallet": "None", "when": "2026-03-01"}, ["null_account"]),
    "an account that lost its digits": ({"wallet": "4.58E+17", "when": "2026-03-01"}, ["lost_digits"]),
    "everything wrong": (
        {"wallet": "0x1", "when": "soon", "usd": "much", "reward": "-1", "n": "few"},
        ["bad_address", "form_length", "bad_time"],
    ),
}


@pytest.fixture(scope="module")
def actions(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Found:
    rows = [{"id": name, **row} for name, (row, _) in ACTIONS.items()]
    path = write(tmp_path_factory.mktemp("actions") / "export.csv.gz", rows)
    columns = {"account": "wallet", "at": "when", "volume_usd": "usd", "action": "what"}
    columns |= {"tx_hash": "hash", "num_actions": "n"}
    words = {"action": {"BRIDGE": "bridge"}}
    source = Source(format="participation", path=str(path), columns=columns, values=words)
    parse = partial(participation.participation, campaign_id="c", chain="base", chains=CHAINS, is_address=True)
    return parsed(spark, source, parse, "id")


@pytest.mark.parametrize("case", ACTIONS)
def test_an_action_is_good_or_gives_every_reason(actions: Found, case: str) -> None:
    assert actions[case]["_reasons"] == ACTIONS[case][1]


def test_an_action_in_the_campaigns_words_becomes_one_in_ours(actions: Found) -> None:
    first, second, third = (actions[name] for name in list(ACTIONS)[:3])
    assert (first["account"], utc(first["at"]), first["action"], first["volume_usd"]) == (A, NOON, "bridge", 10.5)
    assert (first["campaign_id"], first["num_actions"], first["reward"]) == ("c", 1, None)
    assert (utc(second["at"]), second["tx_hash"]) == (NOON, tx(7))
    assert (utc(third["at"]), third["num_actions"], third["reward"]) == (NOON.replace(hour=0), 5, 100.0)
    assert len({row["position"] for row in (first, second, third)}) == 3


def test_the_row_as_it_stood_is_kept_with_their_names(actions: Found) -> None:
    raw = actions["everything wrong"][RAW].asDict()
    assert raw.pop("_line") is None, "kept where fields are too many"
    assert raw == {"id": "everything wrong"} | dict(ACTIONS["everything wrong"][0]) | {"what": None, "hash": None}


def test_accounts_need_not_be_addresses_once_a_source_says_which_they_have(spark: SparkSession, tmp_path: Path) -> None:
    rows = [{"account": " Alice ", "at": "2026-03-01", "position": "7"}, {"account": "", "at": "2026-03-01"}]
    rows += [{"account": EVM.upper(), "at": "2026-03-01", "position": "7"}]
    source = Source(format="participation", path=str(write(tmp_path / "a.parquet", rows)))
    parse = partial(participation.participation, campaign_id="c", chain="base", chains=CHAINS, is_address=False)
    found = parsed(spark, source, parse, "account")
    assert (found[" Alice "]["account"], found[" Alice "]["position"][:5]) == ("Alice", "01:7|")
    assert found[""]["_reasons"] == ["null_account"]
    assert found[EVM.upper()]["account"] == EVM, "one that is an address is written as transfers write it"


OWNED: dict[str, tuple[Row, list[str]]] = {
    "on the campaign's chain": ({"account": "alice", "address": A.upper()}, []),
    "on its own chain": ({"account": "alice", "address": A, "chain": "Polygon", "valid_from": "2026-03-01"}, []),
    "of an account named by another": ({"account": EVM.upper(), "address": A}, []),
    "no account": ({"address": A}, ["null_account"]),
    "no address": ({"account": "alice"}, ["no_address"]),
    "an unknown chain": ({"account": "alice", "address": A, "chain": "doge"}, ["unknown_chain"]),
    "for a time": ({"account": "alice", "address": A, "valid_from": "2026-03-01", "valid_to": "1775001600"}, []),
    "until a time": ({"account": "alice", "address": A, "valid_from": "N/A", "valid_to": "2026-04-01T00:00:00Z"}, []),
    "ending as it begins": (
        {"account": "alice", "address": A, "valid_from": "2026-03-01", "valid_to": "2026-03-01"},
        ["bad_interval"],
    ),
    "ending before it begins": (
        {"account": "alice", "address": A, "valid_from": "2026-03-02", "valid_to": "2026-03-01"},
        ["bad_interval"],
    ),
    "an end that is no time": ({"account": "alice", "address": A, "valid_to": "never ever"}, ["bad_time"]),
    "everything wrong": (
        {"account": " ", "address": "x", "chain": "base", "valid_from": "soon"},
        ["null_account", "bad_address", "bad_time"],
    ),
}


@pytest.fixture(scope="module")
def owned(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Found:
    path = write(tmp_path_factory.mktemp("owned") / "owned.csv", [{"id": n, **row} for n, (row, _) in OWNED.items()])
    source = Source(format="account_addresses", path=str(path))
    parse = partial(participation.account_addresses, campaign_id="c", chain="base", chains=CHAINS)
    return parsed(spark, source, parse, "id")


@pytest.mark.parametrize("case", OWNED)
def test_an_accounts_address_is_good_or_gives_every_reason(owned: Found, case: str) -> None:
    assert owned[case]["_reasons"] == OWNED[case][1]


def test_an_accounts_address_says_its_chain_and_since_when(owned: Found) -> None:
    found = [(row["chain"], row["address"], utc(row["valid_from"])) for row in list(owned.values())[:2]]
    assert found == [("base", A, None), ("polygon", A, NOON.replace(hour=0))]
    assert owned["of an account named by another"]["account"] == EVM


def test_an_accounts_address_says_until_when(owned: Found) -> None:
    april = NOON.replace(month=4, day=1, hour=0)
    ends = [utc(owned[name]["valid_to"]) for name in ("on its own chain", "for a time", "until a time")]
    assert ends == [None, april, april]
    assert owned["until a time"]["valid_from"] is None, "a word for nothing is no time"


def test_an_address_is_the_accounts_on_every_chain_where_none_is_named(
    owned: Found, spark: SparkSession, tmp_path: Path
) -> None:
    assert owned["on the campaign's chain"]["on_every_chain"]
    assert not owned["on its own chain"]["on_every_chain"]
    rows = [{"id": "named in the campaign file", "account": "alice", "address": A}]
    source = Source(format="account_addresses", path=str(write(tmp_path / "a.csv", rows)), chain="base")
    parse = partial(
        participation.account_addresses, campaign_id="c", chain="base", chains=CHAINS, is_chain_named=bool(source.chain)
    )
    (row,) = parsed(spark, source, parse, "id").values()
    assert (row["chain"], row["on_every_chain"]) == ("base", False)


def test_figures_that_cannot_be_read_are_unknown_and_counted(actions: Found) -> None:
    """An optional figure does not decide whether a person exists."""
    row = actions["figures that are none"]
    assert (row["volume_usd"], row["reward"], row["num_actions"], row["_unread"]) == (None, None, 1, 3)
    assert actions["a summary of five"]["_unread"] == 0
    assert (row["account"], row["account_as_given"]) == (A, A)
    assert actions["an action"]["account_as_given"] == A.upper(), "as the campaign wrote it"


def test_the_name_of_a_transaction_keeps_its_case_where_case_has_a_meaning(spark: SparkSession, tmp_path: Path) -> None:
    """In lower case a Solana signature names no transaction, and nobody can look it up."""
    wallet, signature = (
        "ER2rkaix56wQAHLEvCQP2L4aomsqhWHYPTtizocq3iQt",
        "aE9mmY4ykHSSwAb6eGmiMK375DW5rYZAZvovPa1S1whbKYU8",
    )
    rows = [{"account": wallet, "tx_hash": signature}]
    source = Source(format="participation", path=str(write(tmp_path / "a.csv", rows)))
    parse = partial(participation.participation, campaign_id="c", chain="solana", chains=CHAINS, is_address=True)
    found = parsed(spark, source, parse, "account")[wallet]
    assert (found["account"], found["tx_hash"]) == (wallet, signature)
