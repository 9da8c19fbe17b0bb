"""What attackers and colleagues wrote stands on every page as text: nothing of it runs, loads or leads elsewhere."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from abuse.lake.publication import runs
from abuse.operate.night_page.kept import keep
from abuse.tables import Clusters
from tests.console.conftest import Served
from tests.console.lakes import FARM, MEMBERS, REPORT, public_rows, publish
from tests.console.people import ON, Browser, Staff, logged_in
from tests.console.test_hostile import EVIL, QUOTED, hostile  # noqa: F401 -- a fixture
from tests.console.test_pages import scanned
from tests.lake.test_publication import NIGHT

NAME = "<img src=x onerror=alert(1)> \"'{{7*7}}</td><script src=//x.test/a.js>"
"""Of a token; whoever may add one is trusted, and a name is still only text."""
CAMPAIGN = "<img src=x onerror=alert(2)>"
PAGES = [
    "/",
    ON,
    f"{ON}/queue?show=all",
    f"{ON}/clusters/{FARM}",
    f"{ON}/clusters/{FARM}/history",
    f"{ON}/accounts/{QUOTED}",
    f"{ON}/accounts/{MEMBERS[1]}",
    f"{ON}/history/{QUOTED}",
    f"{ON}/appeals",
    f"{ON}/audit",
    f"{ON}/audit?actor={QUOTED}&account={QUOTED}",
    f"{ON}/nights",
    f"{ON}/dry-run",
    f"{ON}/runs",
    f"{ON}/runs/run1",
    f"{ON}/find?q={QUOTED}x",
    f"{ON}/accounts/{QUOTED}x",
    f"/campaigns/{QUOTED}",
    f"/login?next={QUOTED}&token={QUOTED}",
]


@pytest.fixture
def reader(served: Served, hostile: Path, staff: Staff) -> Browser:  # noqa: F811 -- the fixture
    """Of a lake in which every text is hostile, people's word too."""
    from abuse.console.who import tokens

    publish(hostile, public_rows("clear"), as_of=NIGHT - timedelta(days=1), run_id="run0", minutes=-1)
    quiet = REPORT | {"gates": [], "campaign": {"name": EVIL}}
    publish(hostile, {Clusters: []}, {}, campaign_id=CAMPAIGN, run_id="evil", report=quiet)
    staff.token[NAME] = tokens.add(staff.file, NAME, "approver")
    found = logged_in(served(hostile, access=staff.access), staff, NAME)
    cluster, account = f"{ON}/clusters/{FARM}", f"{ON}/accounts/{MEMBERS[1]}"
    found.done(cluster, cluster, action="confirm", reason_code="one_operator", note=EVIL)
    found.done(account, f"{ON}/appeals", note=EVIL)
    found.done(f"{ON}/appeals", f"{ON}/appeals/answer", outcome="denied", note=EVIL)
    found.done(account, f"{ON}/appeals", note=EVIL)
    return found


@pytest.mark.parametrize("path", PAGES)
def test_on_every_page_it_is_text(reader: Browser, path: str) -> None:
    for headers in ({}, {"hx-request": "true", "hx-target": "decide"}):
        answer = reader.client.get(path, headers=headers)
        assert answer.status_code in (200, 404, 409)
        page = scanned(answer.text)
        assert page.inline == []
        assert "img" not in page.tags
        assert page.tags.count("script") <= 3
        assert not [url for url in page.loaded if not url.startswith("/") or url.startswith("//")]
        assert "\x1b" not in answer.text
        assert "\u202e" not in answer.text
        assert "49" not in answer.text.partition("{{7*")[0][-2:], "and no template's either"


def test_the_name_of_a_token_and_a_note_are_read_as_they_were_written(reader: Browser) -> None:
    page = reader.page(f"{ON}/audit")
    assert "&lt;img src=x onerror=alert(1)&gt; &#34;&#39;{{7*7}}&lt;/td&gt;" in page
    assert "&lt;script src=//x.test/a.js&gt;" in page


def test_the_report_of_a_night_is_text_too(reader: Browser, hostile: Path) -> None:  # noqa: F811
    run = next(run for run in runs(str(hostile), "drop") if run.run_id == "run1")
    keep(str(hostile), run)
    answer = reader.client.get(f"{ON}/runs/run1/report")
    page = scanned(answer.text)
    assert answer.status_code == 200
    assert "&lt;script src=//x.test/a.js&gt;" in answer.text
    assert set(page.inline) <= {"style"}, "its own, which its policy names by digest"
    assert not {"script", "img", "iframe", "object", "form"} & set(page.tags)
    assert page.loaded == []
    assert "\x1b" not in answer.text
    assert "\u202e" not in answer.text
