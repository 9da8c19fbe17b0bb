"""Who is in step with whom: scripts, and the honest crowds that look like them.

Longer than 200 lines because it is one table of cases.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import networkx as nx
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.links.co_activity import co_activity
from abuse.steps.links.ties import as_links
from abuse.tables import EVIDENCE, Links, Participants, Participation
from tests.conftest import frame
from tests.steps.worlds import Fact, by_world, hour, placed

RULES = settings.Links(num_evidence=6, co_max_actions=40)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
WORDS = "join swap bridge stake swap bridge claim"
TIMES = tuple(MINUTE * n for n in (0, 25, 112, 254, 1704, 2139, 3000))  # no gap is a whole number of hours
SHORT = tuple(MINUTE * n for n in (0, 20, 32, 49, 72, 85.5))  # 3,930 s from its second act to its last
ONE = tuple(HOUR * 1.37 * n * (1 + n / 9) for n in range(11))  # gaps that grow
Pairs = set[tuple[str, str]]


def did(account: str, times: Iterable[float] = TIMES, words: str = WORDS, lag: float = 0.0) -> list[Fact]:
    """An account's acts, seconds since the start; a word `-` is an act without one."""
    return [
        {"account": account, "position": f"{n:03d}", "at": hour((at + lag) / HOUR), "num_actions": 1, "source": "acts"}
        | {"action": None if word == "-" else word, "tx_hash": f"{account}{n}"}
        for n, (word, at) in enumerate(zip(words.split(), times, strict=False))
    ]


def bent(place: int, by: float, times: tuple[float, ...] = TIMES) -> list[float]:
    """The times with one of them moved."""
    return [at + by * (n == place) for n, at in enumerate(times)]


def summed(account: str, lag: float) -> list[Fact]:
    """The script as rows that each stand for several acts."""
    return [row | {"num_actions": 3} for row in did(account, lag=lag)]


def people(num: int, times: Callable[[random.Random], Iterable[float]], words: str = WORDS) -> list[Fact]:
    """Accounts that each act at `times` of their own."""
    drawn = [(f"p{n:03d}", sorted(times(random.Random(n)))) for n in range(num)]
    return [row for name, at in drawn for row in did(name, at, words)]


def farm(num: int = 30) -> list[Fact]:
    """Wallet after wallet at every step, with a script's jitter."""
    return [
        row
        for n in range(num)
        for row in did(f"w{n:02d}", [at + random.Random(n * 100 + at).uniform(-15, 15) for at in TIMES], lag=40.0 * n)
    ]


def own_pace(rng: random.Random) -> list[float]:
    """A tutorial's steps over some weeks."""
    start = rng.uniform(0, 7 * DAY)
    return [start + sum(rng.lognormvariate(10, 1.2) for _ in range(n)) for n in range(7)]


def after(openings: Iterable[float], within_s: float) -> Callable[[random.Random], list[float]]:
    """Somebody who comes to every opening, some seconds late."""
    return lambda rng: [at + rng.uniform(0, within_s) for at in openings]


def cooling(rng: random.Random) -> list[float]:
    """A claim whenever the last one is a hundred minutes old, by somebody who waits for it."""
    start = rng.uniform(0, DAY)
    return [start + (100 * MINUTE + rng.uniform(0, 10)) * n for n in range(7)]


@dataclass(frozen=True, kw_only=True)
class World:
    """`ties` are the pairs tied; a world without any says `components`, the sizes of what is connected."""

    acts: list[Fact]
    ties: Pairs = field(default_factory=set)
    components: tuple[int, ...] | None = None
    strangers: str = ""
    """accounts that take no part in the slice"""


