"""Campaigns in which somebody tries something, and the way from transfers to verdicts over all of them at once."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa
from pyspark.sql import DataFrame, Row, SparkSession

from abuse import settings
from abuse.contract import Table
from abuse.steps.clusters import clusters
from abuse.steps.decide import decide
from abuse.steps.features import features
from abuse.steps.funders import first_funders
from abuse.steps.links import links
from abuse.steps.score import TimeGapRule
from abuse.steps.services import services
from abuse.steps.spill import Spill
from abuse.steps.trails import trails
from abuse.tables import (
    ClusterMembers,
    Clusters,
    Decisions,
    FirstFunders,
    Labels,
    ParticipantAddresses,
    Participants,
    Participation,
    Scores,
    Services,
    Standings,
    Transfers,
)
from tests.steps.worlds import Fact, hour, paid, token

DAY = 24.0
ASSETS = ("native", "usdc")
EXCHANGE = "exchange"


@dataclass
class World:
    """One campaign's people and money, told in hours from its start. Names are its own: they carry its name."""

    name: str
    rng: random.Random = field(default_factory=lambda: random.Random(5))
    people: list[Fact] = field(default_factory=list)
    owned: list[Fact] = field(default_factory=list)
    moves: list[Fact] = field(default_factory=list)
    labels: list[Fact] = field(default_factory=list)

    def __call__(self, name: str) -> str:
        return f"{self.name}/{name}"

    def joins(self, account: str, at: float, wallets: Iterable[str] = ()) -> None:
        """Takes part from `at` to an hour later."""
        row: Fact = {"account": self(account), "first_action_at": hour(at), "last_action_at": hour(at + 1)}
        self.people.append(row | {"num_actions": 1})
        for wallet in wallets or (account,):
            address = {"chain": "ethereum", "address": self(wallet), "has_transfers": True}
            self.owned.append({"account": self(account)} | address)

    def pays(self, sender: str, recipient: str, amount: float, at: float, **rest: object) -> None:
        row = paid(self(sender), self(recipient), amount, at, initiator=self(sender)) | rest
        self.moves.append(row | {"tx_hash": rest.get("tx_hash", f"{self.name}#{len(self.moves)}")})

    def forges(self, sender: str, recipient: str, at: float, signer: str) -> None:
        """Emits a movement of a token of one's own between two strangers."""
        row = token(self(sender), self(recipient), 1e6, at, asset="fake", initiator=self(signer))
        self.moves.append(row | {"tx_hash": f"{self.name}#{len(self.moves)}"})

    def disperses(self, signer: str, contract: str, to: Iterable[str], amount: float, at: float) -> None:
        """One transaction of `signer` in which the contract pays all."""
        tx = f"{self.name}#{len(self.moves)}"
        self.pays(signer, contract, amount, at, tx_hash=tx)
        for n, recipient in enumerate(to):
            row = {"kind": "internal", "tx_hash": tx, "position": f"1:{n:05d}", "initiator": self(signer)}
            self.pays(contract, recipient, amount, at, **row)

    def is_called(self, address: str, label: str) -> None:
        row: Fact = {"source": "list", "file_digest": "d", "chain": "ethereum", "address": self(address)}
        self.labels.append(row | {"label": label, "name": address})

    def honest(self, account: str, at: float | None = None) -> None:
        """Funded from the exchange, at a time of their own, and acting days later."""
        began = self.rng.uniform(10 * DAY, 60 * DAY) if at is None else at
        self.is_known_exchange()
        self.pays(EXCHANGE, account, self.rng.uniform(0.01, 1), began - self.rng.uniform(1, 9) * DAY)
        self.joins(account, began)
        self.pays(account, f"{account}-shop", 0.005, began)

    def is_known_exchange(self) -> None:
        if not self.labels:
            self.is_called(EXCHANGE, "exchange")

    def acts_in_a_row(self, accounts: list[str], at: float) -> None:
        """A script that begins with one account a minute."""
        for n, account in enumerate(accounts):
            self.joins(account, at + n / 60)
            self.pays(account, f"{account}-shop", 0.002, at + n / 60)

    def star(self, operator: str, accounts: list[str], at: float) -> None:
        """A farm: one wallet funds all within the hour, and a script drives them two days later."""
        self.is_known_exchange()
        self.pays(EXCHANGE, operator, 9.0, at - 3 * DAY)
        for n, account in enumerate(accounts):
            self.pays(operator, account, 0.05, at - 2 * DAY + n / 60)
        self.acts_in_a_row(accounts, at)


