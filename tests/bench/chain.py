"""Transfers for `poe bench trails`: rows of the stored table, written by DuckDB so that 20 M take a minute."""

from __future__ import annotations

from pathlib import Path

PARTICIPANTS = 100_000
PER_ADDRESS = 8
"""Movements per address; payers far more unequal than payees, as on chain."""


def write_transfers(folder: Path, num: int) -> None:
    """`num` native movements in the order of blocks, and (address) of 100,000 participants."""
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    addresses = num // PER_ADDRESS
    connection = duckdb.connect()
    connection.execute("set threads = 2; set memory_limit = '6GB'; set enable_progress_bar = false")
    connection.execute(
        f"""copy (
        with drawn as (
            select i, hash(i + 7) h,
                floor({addresses} * pow((hash(i) % 1000003) / 1000003.0, 1.5))::bigint as payee,
                floor({addresses} * pow((hash(i + 1000000007) % 1000003) / 1000003.0, 3))::bigint as payer
            from range({num}) t(i))
        select 'ethereum' as chain, '0x' || sha256('t' || i) as tx_hash, '0' as position, 'native' as kind,
            15000000 + i // 150 as block_number, i % 150 as tx_index,
            to_timestamp(1650000000 + (i // 150) * 12) as "at",
            '0x' || sha256('a' || payer)[:40] as sender, '0x' || sha256('a' || payee)[:40] as recipient,
            'native' as asset, 0.001 + (h % 100000) / 10000.0 as amount,
            '0x' || sha256('a' || payer)[:40] as initiator, 'moves' as source
        from drawn)
        to '{folder / "transfers"}' (format parquet, per_thread_output true, file_size_bytes '128MB')"""  # noqa: S608
    )
    connection.execute(
        f"""copy (select distinct recipient as address from '{folder}/transfers/*.parquet'
        order by hash(recipient) limit {PARTICIPANTS}) to '{folder / "participants.parquet"}' (format parquet)"""  # noqa: S608
    )
    connection.close()