AB: Pairs = {("a", "b")}
QUESTS = [DAY * n for n in range(7)]
NEWS = [HOUR * n for n in (0, 31.3, 77.7, 121.4, 190.2, 216.6, 300.1)]
SCRIPTS: dict[str, World] = {
    "a script replayed at a constant lag ties": World(acts=did("a") + did("b", lag=40), ties=AB),
    "a lag of days ties too": World(acts=did("a") + did("b", lag=3.3 * DAY), ties=AB),
    "no lag at all ties": World(acts=did("a") + did("b"), ties=AB),
    "rows of unknown time among them change nothing": World(
        acts=did("a") + did("b", lag=40) + [r | {"at": None, "position": f"x{r['position']}"} for r in did("b")],
        ties=AB,
    ),
    "a list without times ties nobody": World(acts=[row | {"at": None} for row in did("a") + did("b")]),
    "rows in another order tie the same": World(acts=(did("a") + did("b", lag=40))[::-1], ties=AB),
    "a minute off the median lag ties": World(acts=did("a") + did("b", bent(3, 60), lag=40), ties=AB),
    "more than a minute off does not": World(acts=did("a") + did("b", bent(3, 61), lag=40)),
    "nor does more than a minute early": World(acts=did("a") + did("b", bent(3, -61), lag=40)),
    "within one percent of a short span ties": World(
        acts=did("a", SHORT) + did("b", bent(3, 39, SHORT), lag=40), ties=AB
    ),
    "more than one percent of a short span does not": World(acts=did("a", SHORT) + did("b", bent(3, 41, SHORT))),
    "another order does not tie": World(acts=did("a") + did("b", words="join swap stake bridge swap bridge claim")),
    "one act more does not tie": World(acts=did("a") + did("b", (*TIMES, 4e5), f"{WORDS} claim", lag=40)),
    "of acts at one moment the position tells the order": World(
        acts=[row for n in "ab" for row in did(n, bent(4, 254 * MINUTE - TIMES[4]))], ties=AB
    ),
    "four acts after the first are too few": World(acts=did("a", TIMES[:5]) + did("b", TIMES[:5], lag=40)),
    "five are enough": World(acts=did("a", TIMES[:6]) + did("b", TIMES[:6], lag=40), ties=AB),
    "one sitting does not tie": World(acts=[row for n in "ab" for row in did(n, [at * 0.9 for at in SHORT])]),
    "a sitting and a later visit do not": World(
        acts=[row for n in "ab" for row in did(n, [0, 60, 420, 900, 5_700, 6_240])]
    ),
    "the first act may differ": World(
        acts=did("a") + did("b", bent(0, -5e5), words="open swap bridge stake swap bridge claim", lag=40), ties=AB
    ),
    "nor do acts in its transaction count": World(
        acts=[
            r | {"tx_hash": f"{n}0" if r["position"] == "001" else r["tx_hash"]}
            for n in "ab"
            for r in did(n, TIMES[:6])
        ]
    ),
    "acts without a transaction count": World(acts=[r | {"tx_hash": None} for n in "ab" for r in did(n)], ties=AB),
    "a summary row per account does not tie": World(acts=did("a", [0]) + did("b", [0], lag=40)),
    "rows that each sum up several acts do not": World(acts=summed("a", 0) + summed("b", 0)),
    "acts without a word do not count": World(acts=[r for n in "ab" for r in did(n, words="join - bridge - swap - -")]),
    "acts without a word come between": World(
        acts=did("a") + did("b", sorted([*TIMES, 9e4]), words="join swap bridge stake - swap bridge claim", lag=40),
        ties=AB,
    ),
    "one word a few times does not tie": World(acts=[r for n in "ab" for r in did(n, ONE[:8], "swap " * 8)]),
    "one word often enough ties": World(acts=[r for n in "ab" for r in did(n, ONE, "swap " * 11)], ties=AB),
    "who takes no part is not tied": World(acts=did("a") + did("b", lag=40), strangers="b"),
    "who does more than fits is not compared": World(
        acts=[r for n in "ab" for r in did(n, [HOUR * 1.37 * k * (1 + k / 99) for k in range(41)], "swap stake " * 21)]
    ),
    "a farm run wallet after wallet is connected": World(acts=farm(), components=(30,)),
}
CROWDS: dict[str, World] = {
    "people at their own pace are not tied": World(acts=people(60, own_pace)),
    "the farm among them is": World(acts=people(60, own_pace) + farm(), components=(30,)),
    "a crowd at a daily opening is not tied": World(acts=people(40, after(QUESTS, 200))),
    "nor are those who come by an alarm clock": World(acts=people(40, after(QUESTS, 10))),
    "nor who came a day later": World(acts=did("a", QUESTS) + did("b", QUESTS, lag=DAY + 20)),
    "a cooldown ties nobody": World(acts=people(40, cooling)),
    "minutes after an announcement some agree by chance": World(acts=people(80, after(NEWS, 330))),
    "seconds after it all do, as do others": World(
        acts=people(30, after(NEWS, 20))
        + [row | {"account": f"q{row['account']}"} for row in people(25, after(NEWS[:5], 20))]
    ),
    "where a word is new at every opening too": World(
        acts=people(30, after(NEWS, 20), "q0 q1 q2 q3 q4 q5 q6")
        + [row | {"account": f"q{row['account']}"} for row in people(25, after(NEWS[:5], 20), "q0 q1 q2 q3 q4")]
    ),
    "without the others it is a script": World(acts=people(30, after(NEWS, 20)), components=(30,)),
    "a script that few others left half-way is still one": World(
        acts=people(30, after(NEWS, 20))
        + [row | {"account": f"q{row['account']}"} for row in people(15, after(NEWS[:5], 20))],
        components=(30,),
    ),
}
WORLDS = SCRIPTS | CROWDS


