"""What ops read about an account, and how little of it a user may."""

from __future__ import annotations

import io
import itertools
import json
import re
import tempfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from abuse.errors import InputError
from abuse.lake.ledger import replace_rows
from abuse.lake.publication import current
from abuse.operate.why import as_json, explain, render
from abuse.operate.wording import CLEARED, OTHER_REASON, USER_CHANGES, USER_REASONS, USER_VERDICTS
from abuse.tables import (
    EVIDENCE_KINDS,
    LINK_KINDS,
    VERDICTS,
    ClusterMembers,
    Clusters,
    Decisions,
    Explanations,
    Published,
    Runs,
)
from tests.lake.test_publication import NIGHT, publish

if TYPE_CHECKING:
    from pathlib import Path

Audience = Literal["ops", "user"]
ME = "0x" + "a1" * 20
SECOND = "0x" + "a2" * 20
FUNDER = "0x" + "f7" * 20
SIBLING = "0x" + "b3" * 20
PAID = datetime(2026, 3, 2, 10, 11, 12, tzinfo=UTC)
MONEY = "money_link: 41 accounts got their first coins from " + FUNDER + "."


def item(kind: str = "first_gas", source: str = FUNDER, to: str = ME, tx: str = "11", **rest: Any) -> dict[str, Any]:
    about = {"kind": kind, "chain": "ethereum", "tx_hash": "0x" + tx * 32, "from": source, "to": to, "at": PAID}
    return about | {"amount": 0.05, "asset": "native", "n": 1, "source": "eth-transactions"} | rest


def decision(account: str = ME, verdict: str = "disqualified", **rest: Any) -> dict[str, Any]:
    row = {
        "account": account,
        "verdict": verdict,
        "machine_verdict": "disqualified",
        "cluster_id": "c9d8e7f6a5b40312",
        "score": 0.9137,
        "score_lower": 0.8642,
        "member_score": 0.7718,
        "reasons": [MONEY, "same_time: 17 other members began within 3600 seconds of it."],
        "evidence_kinds": ["money", "time"],
        "evidence": [
            item(),
            item("direct", ME, SIBLING, "22", amount=1250.0),
            item("disperse", FUNDER, SIBLING, "33", amount=77.25),
            item("co_activity", SIBLING, ME, "44", amount=None, asset=None, n=6),
        ],
        "rule_version": "policy-2026-03",
        "model_version": "time-gap-1",
    }
    return row | rest


def tables(*rows: dict[str, Any]) -> dict[type[Published], list[dict[str, Any]]]:
    cluster = {"cluster_id": "c9d8e7f6a5b40312", "founder": SIBLING, "size": 41, "num_links": 120, "shape": "star"}
    member = {"cluster_id": "c9d8e7f6a5b40312", "account": ME, "role": "leaf", "num_neighbours": 3, "strength": 9}
    member |= {"num_cut": 0, "is_weak": False}
    return {
        Decisions: list(rows),
        Clusters: [cluster | {"core_funder": FUNDER, "core_kind": "first_gas", "num_cut": 0, "is_giant": False}],
        ClusterMembers: [member | {"link_kinds": ["first_gas", "direct"]}],
    }


def page(lake: str, account: str = ME, audience: Audience = "ops", own: frozenset[str] = frozenset()) -> str:
    out = io.StringIO()
    render(explain(current(lake, "drop"), account, audience, own), Console(file=out, width=100))
    return out.getvalue()


@pytest.fixture
def lake(tmp_path: Path) -> str:
    """Three nights: not there yet, clear, disqualified."""
    for day, rows in enumerate(([decision(SIBLING)], [decision(verdict="clear")], [decision(), decision("Bob")])):
        publish(str(tmp_path), tables(*rows), as_of=NIGHT + timedelta(days=day), run_id=f"run{day}", minutes=day)
    return str(tmp_path)


def test_ops_read_everything_behind_the_verdict(lake: str) -> None:
    text = page(lake)
    for said in (
        f"Account {ME}: disqualified",
        f"- 41 accounts got their first coins from {FUNDER}.",
        "1. first gas, 2026-03-02 10:11:12 UTC, 0.05 native, eth-transactions",
        f"{FUNDER} -> this account",
        "tx 0x" + "11" * 32,
        "2. direct, 2026-03-02 10:11:12 UTC, 1,250 native",
        "6 movements",
        f"core funder     {FUNDER}",
        "lower bound     0.8642",
        "rule version    policy-2026-03",
        "reason codes    money_link, same_time",
        "- 2026-04-02: clear",
        "- 2026-04-01: not taking part",
        "allow_list",
    ):
        assert said in text
    assert "money_link:" not in text


