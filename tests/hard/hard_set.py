"""Seed -> the hard set: campaign folders on which scorers are judged."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa

from tests.hard import acting, chain, funding
from tests.hard.actors import Cast, cast
from tests.hard.chain import Chain, hexes
from tests.hard.clock import Times, times
from tests.hard.files import SOURCES, campaign_toml, csv_bytes, write_table
from tests.hard.groups import Groups, groups
from tests.hard.laws import Law, law
from tests.hard.ledger import Actors, Ledger
from tests.hard.people import Habits, Members, draws, habits, members

NUM_METHODS = 32


def truth(rng: np.random.Generator, who: Members, of: Groups, address: pa.Array) -> pa.Table:
    """is_farm per account; lone accounts have no group, honest ones no level."""
    number = rng.permutation(who.num_groups)
    grouped = who.is_grouped > 0
    group = np.minimum(who.group, who.num_groups - 1)
    kind = ["mixture" if mixed else name for name, mixed in zip(of.kind, of.is_mixture.tolist(), strict=True)]
    is_farm = who.is_farm > 0
    return pa.table({
        "account": address.take(pa.array(np.arange(len(group)))),
        "is_farm": pa.array(np.where(is_farm, "true", "false").tolist()),
        "group_id": pa.array([f"g{n:05d}" if is_in else "" for n, is_in in zip(number[group], grouped, strict=True)]),
        "group_kind": pa.array([kind[n] if is_in else "lone" for n, is_in in zip(group, grouped, strict=True)]),
        "level": pa.array([str(n) if farm else "" for n, farm in zip(of.level[group], is_farm, strict=True)]),
    }).sort_by("account")  # fmt: skip


def participation(found: Chain, actors: Cast) -> pa.Table:
    column = found.ledger.acts.column
    row = found.row_of_call[column("call")]
    at = np.datetime_as_string(found.at[row].astype("datetime64[s]"), timezone="UTC")
    return pa.table({
        "account": found.named(actors.accounts[column("account")]),
        "at": pa.array(at.tolist()),
        "action": pa.array([f"task_{task}" for task in column("task").tolist()]),
        "volume_usd": column("usd_cents") / 100,
        "tx_hash": found.hash.take(pa.array(row)),
    })  # fmt: skip


def lists(found: Chain, actors: Cast, scheme: Law) -> dict[str, pa.Table]:
    """What the world knows of addresses; one exchange in four and the tasks' contracts are on no list."""
    known = [(actors.exchanges[:3], "exchange"), (actors.bridges, "bridge"), (actors.router, "dex")]
    labelled = np.concatenate([some for some, _ in known])
    words = [word for some, word in known for _ in some]
    code = np.concatenate([actors.tokens, actors.tasks, actors.bridges, actors.router, actors.disperse])
    tokens = found.named(actors.tokens).to_pylist()
    return {
        "labels.csv": pa.table({
            "chain": ["ethereum"] * len(words), "address": found.named(labelled),
            "name": [f"{word} {n}" for n, word in enumerate(words)], "label": words,
        }),
        "contracts.csv": pa.table({
            "address": found.named(code), "is_erc20": ["true"] * 2 + ["false"] * (len(code) - 2),
            "is_erc721": ["false"] * len(code), "block_number": np.full(len(code), int(found.block.min()) - 1000),
        }),
        "tokens.csv": pa.table({
            "address": ["native", *tokens], "symbol": ["ETH", "USDX", "PNT"], "decimals": [18, 6, 18],
            "usd": [scheme.eth_usd, 1.0, 0.02],
        }),
    }  # fmt: skip


def filled(rng: np.random.Generator, who: Members, of: Groups, scheme: Law, actors: Actors) -> tuple[Ledger, Cast]:
    """Every payment of the campaign."""
    ledger, shared = Ledger(), draws(rng, who, of)
    people = cast(actors, len(who.group), len(scheme.popularity))
    when: Times = times(shared, who, of, scheme)
    what: Habits = habits(rng, shared, who, of, scheme)
    tip_milli = np.rint(what.tip_gwei * 1000).astype(np.int64)
    paid = funding.payers(rng, who, of, people, actors, (when.funded_at, what.source))
    funding.pay_first_coins(ledger, people, paid, (when.funded_at, what.fund_eth, what.source, tip_milli))
    funding.pay_others(rng, ledger, people, paid, (when.funded_at, tip_milli))
    acting.act(ledger, people, when, what, scheme)
    acting.live(rng, ledger, people, when, what, scheme)
    acting.leave(rng, ledger, people, when, what, acting.sinks(rng, who, of, what, actors, paid.hub))
    return ledger, people


def write_campaign(out: Path, nth: int, clusters: int, seed: int) -> Path:
    rng = np.random.default_rng([seed, nth])
    scheme = law(rng, nth)
    of = groups(rng, clusters, scheme.farm_share)
    who, actors = members(rng, of), Actors()
    ledger, people = filled(rng, who, of, scheme, actors)
    selectors = ["0x", *hexes(rng, NUM_METHODS, 4).to_pylist()]
    address = hexes(rng, actors.num, 20)
    found = Chain(rng=rng, ledger=ledger, law=scheme, address=address, selectors=selectors)
    tables = {
        "participation.csv.gz": participation(found, people),
        "transactions.parquet": chain.transactions(found),
        "receipts.parquet": chain.receipts(found),
        "traces.parquet": chain.traces(found),
        "token_transfers.parquet": chain.token_transfers(found, people.tokens),
        "blocks.parquet": chain.blocks(found),
        **lists(found, people, scheme),
    }
    folder = out / f"hard_{nth:02d}"
    folder.mkdir(parents=True, exist_ok=True)
    tokens = found.named(people.tokens).to_pylist()
    (folder / "campaign.toml").write_text(campaign_toml(folder.name, scheme, tokens))
    for name, _, _ in SOURCES:
        write_table(rng, folder / name, tables[name])
    (folder / "truth.csv").write_bytes(csv_bytes(truth(rng, who, of, address)))
    return folder


def write_hard_set(out: Path, *, campaigns: int = 10, clusters: int = 500, seed: int) -> list[Path]:
    """The campaign folders, in order."""
    return [write_campaign(out, nth, clusters, seed) for nth in range(campaigns)]


def digest(folders: list[Path]) -> str:
    """sha256 over the names and contents of all files, folders in the order given, files by name."""
    found = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.iterdir()):
            found.update(f"{folder.name}/{path.name}\0{path.stat().st_size}\0".encode())
            found.update(path.read_bytes())
    return found.hexdigest()
