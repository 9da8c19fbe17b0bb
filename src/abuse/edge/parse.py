"""A unit -> its staged sources and the fact rows they make. Which parser reads which file, in which order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse.campaign import Campaign, Source
from abuse.contract import Table
from abuse.edge.refused import refuse
from abuse.edge.staging import Staged, least, stage
from abuse.edge.units import Unit
from abuse.settings import Chain
from abuse.steps.ingest import calls, checks, ethereum, lookups, participation, transfers
from abuse.steps.ingest.formats import RAW, SURPLUS
from abuse.steps.spill import Spill
from abuse.tables import AccountAddresses, Calls, Fact, Labels, Participation, Transfers

Raw = Callable[[Source], DataFrame]
PLACE = (("block_number", "block"), ("transaction_index", "order"))
NO_TOKENS = "chain string, asset string, decimals int, usd double"
NO_RECEIPTS = "tx_hash string, status int, created string"
NO_SIGNERS = (
    "tx_hash string, initiator string, tx_block bigint, tx_at timestamp, tx_order bigint, tx_status int, "
    "callee string, selector string, nonce bigint, tip_wei bigint, source string"
)
DERIVED = (Transfers.amount, Transfers.amount_usd, Transfers.event_date)


@dataclass
class Parsed:
    """What a unit gave: the staged sources, and its facts by table."""

    staged: list[Staged] = field(default_factory=list)
    facts: dict[type[Table], DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What every parser is given."""

    campaign: Campaign
    chains: dict[str, Chain]
    raw: Raw
    spill: Spill
    tokens: DataFrame
    is_address: bool


def read(unit: Unit, reading: Reading) -> Parsed:
    """Every source of the unit, staged."""
    if unit.kind == "ethereum_etl":
        return ethereum_etl(unit, reading)
    table, parsed = _single(unit, reading)
    columns = [c for c in table.columns() if c not in (Fact.source, Fact.file_digest, *DERIVED)]
    staged = stage(unit.sources[0], parsed, columns, _keys(table), reading.spill)
    refuse(unit.sources[0], staged.counts)
    kept = staged.kept.withColumn(Fact.source, F.lit(unit.sources[0].name))
    if table is Labels:
        kept = least(lookups.one_word_per_row(kept), list(Labels.key))
    if table is Transfers:
        kept = transfers.valued(_numbered(kept), reading.tokens, reading.chains)
    return Parsed([staged], {table: kept})


def _single(unit: Unit, reading: Reading) -> tuple[type[Table], DataFrame]:
    source, chains, here = unit.sources[0], reading.chains, reading.campaign
    raw, zone = reading.raw(source), source.timezone
    match unit.kind:
        case "participation":
            is_address = reading.is_address
            rows = participation.participation(raw, here.id, unit.chain, chains, is_address=is_address, zone=zone)
            return Participation, rows
        case "account_addresses":
            named = bool(source.chain)
            rows = participation.account_addresses(raw, here.id, unit.chain, chains, is_chain_named=named, zone=zone)
            return AccountAddresses, rows
        case "transfers":
            return Transfers, transfers.transfers(raw, unit.chain, chains, zone)
        case "transfer_pairs":
            seen = source.observed_at
            return Transfers, transfers.transfer_pairs(raw, source.name, unit.chain, chains, seen)
        case "contracts":
            return Labels, lookups.contracts(raw, unit.chain, chains)
    return Labels, lookups.labels(raw, unit.chain, chains, source.observed_at)


def _whole(raw: DataFrame) -> DataFrame:
    """Without rows of more fields than the header: whatever stands in them may be another column's."""
    return raw.where(~F.coalesce(F.col(SURPLUS), F.lit(False)))


def _keys(table: type[Table]) -> list[str]:
    """What tells rows apart. Equal movements of a transaction are two where their places are."""
    own = [k for k in table.key if k != Fact.source]
    return [*own, Transfers.position] if table is Transfers else own


def _numbered(kept: DataFrame) -> DataFrame:
    """Movements told apart also where a transaction pays the same twice, as few do."""
    alike = kept.groupBy(Transfers.chain, Transfers.tx_hash, Transfers.movement).count().where("count > 1")
    return kept if alike.isEmpty() else transfers.numbered(kept)


def read_tokens(source: Source, chain: str, reading: Reading) -> Staged:
    parsed = lookups.tokens(reading.raw(source), chain, reading.chains)
    columns = ["chain", "asset", "decimals", "usd"]
    return stage(source, parsed, columns, columns, reading.spill)


