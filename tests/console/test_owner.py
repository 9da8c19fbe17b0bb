"""An account under the name by which its owner and the campaign know it, and what its owner is told."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from abuse.operate.wording import USER_REASONS
from abuse.tables import Decisions
from tests.console.conftest import Served
from tests.console.lakes import MEMBERS, STRANGERS, public_rows, publish, work_rows
from tests.console.test_pages import ON
from tests.review.made_up import says

GIVEN = "Frau Özil <1>"
SHOWN = "Frau Özil &lt;1&gt;"


def test_an_account_is_shown_and_found_as_the_campaign_wrote_it(served: Served, tmp_path: Path) -> None:
    rows = public_rows()
    (theirs,) = (row for row in rows[Decisions] if row["account"] == STRANGERS[0])
    theirs["account_as_given"] = GIVEN
    publish(tmp_path / "lake", rows, work_rows())
    client = served(tmp_path / "lake")
    for asked in (GIVEN, STRANGERS[0]):
        text = client.get(f"{ON}/accounts/{quote(asked, safe='')}").text
        assert f'<h1 class="mono break">{SHOWN}</h1>' in text
        assert f'In the tables <span class="mono break">{STRANGERS[0]}</span>' in text
        assert f"Account {SHOWN}: clear\n" in text, "the letter"
        told = client.get(f"/api/v1{ON}/accounts/{quote(asked, safe='')}").json()
        assert (told["account"], told["account_as_given"]) == (STRANGERS[0], GIVEN)
    assert client.get(f"{ON}/find", params={"q": GIVEN}).headers["location"] == f"{ON}/accounts/{STRANGERS[0]}"
    other = client.get(f"{ON}/accounts/{MEMBERS[0]}").text
    assert f'<h1 class="mono break">{MEMBERS[0]}</h1>' in other
    assert "In the tables" not in other


def test_the_letter_to_whom_a_person_cleared_says_so_and_nothing_against_them(served: Served, ours: Path) -> None:
    client = served(ours)
    letters = []
    for _ in range(2):
        told = client.get(f"/api/v1{ON}/accounts/{MEMBERS[0]}").json()["for_user"]
        page = client.get(f"{ON}/accounts/{MEMBERS[0]}").text
        letters.append((told["reasons"], told["evidence"] != [], page.partition('<pre id="letter"')[2]))
        says(str(ours), "overturn", MEMBERS[0])
    (before, has_evidence, _), (after, has_any, letter) = letters
    assert (USER_REASONS["money_link"] in before, has_evidence) == (True, True)
    assert (after, has_any) == (["A person has looked at this account. It was decided in its favour."], False)
    assert USER_REASONS["money_link"] not in letter
    assert "It was decided in its favour." in letter
