"""What an attacker or an unlucky shape of the data may try, from transfers to verdicts."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from pyspark.sql import DataFrame, SparkSession

from tests.steps.attacks import DAY, EXCHANGE, Outcome, World, outcome
from tests.steps.lives import FARM, LIVES

BUILDERS: list[Callable[[World], None]] = []


def world(build: Callable[[World], None]) -> Callable[[World], None]:
    BUILDERS.append(build)
    return build


def names(prefix: str, num: int) -> list[str]:
    return [f"{prefix}{n:05d}" for n in range(num)]


@world
def hot_wallet(w: World) -> None:
    """An exchange's wallet that no list names: thousands pay in, thousands are paid out."""
    for n, depositor in enumerate(names("depositor", 500)):
        w.pays(depositor, "hot", 1.0, n / 10)
    for account in names("user", 5_000):
        began = w.rng.uniform(10 * DAY, 60 * DAY)
        w.pays("hot", account, w.rng.uniform(0.01, 1), began - w.rng.uniform(1, 9) * DAY)
        w.joins(account, began)


@world
def small_hot_wallet(w: World) -> None:
    """The same, listed, and few enough to pass for an operator."""
    w.is_called("hot", "exchange")
    for account in names("user", 40):
        w.pays("hot", account, 0.1, 10)
        w.joins(account, 30 + w.rng.random())


@world
def faucet(w: World) -> None:
    w.pays("owner", "faucet", 50.0, 0)
    for account in names("user", 500):
        at = w.rng.uniform(0, 40 * DAY)
        w.pays("faucet", account, 0.001, at)
        w.joins(account, at + w.rng.uniform(1, 5 * DAY))


@world
def bridge_relayer(w: World) -> None:
    """Signs for whoever crosses; the pool pays."""
    for account in names("user", 300):
        at = w.rng.uniform(0, 40 * DAY)
        w.pays("pool", account, 0.05, at, kind="internal", position="1:0", initiator=w("relayer"))
        w.joins(account, at + w.rng.uniform(1, 5 * DAY))


@world
def bridge_maker(w: World) -> None:
    """Whoever pays it on one chain gets coins on the other; within days, and nobody else has use for it."""
    for account in names("user", 40):
        at = w.rng.uniform(0, 3 * DAY)
        w.pays(f"{account}-bank", account, 0.2, at - 5, chain="polygon")
        w.pays(account, "maker", 0.1, at, chain="polygon")
        w.pays("maker", account, 0.1, at + 0.1)
        w.joins(account, at + w.rng.uniform(1, 9 * DAY))


@world
def busy_exchange(w: World) -> None:
    """One that no list names, in the week of the announcement: some of its new customers take part, most do not."""
    for n, customer in enumerate(names("customer", 100)):
        w.pays("hot", customer, 0.1, w.rng.uniform(0, 5 * DAY))
        w.pays(f"depositor{n}", "hot", 0.3, w.rng.uniform(0, 5 * DAY))
    for account in names("user", 60):
        at = w.rng.uniform(0, 5 * DAY)
        w.pays("hot", account, 0.1, at)
        w.joins(account, at + w.rng.uniform(1, 9 * DAY))


@world
def payroll(w: World) -> None:
    """One transaction a month pays the staff; half of them had no wallet before."""
    staff = names("staff", 40)
    w.is_known_exchange()
    w.pays(EXCHANGE, "company", 900.0, 0)
    for n, account in enumerate(staff):
        if n % 2:
            w.pays(EXCHANGE, account, 0.1, 1)
            w.pays(account, f"{account}-shop", 0.01, 2)
        w.joins(account, w.rng.uniform(20, 50) * DAY)
    for month in range(3):
        w.disperses("company", "payout", staff, 1.5, 3 * DAY + month * 30 * DAY)


@world
def shared_contract(w: World) -> None:
    """Two people with wallets of their own each fund theirs through one contract that no list names."""
    for person in ("ann", "bob"):
        w.disperses(person, "multisend", names(person, 6), 0.1, w.rng.uniform(0, 9) * DAY)
        for account in names(person, 6):
            w.joins(account, w.rng.uniform(10, 60) * DAY)


@world
def omnibus(w: World) -> None:
    """Everybody deposits to one wallet of an exchange; the memo says whose account it is."""
    for n, account in enumerate(names("user", 300)):
        w.honest(account)
        w.pays(account, "wallet", 0.01, 80 * DAY + n, memo=f"{n}")
    for n, account in enumerate(names("farm", 40)):
        w.honest(account)
        w.pays(account, "wallet", 0.01, 80 * DAY + n, memo="777")


@world
def deposit_address(w: World) -> None:
    """Twenty wallets share one customer's deposit address; each of ten others has its own."""
    w.is_known_exchange()
    for account in names("farm", 20):
        w.honest(account)
        w.pays(account, "deposit", 0.01, 80 * DAY)
    w.pays("deposit", EXCHANGE, 0.2, 81 * DAY)
    for account in names("user", 10):
        w.honest(account)
        w.pays(account, f"{account}-deposit", 0.01, 80 * DAY)
        w.pays(f"{account}-deposit", EXCHANGE, 0.01, 81 * DAY)