def ethereum_etl(unit: Unit, reading: Reading) -> Parsed:
    """Blocks and receipts first, then who signed what, then the movements."""
    found = Parsed()
    by_table: dict[str, list[Source]] = {}
    for source in unit.sources:
        by_table.setdefault(source.table, []).append(source)
    chain, chains = unit.chain, reading.chains

    def look_up(table: str, parse: Callable[[DataFrame, str], DataFrame], columns: list[str]) -> DataFrame | None:
        parsed = [(s, parse(reading.raw(s), s.timezone)) for s in by_table.get(table, [])]
        staged = [stage(s, rows, columns, columns, reading.spill) for s, rows in parsed]
        found.staged.extend(staged)
        return _unique([s.kept for s in staged], columns[:1]) if staged else None

    blocks = look_up("blocks", lookups.blocks, ["block_number", "at"])
    receipts = look_up(
        "receipts", lambda raw, _: lookups.receipts(raw, chain, chains), ["tx_hash", "status", "created"]
    )
    receipts = reading.tokens.sparkSession.createDataFrame([], NO_RECEIPTS) if receipts is None else receipts
    senders = _senders(by_table.get("transactions", []), receipts, chain, reading)
    known = ethereum.Known(block_times(blocks, senders), receipts, senders)
    if "transactions" in by_table:
        found.facts[Calls] = calls.calls(known.senders, known.times, chain)
    traced = _traced([_whole(reading.raw(s)) for s in by_table.get("traces", [])], known)
    parsers: dict[str, Callable[[DataFrame, ethereum.Known], DataFrame]] = {
        "transactions": lambda raw, known: ethereum.transactions(raw, known, traced, chain, chains),
        "traces": lambda raw, known: ethereum.traces(raw, known, chain, chains),
        "token_transfers": lambda raw, known: ethereum.token_transfers(raw, known, chain, chains),
    }
    moved = [_moved(by_table[t], parse, known, reading, found) for t, parse in parsers.items() if t in by_table]
    if moved:
        whole = _numbered(_all(moved))  # transactions that traces repeat are left out, so no key is in two tables
        found.facts[Transfers] = transfers.valued(whole, reading.tokens, chains)
    return found


def _moved(
    sources: list[Source],
    parse: Callable[[DataFrame, ethereum.Known], DataFrame],
    known: ethereum.Known,
    reading: Reading,
    found: Parsed,
) -> DataFrame:
    """The movements of the sources of one table, each source's times in its own zone."""
    columns = [c for c in Transfers.columns() if c not in (Fact.source, Fact.file_digest, *DERIVED)]
    kept = []
    for source in sources:
        rows = parse(reading.raw(source), replace(known, zone=source.timezone))
        staged = stage(source, rows, columns, _keys(Transfers), reading.spill)
        found.staged.append(staged)
        kept.append(staged.kept.withColumn(Fact.source, F.lit(source.name)))
    return _unique(kept, _keys(Transfers))


def _senders(files: list[Source], receipts: DataFrame, chain: str, reading: Reading) -> DataFrame:
    """Who signed what in all the files, each transaction once."""
    signed = [
        calls.signers(_whole(reading.raw(s)), receipts, chain, reading.chains, s.timezone).withColumn(
            Fact.source, F.lit(s.name)
        )
        for s in files
    ]
    if not signed:
        return reading.tokens.sparkSession.createDataFrame([], NO_SIGNERS)
    return reading.spill(least(_all(signed), ["tx_hash"]))


def block_times(blocks: DataFrame | None, senders: DataFrame) -> DataFrame:
    """block_number, at: from blocks, else from the transactions of the block."""
    said = senders.select(F.col("tx_block").alias("block_number"), F.col("tx_at").alias("at")).dropna()
    every = said if blocks is None else said.unionByName(blocks.select("block_number", "at"))
    return every.groupBy("block_number").agg(F.min("at").alias("at"))


def _traced(raws: list[DataFrame], known: ethereum.Known) -> DataFrame:
    """tx_hash of every transaction that has a trace."""
    own = F.lower(checks.known_id(F.col("transaction_hash"))).alias("tx_hash")
    if not raws:
        return known.senders.select("tx_hash").limit(0)
    place = [checks.number(F.col(c), "bigint").alias(f"tx_{n}") for c, n in PLACE]
    rows = _all([r.select(own, *place) for r in raws])
    by_place = known.senders.select(F.col("tx_hash").alias("_placed"), "tx_block", "tx_order")
    unnamed = rows.where(F.col("tx_hash").isNull()).join(by_place, on=["tx_block", "tx_order"])
    named = rows.where(F.col("tx_hash").isNotNull()).select("tx_hash")
    return named.unionByName(unnamed.select(F.col("_placed").alias("tx_hash"))).distinct()


def _unique(frames: list[DataFrame], keys: list[str]) -> DataFrame:
    """Each frame has one row per key already; several may share one."""
    return frames[0] if len(frames) == 1 else least(_all(frames), keys)


def _all(frames: list[DataFrame]) -> DataFrame:
    return reduce(DataFrame.unionByName, [f.drop(RAW) for f in frames])