@dataclass(frozen=True)
class Outcome:
    """What became of every account of every world."""

    decisions: dict[str, Row]
    members: dict[str, Row]
    clusters: dict[str, Row]
    services: dict[str, list[Row]]

    def groups(self, world: str) -> list[set[str]]:
        """The clusters of a world, the largest first, by bare names."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for account, row in self.members.items():
            if account.startswith(f"{world}/"):
                found[row[ClusterMembers.cluster_id]].add(account.split("/")[1])
        return sorted(found.values(), key=lambda group: (-len(group), sorted(group)))

    def cluster_of(self, world: str, account: str) -> Row:
        return self.clusters[self.members[f"{world}/{account}"][ClusterMembers.cluster_id]]

    def verdicts(self, world: str) -> dict[str, str]:
        mine = {a: r[Decisions.verdict] for a, r in self.decisions.items() if a.startswith(f"{world}/")}
        return {account.split("/")[1]: verdict for account, verdict in mine.items()}


def table(spark: SparkSession, kind: type[Table], rows: list[Fact]) -> DataFrame:
    """Tens of thousands of rows by Arrow."""
    filled = [{name: row.get(name) for name in kind.columns()} for row in rows]
    return spark.createDataFrame(pa.Table.from_pylist(filled, kind.arrow_schema())).select(*kind.columns())


def outcome(spark: SparkSession, worlds: list[World], spill: Spill) -> Outcome:
    """From transfers to verdicts, with the default rules."""
    rules = settings.Settings(clusters=settings.Clusters(engine="driver"))
    moves = spill(table(spark, Transfers, [row for world in worlds for row in world.moves]))
    people = spill(table(spark, Participants, [row for world in worlds for row in world.people]))
    owned = spill(table(spark, ParticipantAddresses, [row for world in worlds for row in world.owned]))
    labels = table(spark, Labels, [row for world in worlds for row in world.labels])
    funders = spill(first_funders(moves, rules.chains, spill))
    acted = funders.select(FirstFunders.chain, FirstFunders.address, FirstFunders.acted_at)
    acted = acted.where(f"{FirstFunders.acted_at} is not null")
    served = spill(services(moves, labels, owned, acted, funders, ASSETS, rules.services, rules.links, rules.chains))
    walked = spill(
        trails(funders, moves, people, owned, served, ASSETS, rules.trails, rules.links, rules.chains, spill)
    )
    acts = spark.createDataFrame([], Participation.schema())
    tied = links(walked, moves, served, people, owned, acted, acts, ASSETS, rules.links, rules.chains, spill=spill)
    tied = spill(tied)
    found, members = (spill(f) for f in clusters(tied, people, "attacks", rules.clusters, spill))
    facts = spill(features(members, people, tied, rules.features))
    scores = spill(TimeGapRule(rules.score).scores(facts))
    nobody = spark.createDataFrame([], Standings.schema())
    decided = decide(
        *(people, owned, found, facts, scores, tied, members, served, nobody, rules.policy, rules.features),
        model_version=scores.first()[Scores.model_version],  # type: ignore[index]
    )
    kept: defaultdict[str, list[Row]] = defaultdict(list)
    for row in served.collect():
        kept[row[Services.address]].append(row)
    return Outcome(
        {row[Decisions.account]: row for row in decided.collect()},
        {row[ClusterMembers.account]: row for row in members.collect()},
        {row[Clusters.cluster_id]: row for row in found.collect()},
        kept,
    )
