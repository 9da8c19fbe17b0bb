"""tokens and address_labels, from a real small file to parsed rows with every reason."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from abuse.campaign import Campaign, Source
from abuse.edge.parse import Reading, read
from abuse.edge.units import Unit
from abuse.lake.files import raw_rows
from abuse.steps.ingest import lookups
from tests.ingest.written import (
    CHAINS,
    NOON,
    TOKEN,
    A,
    B,
    Found,
    Row,
    parsed,
    write,
)

TOKENS: dict[str, tuple[Row, tuple[object, ...], list[str]]] = {  # row -> chain, asset, decimals, usd; reasons
    "a token": ({"address": TOKEN.upper(), "decimals": "6", "usd": "1.0"}, ("base", TOKEN, 6, 1.0), []),
    "the coin itself": ({"address": " Native ", "decimals": "18"}, ("base", "native", 18, None), []),
    "on its own chain": (
        {"address": TOKEN, "decimals": "0", "chain": "POLYGON"}, ("polygon", TOKEN, 0, None), []),
    "everything wrong": (
        {"address": "usdc", "decimals": "-1", "usd": "cheap", "chain": "doge"},
        ("doge", None, -1, None),
        ["unknown_chain", "decimals_negative"],
    ),
    "a price that is none": (
        {"address": TOKEN, "decimals": "6", "usd": "-"}, ("base", TOKEN, 6, None), []),
    "the coin as an address": (
        {"address": "0x" + "0" * 40, "decimals": "18", "usd": "2000"}, ("base", "native", 18, 2000.0), []),
    "no decimals": ({"address": TOKEN}, ("base", TOKEN, None, None), ["null_decimals"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def tokens(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Found:
    rows = [{"id": name, **row} for name, (row, _, _) in TOKENS.items()]
    source = Source(format="tokens", path=str(write(tmp_path_factory.mktemp("tokens") / "tokens.csv", rows)))
    return parsed(spark, source, partial(lookups.tokens, chain="base", chains=CHAINS), "id")


@pytest.mark.parametrize("case", TOKENS)
def test_a_token_is_good_or_gives_every_reason(tokens: Found, case: str) -> None:
    row, (_, wanted, reasons) = tokens[case], TOKENS[case]
    assert ((row["chain"], row["asset"], row["decimals"], row["usd"]), row["_reasons"]) == (wanted, reasons)


LABELS: dict[str, tuple[Row, list[str]]] = {
    "many words": ({"address": A.upper(), "label": "Exchange| binance |exchange||", "name": "Binance 7"}, []),
    "words with digits": ({"address": TOKEN, "label": "0x-protocol|1inch"}, []),
    "one word": ({"address": B, "label": "BRIDGE", "chain": "polygon"}, []),
    "no word": ({"address": B, "label": " "}, ["null_label"]),
    "everything wrong": ({"address": "x", "chain": "doge"}, ["unknown_chain", "null_label"]),
}


def test_a_label_is_good_or_gives_every_reason_and_each_of_its_words_is_a_row(
    spark: SparkSession, tmp_path: Path
) -> None:
    rows = [{"id": name, **row} for name, (row, _) in LABELS.items()]
    source = Source(format="address_labels", path=str(write(tmp_path / "list.csv", rows)), observed_at=NOON)
    raw = partial(raw_rows, spark)
    found = parsed(spark, source, partial(lookups.labels, chain="base", chains=CHAINS, listed_at=NOON), "id")
    assert {name: row["_reasons"] for name, row in found.items()} == {n: reasons for n, (_, reasons) in LABELS.items()}

    campaign = Campaign(
        id="c", name="c", chain="base", starts_at=NOON, ends_at=NOON.replace(year=2027),
        sources=(Source(format="participation", path="a.csv"),),
    )  # fmt: skip
    nothing = spark.createDataFrame([], "chain string, asset string, decimals int, usd double")
    reading = Reading(campaign, CHAINS, raw, lambda rows: rows, nothing, is_address=True)
    unit = read(Unit("labels", "base", (source,), "d"), reading)
    words = {
        tuple(row)[:4]
        for rows in unit.facts.values()
        for row in rows.select("chain", "address", "label", "name").collect()
    }
    assert words == {
        ("base", A, "exchange", "Binance 7"),
        ("base", A, "binance", "Binance 7"),
        ("base", TOKEN, "0x-protocol", None),
        ("base", TOKEN, "1inch", None),
        ("polygon", B, "bridge", None),
    }
    assert (unit.staged[0].counts["rows_in"], unit.staged[0].counts["stored"]) == (5, 3)
