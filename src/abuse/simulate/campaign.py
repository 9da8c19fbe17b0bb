"""accounts, seed -> a folder with a campaign's files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from abuse.errors import InputError
from abuse.simulate import etl, files
from abuse.simulate.calls import Actions
from abuse.simulate.engine import play
from abuse.simulate.farms import run_farm
from abuse.simulate.gas import Gas
from abuse.simulate.groups import Group, groups
from abuse.simulate.hexes import Hexes
from abuse.simulate.ledger import Ledger, blocks_of, seconds_of
from abuse.simulate.lookalikes import befriend, live, tie_guests
from abuse.simulate.methods import inputs, usual_gas
from abuse.simulate.noise import disturb
from abuse.simulate.people import everyone
from abuse.simulate.plan import Scenario
from abuse.simulate.priors import drawn_priors
from abuse.simulate.traces import num_traces, traces
from abuse.simulate.world import NOBODY, Ints, World, drawn_world

MIN_ACCOUNTS = 100
"""Fewer hold no farm beside the honest groups that look like one."""
DUPLICATES = 0.01
"""Share of rows that stand twice in transactions and token_transfers, as exports have them."""


def write_campaign(out: Path, *, accounts: int, seed: int, on_progress: files.Progress | None = None) -> Path:
    """The path of campaign.toml. `on_progress(what, done, total)` is called after each part and each chunk of rows."""
    if accounts < MIN_ACCOUNTS:
        raise ValueError("accounts", accounts, f"{MIN_ACCOUNTS} or more")
    told = on_progress or (lambda _what, _done, _total: None)
    rng = np.random.default_rng([seed, accounts])
    world, ledger = drawn_world(rng, drawn_priors(rng)), Ledger()
    found = groups(rng, accounts, world.priors.farm_share)
    scenario = cast_roles(rng, accounts, found, world)
    told("people", accounts, accounts)
    actions = play(rng, scenario, world, ledger)
    disturb(rng, scenario.plan, world, ledger)
    gas = Gas(rng, scenario.plan, world)
    sealed = ledger.sealed(rng, usual_gas(world.tasks))
    told("movements", sealed.num_transfers, sealed.num_transfers)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as why:
        raise InputError(
            f"folder {out}", f"not writable ({why})", "a folder this user can write", "Name another."
        ) from None
    chain = etl.Chain(sealed, Hexes(rng), gas, pa.array(inputs(world.tasks)), int(world.starts_at.timestamp()))
    address = scenario.plan.address
    del scenario
    write_chain(rng, out, chain, told)
    write_participation(rng, out, address, actions, world, chain, told)
    write_truth(rng, out, address, found, chain, told)
    return write_lists(rng, out, world, chain, f"sim-{seed}-{accounts}")


def cast_roles(rng: np.random.Generator, accounts: int, found: list[Group], world: World) -> Scenario:
    """Everybody draws alone; then each group ties its own members' draws."""
    scenario = Scenario(everyone(rng, accounts, world))
    for group in found:
        if group.level is None:
            live(rng, scenario, group, world)
        else:
            run_farm(rng, scenario, group, world)
    taken = np.concatenate([group.members for group in found])
    alone = np.setdiff1d(np.arange(accounts), taken)
    befriend(rng, scenario.plan, [group.members for group in found] + [alone])
    for group in found:
        tie_guests(rng, scenario, group, world)
    return scenario


def write_chain(rng: np.random.Generator, out: Path, chain: etl.Chain, told: files.Progress) -> None:
    num_calls = chain.sealed.num_calls
    opens = np.flatnonzero(chain.sealed.calls["index"] == 0)
    orders = {
        etl.transactions: files.shuffled(rng, num_calls, DUPLICATES),
        etl.receipts: files.shuffled(rng, num_calls),
        traces: files.shuffled(rng, num_traces(chain.sealed)),
        etl.token_transfers: files.shuffled(rng, len(chain.sealed.logs["tx"]), DUPLICATES),
        etl.blocks: opens[files.shuffled(rng, len(opens))],
    }
    for make, order in orders.items():
        files.write_rows(out / f"{make.__name__}.parquet", order, _bound(make, chain), told)