@world
def peel_chain(w: World) -> None:
    """Each passes the rest on to the next."""
    chain = names("hop", 200)
    w.is_known_exchange()
    w.pays(EXCHANGE, chain[0], 50.0, 0)
    for n, (payer, payee) in enumerate(itertools.pairwise(chain), 1):
        w.pays(payer, payee, 50.0 - n / 10, n / 30)
    w.acts_in_a_row(chain, 3 * DAY)


@world
def tree(w: World) -> None:
    """One funds five, each of these five more, and so on: four levels of accounts."""
    w.is_known_exchange()
    w.pays(EXCHANGE, "r", 50.0, 0)
    everyone, level = ["r"], ["r"]
    for depth in range(1, 4):
        below = [f"{parent}.{n}" for parent in level for n in range(5)]
        for n, child in enumerate(below):
            w.pays(child.rsplit(".", 1)[0], child, 50.0 / 5**depth, depth * 5 + n / 60)
        everyone, level = everyone + below, below
    w.acts_in_a_row(everyone, 3 * DAY)


@world
def big_payout(w: World) -> None:
    """One transaction that pays five hundred."""
    accounts = names("farm", 500)
    w.is_known_exchange()
    w.pays(EXCHANGE, "operator", 50.0, 0)
    w.disperses("operator", "own-contract", accounts, 0.05, DAY)
    w.acts_in_a_row(accounts, 3 * DAY)


@world
def great_farm(w: World) -> None:
    """Ten thousand accounts under a hundred wallets under ten under one."""
    w.is_known_exchange()
    w.pays(EXCHANGE, "top", 900.0, 0)
    for a in range(10):
        w.pays("top", f"m{a}", 90.0, 1 + a / 60)
        for b in range(10):
            w.pays(f"m{a}", f"m{a}.{b}", 9.0, 5 + b / 60)
            for c in range(100):
                account = f"m{a}.{b}.{c}"
                w.pays(f"m{a}.{b}", account, 0.05, 9 + c / 600)
                w.joins(account, 3 * DAY + (a * 1_000 + b * 100 + c) / 120)


@world
def glued(w: World) -> None:
    """Two operators are customers of one service that no list names."""
    for n, customer in enumerate(names("customer", 25)):
        w.pays(*((customer, "service") if n % 2 else ("service", customer)), 1.0, n)
    for farm in ("one", "two"):
        accounts = names(farm, 30)
        w.star(f"{farm}-operator", accounts, 20 * DAY)
        w.pays("service", f"{farm}-operator", 9.0, DAY)


@world
def friends(w: World) -> None:
    """Two honest people trade with members of a farm, one of them with its very first."""
    w.star("operator", names("farm", 30), 20 * DAY)
    for friend, member in (("ann", "farm00011"), ("bob", "farm00000")):
        w.honest(friend)
        w.pays(friend, member, 0.2, 70 * DAY)
        w.pays(member, friend, 0.1, 71 * DAY)


@world
def wallets(w: World) -> None:
    """Five wallets of one person, from one source, beside one more that it paid."""
    w.is_known_exchange()
    w.pays(EXCHANGE, "main", 5.0, 0)
    for wallet in names("w", 5):
        w.pays("main", wallet, 0.1, 5)
    w.pays("main", "other", 0.1, 6)
    w.joins("person", 3 * DAY, names("w", 5))
    w.joins("other", 9 * DAY)


@world
def misnamed(w: World) -> None:
    """A list calls a participant an exchange."""
    w.is_called("user00000", "exchange")
    for account in names("user", 3):
        w.pays("someone", account, 0.1, 5)
        w.joins(account, 3 * DAY)


def village(w: World) -> None:
    """Two hundred honest accounts and a farm of thirty."""
    w.star("operator", names("farm", 30), 20 * DAY)
    for account in names("user", 200):
        w.honest(account)


@world
def calm(w: World) -> None:
    village(w)


@world
def under_fire(w: World) -> None:
    """The same people; once funded the farm dusts everybody fifty times, many before they begin, and forges tokens."""
    village(w)
    for n, account in enumerate(names("user", 200) * 50):
        w.pays(f"farm{n % 30:05d}", account, 0.0004, w.rng.uniform(19 * DAY, 90 * DAY))
    for account in names("user", 200):
        w.forges(account, "farm00003", w.rng.uniform(0, 90 * DAY), "operator")
        w.forges("farm00003", account, w.rng.uniform(0, 90 * DAY), "operator")


