"""Accounts, labels, token names and reasons are written by attackers; requests may be too."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from urllib.parse import quote

import pytest

from abuse.tables import (
    ClusterMembers,
    Clusters,
    Decisions,
    Explanations,
    Links,
    Participants,
    Scores,
    Services,
    Trails,
)
from tests.console.conftest import Served
from tests.console.lakes import EXCHANGE, FARM, MEMBERS, decision, public_rows, publish, work_rows
from tests.console.people import Staff, logged_in
from tests.console.test_pages import ON, scanned

EVIL = "\"'><script src=//x.test/a.js></script><img src=x onerror=alert(1)>{{7*7}}\x1b[2J\u202e/../%zz?#"
QUOTED = quote(EVIL, safe="")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Every text that others write is EVIL."""
    rows, work = public_rows(), work_rows()
    for table in (Decisions, ClusterMembers, Scores):
        for row in rows[table]:
            if row["account"] == MEMBERS[0]:
                row["account"] = EVIL
    first = rows[Decisions][0]
    first["reasons"] = [f"money_link: {EVIL}"]
    first["account_as_given"] = f"{EVIL} as given"
    first["rule_version"] = first["model_version"] = EVIL
    for item in first["evidence"]:
        item |= {"from": EVIL, "to": EVIL, "tx_hash": EVIL, "asset": EVIL, "chain": EVIL, "source": EVIL}
    first["evidence"][0] |= {"chain": "ethereum", "kind": EVIL}
    rows[Clusters][0] |= {"founder": EVIL, "core_funder": EVIL}
    rows[Services][0] |= {"name": EVIL, "why": EVIL}
    rows[Explanations][0] |= {"core": [EVIL]}
    for row in rows[Links]:
        row["src"] = EVIL
        row["evidence"][0] |= {"from": EVIL, "asset": EVIL, "tx_hash": EVIL}
    work[Participants][0]["account"] = EVIL
    for row in work[Trails]:
        row["asset"] = EVIL
    report = {"campaign": {"name": EVIL}, "verdicts": {"clear": 1}, "warnings": [EVIL], "sources": [{"source": EVIL}]}
    report |= {"clusters": {"num": 1, "members": 10, "largest": 10, "largest_share": 0.8, "by_size": []}}
    gate = {"gate": EVIL, "stage": "outputs", "passed": False, "value": 1.0, "limit": 0.0, "message": EVIL}
    publish(tmp_path, rows, work, report=report | {"gates": [gate], "quarantine_reasons": {EVIL: 1}}, reason=EVIL)
    return tmp_path


@pytest.mark.parametrize(
    "path",
    [
        "/",
        ON,
        f"{ON}/queue",
        f"{ON}/clusters/{FARM}",
        f"{ON}/accounts/{QUOTED}",
        f"{ON}/history/{QUOTED}",
        f"{ON}/accounts/{QUOTED}x",
        f"{ON}/runs",
        f"{ON}/runs/run1",
        f"{ON}/nights",
        f"{ON}/audit",
        f"{ON}/dry-run",
        f"{ON}/runs/run1/report",
    ],
)
def test_what_attackers_write_is_shown_and_does_nothing(served: Served, hostile: Path, path: str) -> None:
    answer = served(hostile).get(path)
    page = scanned(answer.text)
    assert answer.status_code in (200, 404, 409)
    assert page.inline == []
    assert "img" not in page.tags
    assert not [url for url in page.loaded if "x.test" in url and not url.startswith("/campaigns/")]
    assert "\x1b" not in answer.text
    assert "\u202e" not in answer.text


def test_pages_with_forms_on_them_do_nothing_of_it_either(served: Served, hostile: Path, staff: Staff) -> None:
    ann = logged_in(served(hostile, access=staff.access), staff, "ann")
    path = f"{ON}/accounts/{QUOTED}"
    assert "Now: exempt" in ann.done(path, path, action="exempt", reason_code="own_team", note=EVIL)
    assert "Appeal opened of 1 account." in ann.done(path, f"{ON}/appeals", note=EVIL)
    for where in (path, f"{ON}/queue?show=all", f"{ON}/clusters/{FARM}", f"{ON}/appeals"):
        text = ann.page(where)
        page = scanned(text)
        assert page.inline == []
        assert "img" not in page.tags
        assert not [url for url in page.loaded if "x.test" in url and not url.startswith("/campaigns/")]
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "Appeal answered of 1" in ann.done(f"{ON}/appeals", f"{ON}/appeals/answer", outcome="granted", note=EVIL)


def test_the_account_of_an_evil_name_is_reached_from_its_cluster(served: Served, hostile: Path) -> None:
    client = served(hostile)
    assert f'href="{ON}/accounts/{QUOTED}"' in client.get(f"{ON}/clusters/{FARM}").text
    assert "\\x1b[2J\\u202e" in client.get(f"{ON}/accounts/{QUOTED}").text, "hidden characters are made visible"


def test_the_picture_carries_text_as_text(served: Served, hostile: Path) -> None:
    answer = served(hostile).get(f"/api/v1{ON}/clusters/{FARM}/graph")
    assert answer.headers["content-type"] == "application/json"
    labels = [node["label"] for node in answer.json()["nodes"]]
    assert not [label for label in labels if "\x1b" in label or "\u202e" in label]
    assert EXCHANGE in [node["id"] for node in answer.json()["nodes"]]


def test_a_body_beyond_the_limit_is_refused_however_it_comes(served: Served, lake: Path) -> None:
    client = served(lake)
    assert client.post("/healthz", content=b"x" * 70_000).status_code == 413
    assert client.post("/healthz", content=iter([b"x" * 40_000, b"x" * 40_000])).status_code in (405, 413)
    assert client.post("/healthz", content=b"x").status_code == 405


def test_another_sites_name_for_this_machine_is_refused(served: Served, lake: Path) -> None:
    answer = served(lake).get(f"{ON}/queue", headers={"host": "evil.test"})
    assert answer.status_code == 400
    assert FARM not in answer.text


def test_the_log_is_json_without_what_was_searched_for(
    served: Served, lake: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from abuse.console.web.guard import JsonLines

    client = served(lake)
    with caplog.at_level(logging.INFO, logger="abuse.console"):
        client.get(f"{ON}/find", params={"q": "0xsecret"}, headers={"authorization": "Bearer t0ken"})
        client.get("/campaigns/a%0A%1b")
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records if record.message == "answered"]
    assert [(line["path"], line["status"]) for line in lines] == [(f"{ON}/find", 404), ("/campaigns/a\n\x1b", 404)]
    assert "0xsecret" not in str(lines)
    assert "t0ken" not in str(lines)
    assert all("\n" not in JsonLines().format(record) for record in caplog.records)


def test_an_account_is_any_text_up_to_a_length(served: Served, lake: Path) -> None:
    client = served(lake)
    assert client.get(f"{ON}/accounts/{'x' * 201}").status_code == 404
    assert client.get(f"/api/v1{ON}/accounts/{'x' * 201}").status_code == 404


def test_a_strangers_cluster_is_not_shown_to_the_owner_of_an_account(served: Served, lake: Path) -> None:
    told = served(lake).get(f"/api/v1{ON}/accounts/{MEMBERS[2]}").json()["for_user"]
    others = [one for one in MEMBERS if one != MEMBERS[2]]
    assert not [one for one in (*others, "0.9137") if one in json.dumps(told)]
    assert decision(MEMBERS[2], "clear")["account"] in json.dumps(told)