def _bound(make: etl.Maker, chain: etl.Chain) -> Callable[[Ints], pa.Table]:
    return lambda rows: make(chain, rows)


def write_participation(
    rng: np.random.Generator,
    out: Path,
    address: Ints,
    actions: Actions,
    world: World,
    chain: etl.Chain,
    told: files.Progress,
) -> None:
    """At the time of the action's block. The hash of an account without chain data leads nowhere."""
    names = pa.array([*world.tasks.names, "claim"])

    def made(rows: Ints) -> pa.Table:
        tx, task = actions.tx[rows], actions.task[rows]
        on_chain = tx != NOBODY
        place = chain.sealed.place_of[np.where(on_chain, tx, 0)]
        hashes = pc.if_else(pa.array(on_chain), chain.hexes.tx_hashes(place), chain.hexes.lost_hashes(rows))
        return pa.table(
            {
                "account": chain.hexes.addresses(address[actions.who[rows]]),
                "at": utc_text(chain.starts_at_s + seconds_of(blocks_of(actions.at[rows]))),
                "action": names.take(pa.array(np.where(task < 0, len(world.tasks), task))),
                "volume_usd": cents_text(actions.cents[rows]),
                "tx_hash": hashes,
            }
        )

    files.write_rows(out / "participation.csv.gz", files.shuffled(rng, len(actions.who)), made, told)


def utc_text(unix_s: Ints) -> pa.Array:
    text = np.datetime_as_string(unix_s.astype("datetime64[s]"), unit="s")
    return pc.binary_join_element_wise(pa.array(text), "Z", "")


def cents_text(cents: NDArray[np.int64]) -> pa.Array:
    two = pa.array([f"{n:02d}" for n in range(100)])
    return pc.binary_join_element_wise(pa.array(cents // 100).cast(pa.string()), two.take(pa.array(cents % 100)), ".")


def write_truth(
    rng: np.random.Generator, out: Path, address: Ints, found: list[Group], chain: etl.Chain, told: files.Progress
) -> None:
    """Who is a farm. Only a judge may read this file."""
    is_farm, group_of = np.zeros(len(address), dtype=np.int8), np.full(len(address), len(found), dtype=np.int32)
    for number, group in enumerate(found):
        group_of[group.members] = number
        is_farm[group.farmed] = 1
    words = {
        "group_id": pa.array([*(group.id for group in found), ""]),
        "group_kind": pa.array([*(group.kind for group in found), "none"]),
        "level": pa.array([*("" if group.level is None else str(group.level) for group in found), ""]),
    }

    def made(rows: Ints) -> pa.Table:
        group = pa.array(group_of[rows])
        own = {"account": chain.hexes.addresses(address[rows]), "is_farm": is_farm[rows]}
        return pa.table(own | {name: texts.take(group) for name, texts in words.items()})

    files.write_rows(out / "truth.csv", files.shuffled(rng, len(address)), made, told)


def write_lists(rng: np.random.Generator, out: Path, world: World, chain: etl.Chain, name: str) -> Path:
    """Tokens, labels, contracts and the campaign's own file, whose path this is."""

    def address(place: int) -> str:
        return str(chain.hexes.addresses(np.array([place]))[0].as_py())

    listed = files.labels(world, address)
    first_block = int(blocks_of(chain.sealed.calls["at"][:1])[0])
    files.write_csv(out / "tokens.csv", "address,symbol,decimals,usd", files.tokens(world, address))
    labels = [listed[place] for place in rng.permutation(len(listed))]
    files.write_csv(out / "labels.csv", "chain,address,name,label", labels)
    made = files.contracts(world, address, first_block)
    files.write_csv(out / "contracts.csv", "address,is_erc20,is_erc721,block_number", made)
    path = out / "campaign.toml"
    path.write_text(files.campaign_toml(name, world, address(world.stable), address(world.second)), encoding="utf-8")
    return path