@pytest.fixture(scope="module")
def found(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder, numbers = tmp_path_factory.mktemp("attacks"), itertools.count()
    spark.sparkContext.setCheckpointDir(str(folder / "checkpoints"))

    def spill(rows: DataFrame) -> DataFrame:
        path = str(folder / str(next(numbers)))
        rows.write.parquet(path)
        return spark.read.parquet(path)

    worlds = []
    for build in BUILDERS:
        worlds.append(World(build.__name__))
        build(worlds[-1])
    return outcome(spark, [*worlds, *LIVES], spill)


SERVICES = ("hot_wallet", "small_hot_wallet", "busy_exchange", "faucet", "bridge_relayer", "bridge_maker", "payroll")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_that_pays_many_ties_none(found: Outcome, name: str) -> None:
    assert found.groups(name) == []
    assert set(found.verdicts(name).values()) == {"clear"}


def test_a_service_says_why_it_is_one(found: Outcome) -> None:
    def why(world: str, address: str) -> list[tuple[str, str]]:
        return [(row["kind"], row["why"]) for row in found.services[f"{world}/{address}"]]

    assert why("small_hot_wallet", "hot") == [("exchange", "The list list calls it exchange.")]
    ((kind, said),) = why("hot_wallet", "hot")
    assert (kind, said[:40]) == ("hub", "It dealt with 5500 addresses (500 paid i")
    ((kind, said),) = why("payroll", "payout")
    assert (kind, said[:50]) == ("disperser", "Of the participants it paid only 50% had not acted")
    ((kind, said),) = why("omnibus", "wallet")
    assert (kind, said) == ("exchange", "It was paid with 301 different memos: each is a customer.")
    ((kind, said),) = why("deposit_address", "deposit")
    assert (kind, said[:40]) == ("deposit", "20 addresses paid it and nearly all went")


def test_a_contract_that_several_use_ties_only_whom_each_paid(found: Outcome) -> None:
    assert found.groups("shared_contract") == [set(names("ann", 6)), set(names("bob", 6))]


def test_users_of_one_wallet_stay_apart_by_memo_and_those_of_one_memo_join(found: Outcome) -> None:
    assert found.groups("omnibus") == [set(names("farm", 40))]


def test_accounts_that_share_a_deposit_address_join(found: Outcome) -> None:
    assert found.groups("deposit_address") == [set(names("farm", 20))]


@pytest.mark.parametrize(("name", "size", "shape"), [("peel_chain", 200, "chain"), ("tree", 156, "tree")])
def test_a_farm_comes_out_whole_in_the_shape_its_money_took(found: Outcome, name: str, size: int, shape: str) -> None:
    (group,) = found.groups(name)
    assert len(group) == size
    assert found.cluster_of(name, min(group))["shape"] == shape
    assert set(found.verdicts(name).values()) == {"disqualified"}


def test_one_transaction_that_pays_five_hundred_is_one_cluster(found: Outcome) -> None:
    (group,) = found.groups("big_payout")
    assert len(group) == 500
    cluster = found.cluster_of("big_payout", min(group))
    assert cluster["core_funder"] in ("big_payout/operator", "big_payout/own-contract")
    assert set(found.verdicts("big_payout").values()) == {"disqualified"}


def test_a_farm_of_ten_thousand_stays_whole_and_waits_for_a_person(found: Outcome) -> None:
    (group,) = found.groups("great_farm")
    assert len(group) == 10_000
    cluster = found.cluster_of("great_farm", min(group))
    assert (cluster["is_giant"], cluster["num_cut"]) == (True, 0)
    assert set(found.verdicts("great_farm").values()) == {"review"}


def test_two_farms_glued_by_a_service_nobody_listed_come_apart(found: Outcome) -> None:
    assert found.groups("glued") == [set(names("one", 30)), set(names("two", 30))]
    assert set(found.verdicts("glued").values()) == {"disqualified"}


def test_a_farm_does_not_take_its_friends_along(found: Outcome) -> None:
    verdicts = found.verdicts("friends")
    assert {verdicts.pop(friend) for friend in ("ann", "bob")} == {"review"}
    assert set(verdicts.values()) == {"disqualified"}
    assert [found.members[f"friends/{friend}"]["is_weak"] for friend in ("ann", "bob")] == [True, True]


def test_dust_and_forged_tokens_change_no_verdict(found: Outcome) -> None:
    assert found.verdicts("under_fire") == found.verdicts("calm")
    assert set(found.verdicts("calm").values()) == {"disqualified", "clear"}
    assert found.groups("under_fire") == found.groups("calm")


def test_an_account_with_five_wallets_is_one_account(found: Outcome) -> None:
    assert found.groups("wallets") == [{"person", "other"}]
    assert set(found.verdicts("wallets")) == {"person", "other"}


def test_a_participant_that_a_list_calls_an_exchange_is_tied_to_nobody_and_told_so(found: Outcome) -> None:
    assert found.groups("misnamed") == [{"user00001", "user00002"}]
    decision = found.decisions["misnamed/user00000"]
    assert decision["verdict"] == "clear"
    assert "serves_many: Nothing ties it. The list list calls it exchange." in decision["reasons"]


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.name)
def test_no_payment_to_an_address_with_a_history_frees_a_farm(found: Outcome, life: World) -> None:
    """Nor does it take along whom the operator paid."""
    verdicts = found.verdicts(life.name)
    assert {verdicts.pop(account) for account in FARM} <= {"disqualified", "review"}
    verdicts.pop("operator", None)
    assert set(verdicts.values()) <= {"clear", "review"}
    assert found.services.get(f"{life.name}/operator") is None
