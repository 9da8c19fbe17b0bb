"""What a person reads on each page, and that nothing on it runs or reaches out."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from abuse.lake.publication import runs
from abuse.operate.night_page.kept import keep
from abuse.operate.night_page.page import policy
from tests.console.conftest import ConsoleOf, Served
from tests.console.lakes import EXCHANGE, FARM, FUNDER, MEMBERS, SINK, STRANGERS, publish, tx

ON = "/campaigns/drop"
FIRST_NIGHT = "2026-04-01T00:00:00Z"
PAGES = {  # path -> what must stand there
    "/": ["Spring drop", "Night of 2026-04-02", "2 nights published", "share of accounts", "night (as of, UTC)"],
    ON: ["Verdicts on 12 accounts", "Open the queue", "run1", "10", "more than 90% holds a run"],
    f"{ON}/queue": [FARM, "0.914", "at least 0.864", "first coins", "1 cluster", "Sort by", "125"],
    f"{ON}/queue?as_of={FIRST_NIGHT}": [FARM, "You are looking at the night of 2026-04-01"],
    f"{ON}/clusters/{FARM}": [
        "10 accounts whose first coins came through one wallet; 9 are out, 1 is in review.",
        FUNDER,
        "Some Exchange",
        EXCHANGE,
        "98 % of like-sized clusters of a low score have less",
        "when members acted",
        "First coins",
        "10 accounts, at most",
        "time (UTC); height",
        f"https://etherscan.io/tx/{tx(3)}",
        SINK,
        "0.05 native",
        "10 members of",
        "page 1 of 3",
        f"/api/v1{ON}/clusters/{FARM}/graph",
    ],
    f"{ON}/clusters/{FARM}/history": ["10 members"],
    f"{ON}/accounts/{MEMBERS[2]}": [
        "It is out: it gets no reward unless a person overturns this.",
        "Money ties it to the group; direct ties: 9.",
        f"https://etherscan.io/tx/{tx(2)}",
        f"https://etherscan.io/address/{FUNDER}",
        "this account",
        "the lower bound would be under the policy's",
        "This account does not qualify for the reward.",
        "a shared wallet",
        "12.5",
    ],
    f"{ON}/accounts/{STRANGERS[1]}": ["not analysed", "not the same as clean", "None is kept for an account outside"],
    f"{ON}/history/{MEMBERS[2]}": ["2026-04-02", "disqualified", "2026-04-01", "clear"],
    f"{ON}/nights": ["clear", "disqualified", MEMBERS[0], "The same reasons hold as before.", "run0"],
    f"{ON}/audit": ["Audit log", "Nobody has decided anything"],
    f"{ON}/dry-run": ["If the policy were so", "Members of a group at least", "was 8", "Nobody.", "0.0% to 45.0%"],
    f"{ON}/runs": ["run0", "run1", "published", "4.7 s"],
    f"{ON}/runs/run1": [
        "/campaigns/drop/runs/run1/report",
        "flagged_share",
        "0.83",
        "ingest",
        "bad address",
        "2 lists are older than 90 days",
    ],
}


class Scanned(HTMLParser):
    """What of a page could run, and where it points."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.loaded: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.inline += [f"{tag} {name}" for name in found if name.startswith(("on", "hx-on")) or name == "style"]
        if tag == "style" or (tag == "script" and not found.get("src")):
            self.inline.append(tag)
        self.inline += [
            value or "" for value in found.values() if (value or "").strip().lower().startswith("javascript:")
        ]
        self.loaded += [found[name] or "" for name in ("src", "data-src", "hx-get") if name in found]
        if tag == "link":
            self.loaded.append(found.get("href") or "")


def scanned(html: str) -> Scanned:
    page = Scanned()
    page.feed(html)
    return page


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", html.replace("&#39;", "'"))


@pytest.mark.parametrize("path", PAGES)
def test_each_page_says_what_it_is_for(served: Served, lake: Path, path: str) -> None:
    answer = served(lake).get(path)
    assert answer.status_code == 200
    missing = [words for words in PAGES[path] if words not in text_of(answer.text)]
    assert not missing


@pytest.mark.parametrize("path", [*PAGES, "/campaigns/nobody", "/nowhere"])
def test_no_page_runs_anything_of_its_own_or_reaches_out(served: Served, lake: Path, path: str) -> None:
    answer = served(lake).get(path)
    page = scanned(answer.text)
    assert page.inline == []
    assert [url for url in page.loaded if not url.startswith("/") or url.startswith("//")] == []
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


def test_what_a_page_loads_is_there_with_its_licence(served: Served, lake: Path) -> None:
    client = served(lake)
    for url in scanned(client.get(f"{ON}/clusters/{FARM}").text).loaded:
        assert client.get(url).status_code == 200, url
    for licence in ("htmx.LICENSE", "cytoscape.LICENSE"):
        assert client.get(f"/static/vendor/{licence}").status_code == 200