EXPLAINED: dict[str, Any] = {
    "cluster_id": "c9d8e7f6a5b40312",
    "standing": [
        {"feature": "same_sink_share", "value": 0.93, "share_below": 0.98},
        {"feature": "gap_cv", "value": 0.04, "share_below": 0.01},
    ],
    "base": -2.0,
    "moved": [
        {"family": "time", "log_odds": 0.5},
        {"family": "sink", "log_odds": 1.25},
        {"family": "structure", "log_odds": 0.001},
    ],
    "lowering": [{"account": ME, "probability": 0.4321}, {"account": SIBLING, "probability": 0.5}],
    "raising": [],
    "core": [ME, SIBLING],
}


def test_ops_read_what_the_score_rests_on_and_users_do_not(tmp_path: Path) -> None:
    publish(str(tmp_path), tables(decision()) | {Explanations: [EXPLAINED]})
    text = " ".join(page(str(tmp_path)).split())
    for said in (
        "same_sink_share 0.93: 98 % of like-sized clusters of a low score have less. Members whose coins went to",
        "gap_cv 0.04: 99 % of like-sized clusters of a low score have more. How uneven",
        "Moved the network's log-odds: where their coins went +1.25, when members acted +0.50.",
        "Without this account the probability would be 0.4321.",
        f"Without this account, {SIBLING} the lower bound would be under the policy's.",
    ):
        assert said in text
    assert "how they hang together" not in text
    own = page(str(tmp_path), audience="user")
    assert not any(word in own for word in ("same_sink_share", "log-odds", "0.4321", SIBLING))


def test_a_publication_of_before_there_were_explanations_is_read_all_the_same(tmp_path: Path) -> None:
    publish(str(tmp_path), tables(decision()))
    runs = DeltaTable(str(tmp_path / "runs")).to_pyarrow_table().to_pylist()
    kept = {name: version for name, version in json.loads(runs[0]["versions"]).items() if name != "explanations"}
    replace_rows(str(tmp_path), Runs, [runs[0] | {"versions": json.dumps(kept)}], "true")
    assert "What the score rests on" not in page(str(tmp_path))


def test_a_user_reads_the_verdict_and_their_own_side_only(lake: str) -> None:
    text = page(lake, audience="user")
    for said in (
        USER_VERDICTS["disqualified"],
        USER_REASONS["money_link"],
        "1. payment, 2026-03-02 10:11:12 UTC, 0.05 native",
        "a shared wallet -> this account",
        "this account -> another account",
        "Movements between others are not shown.",
        "reference run2",
    ):
        assert said in text
    for hidden in (FUNDER, SIBLING, "33" * 32, "77.25", "policy", "time-gap", "c9d8", "star", "leaf", "41", "eth-tr"):
        assert hidden not in text


def test_further_addresses_of_the_account_are_its_own(lake: str) -> None:
    assert "33" * 32 in page(lake, audience="user", own=frozenset({FUNDER}))


@pytest.mark.parametrize(("asked", "found"), [(f"  {ME.upper().replace('X', 'x')}\n", ME), ("Bob", "Bob")])
def test_an_account_is_found_as_people_paste_it(lake: str, asked: str, found: str) -> None:
    assert f"Account {found}:" in page(lake, asked)


def test_an_account_that_did_not_take_part_is_an_error(lake: str) -> None:
    wanted = (
        r"account bob\\x1b: did not take part in campaign 'drop' before 2026-04-03, wanted one of its 2 participants"
    )
    with pytest.raises(InputError, match=wanted):
        explain(current(lake, "drop"), "bob\x1b", "ops")


def test_unknown_is_not_clean(tmp_path: Path) -> None:
    unknown = decision(verdict="not_analysed", cluster_id=None, score=None, evidence=[], reasons=["no_funding_data: x"])
    publish(str(tmp_path), tables(unknown))
    assert "not the same as clean" in page(str(tmp_path))
    assert "Cluster" not in page(str(tmp_path))
    assert "neither good nor bad" in page(str(tmp_path), audience="user")