def actors(world: World) -> list[Fact]:
    names = sorted({str(row["account"]) for row in world.acts} - set(world.strangers.split()))
    lasts = {"first_action_at": hour(0), "last_action_at": hour(30 * 24)}
    return [{"account": n, "num_actions": sum(row["account"] == n for row in world.acts)} | lasts for n in names]


def in_step(spark: SparkSession, worlds: Iterable[str], rules: settings.Links) -> DataFrame:
    """Many worlds at once: a world's words are its own, as its names are."""
    rows = [placed(w, row) | {"action": row["action"] and f"{w}/{row['action']}"} for w in worlds for row in acts(w)]
    random.Random(1).shuffle(rows)
    known = [placed(name, row) for name in worlds for row in actors(WORLDS[name])]
    moved = spark.createDataFrame([], "_moved string")
    return co_activity(frame(spark, Participation, rows), frame(spark, Participants, known), moved, rules)


@pytest.fixture(scope="module")
def ties(spark: SparkSession) -> DataFrame:
    return in_step(spark, WORLDS, RULES)


@pytest.fixture(scope="module")
def found(ties: DataFrame) -> Mapping[str, list[Fact]]:
    known = ties.withColumn(Links.is_known, F.lit(True))
    return by_world(as_links(known, RULES.num_evidence).collect(), "src")


def acts(world: str) -> list[Fact]:
    return WORLDS[world].acts


def pairs(links: Iterable[Fact]) -> Pairs:
    return {(str(row["src"]), str(row["dst"])) for row in links}


def items(link: Fact) -> list[Fact]:
    assert isinstance(link["evidence"], list)
    return link["evidence"]


@pytest.mark.parametrize("name", WORLDS)
def test_who_is_in_step(found: Mapping[str, list[Fact]], name: str) -> None:
    world, tied = WORLDS[name], pairs(found.get(name, []))
    if world.components is None:
        assert tied == world.ties
    else:
        parts = list(nx.connected_components(nx.Graph(list(tied))))
        assert tuple(len(part) for part in parts) == world.components
        assert len({account[0] for part in parts for account in part}) == 1


def test_an_account_is_compared_with_the_next_few_only(found: Mapping[str, list[Fact]]) -> None:
    most = 2 * RULES.co_neighbours * 30  # a pair may share both its places
    assert len(found["a farm run wallet after wallet is connected"]) <= most


def test_a_crowd_is_more_than_a_word_usually_sees(spark: SparkSession) -> None:
    rules = dataclasses.replace(RULES, co_crowd_factor=1e6)
    assert in_step(spark, ["seconds after it all do, as do others"], rules).limit(1).count() == 1


def test_ties_have_the_shape_of_the_other_kinds(ties: DataFrame) -> None:
    assert ties.columns == ["kind", "evidence_kind", "a", "b", "via", "rank", "item"]
    assert ties.schema["item"].dataType.fieldNames() == [f.name for f in EVIDENCE]  # type: ignore[attr-defined]


def test_the_evidence_is_the_first_acts_compared_of_both(found: Mapping[str, list[Fact]]) -> None:
    (link,) = found["a script replayed at a constant lag ties"]
    assert (link["evidence_kind"], link["via"], link["strength"]) == ("sequence", None, 6)
    shown = {(e["from"], e["tx_hash"], e["at"]) for e in items(link)}
    lags = {"a": 0.0, "b": 40.0}
    assert shown == {
        (n, f"{n}{k}", hour((TIMES[k] + lag) / HOUR).replace(tzinfo=None)) for n, lag in lags.items() for k in (1, 2, 3)
    }


def test_every_item_is_an_act_of_its_account_and_never_its_first(found: Mapping[str, list[Fact]]) -> None:
    for name, links in found.items():
        own = {(r["account"], r["tx_hash"]) for r in acts(name) if r["position"] != "000"}
        for link in links:
            assert {e["from"] for e in items(link)} == {link["src"], link["dst"]}
            assert {(e["from"], e["tx_hash"]) for e in items(link)} <= own
            for e in items(link):
                unknown = [e[c] for c in ("chain", "to", "amount", "asset")]
                assert (e["kind"], e["n"], e["source"], unknown) == ("co_activity", 1, "acts", [None] * 4)