@pytest.mark.parametrize(
    ("asked", "to"),
    [
        (f" {MEMBERS[1].upper().replace('X', 'x')} ", f"{ON}/accounts/{MEMBERS[1]}"),
        ("0x" + "d0" * 20, f"{ON}/accounts/{MEMBERS[0]}"),
        (FARM.upper(), f"{ON}/clusters/{FARM}"),
        ("", f"{ON}/queue"),
    ],
    ids=["as people paste it", "another address of the account", "a cluster", "nothing"],
)
def test_the_search_box_leads_to_what_was_meant(served: Served, lake: Path, asked: str, to: str) -> None:
    answer = served(lake).get(f"{ON}/find", params={"q": asked})
    assert (answer.status_code, answer.headers["location"]) == (303, to)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/nowhere", "There is no such page"),
        ("/campaigns/nobody", "campaign nobody"),
        ("/campaigns/no body", "campaign_id"),
        (f"{ON}/clusters/{'0' * 16}", "not in campaign"),
        (f"{ON}/clusters/NOT-HEX", "cluster_id"),
        (f"{ON}/accounts/0xnobody", "did not take part in campaign"),
        (f"{ON}/find?q=0xnobody", "one of its 12 participants"),
        (f"{ON}/runs/run9", "no attempt at it"),
        (f"{ON}/queue?as_of=2020-01-01T00:00:00Z", "2 published nights, not this"),
    ],
)
def test_what_is_unknown_is_404_and_says_so(served: Served, lake: Path, path: str, said: str) -> None:
    answer = served(lake).get(path)
    assert answer.status_code == 404
    assert said in text_of(answer.text)
    assert 'href="/"' in answer.text, "a way back"


@pytest.mark.parametrize("query", ["show=everything", "sort=1;DROP", "page=0", "page=x", "least=-1", "as_of=tonight"])
def test_what_makes_no_sense_is_refused(served: Served, lake: Path, query: str) -> None:
    assert served(lake).get(f"{ON}/queue?{query}").status_code == 400


def test_the_queue_is_filtered_sorted_and_paged(served: Served, lake: Path) -> None:
    client = served(lake)
    assert "1 cluster" in client.get(f"{ON}/queue?show=review&kind=first_gas&least=10&sort=doubt").text
    for nothing in ("least=11", "kind=deposit", "show=giant", "page=2"):
        assert "No cluster of this night is like that" in client.get(f"{ON}/queue?{nothing}").text


def test_a_browser_that_asks_for_a_part_gets_the_part(served: Served, lake: Path) -> None:
    client = served(lake)
    for path in (f"{ON}/queue", f"{ON}/clusters/{FARM}?page=2&sort=account"):
        part = client.get(path, headers={"hx-request": "true"})
        assert "<html" not in part.text
        assert "hx-request" in part.headers["vary"].lower()
        assert "<html" in client.get(path, headers={"hx-request": "true", "hx-history-restore-request": "true"}).text
    assert MEMBERS[4] in part.text
    assert MEMBERS[0] not in part.text, "on the first page"


def test_the_current_night_is_the_current_one_by_whatever_link(console_of: ConsoleOf) -> None:
    ann, now = console_of("ann"), "as_of=2026-04-02T00%3A00%3A00Z"
    pages = {ON: f"{ON}/queue?{now}", f"{ON}/nights": f"{ON}/accounts/{MEMBERS[0]}?{now}"}
    for page, link in pages.items():
        assert f'href="{link}"' in ann.page(page)
    for link in (*pages.values(), f"{ON}/clusters/{FARM}?{now}"):
        assert "You are looking at the night of" not in ann.page(link)
        assert 'value="confirm"' in ann.page(link)
        before = ann.page(link.replace("04-02", "04-01"))
        assert "You are looking at the night of" in before
        assert 'value="confirm"' not in before
    assert "You are looking at the night of" not in ann.page(f"{ON}/dry-run?{now}")


def test_a_held_night_is_told_with_its_gate_and_takes_nothing_back(served: Served, tmp_path: Path) -> None:
    from tests.console.lakes import REPORT, publish

    publish(tmp_path)
    closed = REPORT | {"gates": [REPORT["gates"][0] | {"passed": False, "message": "95% are flagged"}]}
    publish(tmp_path, run_id="run2", attempt=2, status="held", minutes=1, report=closed, reason="flagged_share")
    client = served(tmp_path)
    assert "95% are flagged" in client.get("/").text
    assert "abuse release run2" in client.get(f"{ON}/runs/run2").text
    assert FARM in client.get(f"{ON}/queue").text


def test_a_campaign_that_published_nothing_says_so(served: Served, tmp_path: Path) -> None:
    publish(tmp_path, status="held", reason="flagged_share")
    answer = served(tmp_path).get(f"{ON}/queue")
    assert answer.status_code == 404
    assert "nothing is published of it yet" in answer.text


def test_an_empty_lake_says_how_to_begin(served: Served, tmp_path: Path) -> None:
    client = served(tmp_path)
    assert "abuse night" in client.get("/").text
    assert client.get("/readyz").json()["ready"] is True


def test_a_run_s_own_page_is_served_under_a_policy_of_its_own(served: Served, tmp_path: Path) -> None:
    publish(tmp_path)
    client, path = served(tmp_path), f"{ON}/runs/run1/report"
    missing = client.get(path)
    assert missing.status_code == 404
    assert "abuse report run1" in missing.text
    keep(str(tmp_path), runs(str(tmp_path))[0])
    answer = client.get(path)
    assert answer.status_code == 200
    assert "Share flagged, night by night" in answer.text
    (header,) = [value for name, value in answer.headers.multi_items() if name == "content-security-policy"]
    assert header == f"{policy(answer.content)}; frame-ancestors 'none'"
    assert "default-src 'none'" in header
    assert "script-src" not in header
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert scanned(answer.text).loaded == []
    assert client.get(f"{ON}/runs/run7/report").status_code == 404