def test_nights_with_the_same_verdict_are_one_line_and_lost_ones_are_named(tmp_path: Path) -> None:
    for day in range(4):
        rows = tables(decision(verdict="clear" if day < 3 else "review"))
        publish(str(tmp_path), rows, as_of=NIGHT + timedelta(days=day), run_id=f"run{day}", minutes=day)
    assert "- 2026-04-01 to 2026-04-03, 3 nights: clear" in page(str(tmp_path))
    DeltaTable(tmp_path / "decisions").create_checkpoint()
    for entry in sorted((tmp_path / "decisions" / "_delta_log").glob("*.json"))[:-1]:
        entry.unlink()
    assert "- 2026-04-01 to 2026-04-03, 3 nights: no longer kept" in page(str(tmp_path))


def test_text_of_the_lake_is_never_obeyed(tmp_path: Path) -> None:
    account = "[red]x[/red]\x1b[2J\u202e; rm -rf $HOME :smile:"
    evil = item(source=account, to="[link=http://x]y[/link]\n\x07", kind="\x1b]0;t\x07")
    publish(
        str(tmp_path), tables(decision(account, evidence=[evil], reasons=["money_link: [bold]\x1b[31mboo\u2028[/]"]))
    )
    audiences: tuple[Audience, ...] = ("ops", "user")
    for audience in audiences:
        text = page(str(tmp_path), account, audience)
        assert text.replace("\n", "").isprintable()
        assert "[red]x[/red]\\x1b[2J\\u202e" in text
        assert as_json(explain(current(str(tmp_path), "drop"), account, audience)).isascii()


def test_the_users_wording_holds_no_numbers() -> None:
    wording = [*USER_REASONS.values(), *USER_VERDICTS.values(), OTHER_REASON]
    wording += itertools.chain(*USER_CHANGES.values())
    assert not [text for text in wording if re.search(r"\d", text)]


ADDRESSES = st.integers(1, 2**160 - 1).map(lambda n: f"0x{n:040x}")
PARTIES = st.one_of(st.just(ME), st.just(SECOND), ADDRESSES, st.text("xyz", min_size=3, max_size=6))
ITEMS = st.builds(
    item,
    kind=st.sampled_from([*LINK_KINDS, *EVIDENCE_KINDS, "unheard of 77"]),
    source=PARTIES,
    to=PARTIES,
    tx=st.integers(16, 255).map(lambda n: f"{n:02x}"),
    amount=st.one_of(st.none(), st.integers(1, 10**9).map(lambda n: n / 1000)),
    asset=st.one_of(st.none(), st.just("native"), ADDRESSES),
    n=st.integers(1, 10**6),
)
CODES = st.one_of(st.sampled_from(sorted(USER_REASONS)), st.from_regex(r"[a-z]{3,9}_[0-9]{2}", fullmatch=True))
REASONS = st.builds(lambda code, number, who: f"{code}: over {number} by {who}", CODES, st.integers(), ADDRESSES)
DECISIONS = st.builds(
    decision,
    verdict=st.sampled_from(VERDICTS),
    score=st.floats(0, 1),
    reasons=st.lists(REASONS, max_size=5),
    evidence=st.lists(ITEMS, max_size=6),
)


@settings(max_examples=60, deadline=None)
@given(DECISIONS)
def test_a_user_never_sees_another_address_or_a_number_that_is_not_theirs(row: dict[str, Any]) -> None:
    """All that is theirs is struck from the text; no digit, address or foreign hash may be left."""
    with tempfile.TemporaryDirectory() as lake:
        publish(lake, tables(row))
        told = explain(current(lake, "drop"), ME, "user", frozenset({SECOND}))
        out = io.StringIO()
        render(told, Console(file=out, width=100))
    mine = [e for e in row["evidence"] if {e["from"], e["to"]} & {ME, SECOND}]
    theirs = [ME, SECOND, "run1", "2026-04-01T00:00:00+00:00", "2026-04-01", "2026-03-02T10:11:12+00:00"]
    theirs += ["2026-03-02 10:11:12 UTC"] + [e["tx_hash"] for e in mine]
    amounts = [form for e in mine if e["amount"] for form in (f"{e['amount']:,}".removesuffix(".0"), str(e["amount"]))]
    parties = {e[side] for e in row["evidence"] for side in ("from", "to")} - {ME, SECOND}
    for text in (out.getvalue(), as_json(told)):
        assert not [party for party in parties if party in text]
        left = re.sub(r"(?m)^  \d\. ", "", text)
        for known in [*sorted(theirs, key=len, reverse=True), *sorted(amounts, key=len, reverse=True)]:
            left = left.replace(known, "")
        assert not re.search(r"\d", left)
    assert not {"score", "rule_version", "cluster_id"} & set(json.loads(as_json(told))["facts"])
    assert len(told.evidence) == (0 if told.verdict in CLEARED else len(mine))
