"""While a night takes another's place again and again: no error, never a mixture, and no word is lost."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from dataclasses import dataclass, field

from httpx2 import Client

from tests.browser.conftest import Someone
from tests.browser.publisher import OURS, mark, write
from tests.browser.server import Server
from tests.console.people import said_in

CAMPAIGN, NUM, PEOPLE = "busy", 4, 5
ON = f"/campaigns/{CAMPAIGN}"
CLUSTER = f"{ON}/clusters/{OURS.cluster_id}"
PAGES = [
    f"{ON}/queue?show=all",
    CLUSTER,
    f"{CLUSTER}?sort=verdict",
    f"{ON}/accounts/{OURS.members[0]}",
    f"/api/v1{ON}/decisions",
    f"/api/v1{CLUSTER}",
    f"/api/v1{ON}/accounts/{OURS.members[1]}",
]
MARK = re.compile(r"made-by-\d+-")


@dataclass
class Seen:
    """What five people were answered."""

    wrong: list[str] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    num: int = 0

    def answered(self, path: str, status: int, text: str) -> None:
        found = set(MARK.findall(text))
        self.num += 1
        self.marks |= found
        if status != 200 or len(found) > 1:
            self.wrong.append(f"{path}: {status}, {sorted(found)}")


def browses(server: Server, name: str, seen: Seen, is_over: threading.Event) -> None:
    with Client(base_url=server.url, timeout=30) as client:
        client.post("/login", data={"token": server.staff.token[name], "next": "/"})
        while not is_over.is_set():
            for path in PAGES:
                is_over.wait(0.1)
                answer = client.get(path)
                seen.answered(path, answer.status_code, answer.text)


def test_people_who_browse_see_one_publication_at_a_time_and_keep_what_they_said(
    someone: Someone, server: Server
) -> None:
    write(server.lake, CAMPAIGN, 0)
    ann = someone("ann")
    ann.open_until(CLUSTER, "accounts whose first coins")
    seen, is_over = Seen(), threading.Event()
    people = [
        threading.Thread(target=browses, args=(server, name, seen, is_over))
        for name in list(server.staff.token)[:PEOPLE]
    ]
    for one in people:
        one.start()
    publisher = subprocess.Popen(
        [sys.executable, "-m", "tests.browser.publisher", str(server.lake), CAMPAIGN, str(NUM)]
    )
    try:
        ann.open(CLUSTER)
        ann.say(ann.word, "confirm", "one_operator", "while it was published")
        ann.is_told("Confirmed 10 accounts.")
        assert publisher.wait(120) == 0
        ann.open_until(f"{ON}/accounts/{OURS.members[0]}", mark(NUM))
    finally:
        publisher.kill()
        is_over.set()
        for one in people:
            one.join(60)
    assert seen.wrong == []
    assert seen.num > len(PAGES) * PEOPLE
    assert len(seen.marks) > 2, "several came and went meanwhile"
    ann.open(CLUSTER)
    assert "Now: 10 disqualified" in ann.page.locator("#decide").inner_text()
    assert "while it was published" in ann.page.locator("#decide").inner_text()
    assert [row["action"] for row in said_in(server.lake, CAMPAIGN, OURS.members)] == ["confirm"] * 10
