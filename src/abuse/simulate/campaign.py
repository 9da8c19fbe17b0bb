"""accounts, seed -> a folder with a campaign's files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from abuse.errors import InputError
from abuse.simulate import etl, files
from abuse.simulate.engine import Actions, play
from abuse.simulate.farms import run_farm
from abuse.simulate.groups import Group, groups
from abuse.simulate.ledger import BLOCK_S, Ledger, Sealed
from abuse.simulate.lookalikes import befriend, live
from abuse.simulate.noise import disturb
from abuse.simulate.plan import Scenario, everyone
from abuse.simulate.world import NOBODY, STARTS_AT, World

MIN_ACCOUNTS = 100
"""Fewer hold no farm beside the honest groups that look like one."""
Progress = Callable[[str, int, int], None]


def write_campaign(out: Path, *, accounts: int, seed: int, on_progress: Progress | None = None) -> Path:
    """The path of campaign.toml. `on_progress(what, done, total)` is called after each part."""
    if accounts < MIN_ACCOUNTS:
        raise ValueError("accounts", accounts, f"{MIN_ACCOUNTS} or more")
    told = on_progress or (lambda _what, _done, _total: None)
    rng = np.random.default_rng([seed, accounts])
    world, ledger = World(), Ledger()
    found = groups(rng, accounts)
    scenario = cast_roles(rng, accounts, found, world)
    told("people", accounts, accounts)
    actions = play(rng, scenario, world, ledger)
    disturb(rng, scenario.plan, world, ledger)
    sealed = ledger.sealed(rng)
    told("movements", len(sealed.place_of), len(sealed.place_of))
    names = etl.names(rng, world.addresses.count, sealed)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as why:
        raise InputError(
            f"folder {out}", f"not writable ({why})", "a folder this user can write", "Name another."
        ) from None
    write_chain(rng, out, sealed, names, told)
    accounts_of = [names.address[place].as_py() for place in scenario.plan.address.tolist()]
    write_participation(rng, out, accounts_of, actions, sealed, names)
    write_lists(rng, out, world, names.address, sealed)
    write_truth(rng, out, accounts_of, found)
    path = out / "campaign.toml"
    stable, second = (names.address[place].as_py() for place in (world.stable, world.second))
    path.write_text(files.campaign_toml(f"sim-{seed}-{accounts}", stable, second), encoding="utf-8")
    return path


def cast_roles(rng: np.random.Generator, accounts: int, found: list[Group], world: World) -> Scenario:
    """Everybody draws alone; then each group ties its own members' draws."""
    scenario = Scenario(everyone(rng, accounts, world))
    for group in found:
        if group.is_farm:
            run_farm(rng, scenario, group, world)
        else:
            live(rng, scenario, group, world)
    taken = np.concatenate([group.members for group in found])
    alone = np.setdiff1d(np.arange(accounts), taken)
    befriend(rng, scenario.plan, [group.members for group in found] + [alone])
    return scenario


def write_chain(rng: np.random.Generator, out: Path, sealed: Sealed, names: etl.Names, told: Progress) -> None:
    makers = (etl.transactions, etl.receipts, etl.traces, etl.token_transfers, etl.blocks)
    for done, make in enumerate(makers, 1):
        files.write_parquet(rng, out / f"{make.__name__}.parquet", make(sealed, names))
        told("files", done, len(makers))


def write_participation(
    rng: np.random.Generator, out: Path, accounts: list[str], actions: Actions, sealed: Sealed, names: etl.Names
) -> None:
    """At the time of the action's block. The hash of an account without chain data leads nowhere."""
    is_seen = actions.tx != NOBODY
    hashes = etl.random_hex(rng, len(is_seen), 32).to_pylist()
    for place, tx in zip(np.flatnonzero(is_seen), sealed.place_of[actions.tx[is_seen]].tolist(), strict=True):
        hashes[place] = names.tx_hash[tx].as_py()
    stamps = (np.ceil(actions.at / BLOCK_S) * BLOCK_S + STARTS_AT.timestamp()).tolist()
    times = [datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for stamp in stamps]
    owners = [accounts[who] for who in actions.who.tolist()]
    volumes = [f"{usd:.2f}" for usd in actions.volume_usd.tolist()]
    rows = list(zip(owners, times, actions.name, volumes, hashes, strict=True))
    shuffled = [rows[place] for place in rng.permutation(len(rows))]
    files.write_csv_gz(out / "participation.csv.gz", "account,at,action,volume_usd,tx_hash", shuffled)


def write_lists(rng: np.random.Generator, out: Path, world: World, address: pa.Array, sealed: Sealed) -> None:
    first_block = int(sealed.calls["block"].min())
    files.write_csv(out / "tokens.csv", "address,symbol,decimals,usd", files.tokens(world, address))
    listed = files.labels(world, address)
    shuffled = [listed[place] for place in rng.permutation(len(listed))]
    files.write_csv(out / "labels.csv", "chain,address,name,label", shuffled)
    made = files.contracts(world, address, first_block)
    files.write_csv(out / "contracts.csv", "address,is_erc20,is_erc721,block_number", made)


def write_truth(rng: np.random.Generator, out: Path, accounts: list[str], found: list[Group]) -> None:
    """Who is a farm. Only a judge may read this file."""
    rows: list[files.Row] = [(account, 0, "", "none", "") for account in accounts]
    for group in found:
        level = "" if group.level is None else group.level
        for member in group.members.tolist():
            rows[member] = (accounts[member], int(group.is_farm), group.id, group.kind, level)
    shuffled = [rows[place] for place in rng.permutation(len(rows))]
    files.write_csv(out / "truth.csv", "account,is_farm,group_id,group_kind,level", shuffled)
