"""An appeal's whole life: written down, seen, denied, asked again, granted, and what its owner may be told then."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Someone
from tests.browser.farms import Farm
from tests.browser.reader import Reader
from tests.browser.server import Server
from tests.browser.test_actions import BOTH
from tests.console.people import said_in

ON = "/campaigns/drop"


def appeal_of(reader: Reader, account: str) -> Locator:
    reader.open(f"{ON}/appeals")
    return reader.page.locator("article.appeal", has_text=account)


def answer(reader: Reader, account: str, outcome: str, reply: str) -> None:
    found = appeal_of(reader, account)
    found.get_by_label("Reply to the owner").fill(reply)
    found.get_by_role("button", name=outcome).click()


@BOTH
def test_from_the_owners_words_to_another_verdict(someone: Someone, server: Server, farm: Farm, script: bool) -> None:
    account = farm.members[0]
    vera = someone("vera", f"{ON}/accounts/{account}", script=script)
    expect(vera.page.locator("#letter")).to_contain_text("This account does not qualify")
    vera.unfold("Its owner asks for a review")
    vera.page.get_by_label("What the owner says").fill("We are\n<i>one</i> family.")
    vera.page.get_by_role("button", name="Open an appeal").click()
    vera.is_told("Appeal opened of 1 account.")
    expect(vera.page.locator("#decide")).to_contain_text("its owner asks for a review")
    expect(appeal_of(vera, account).get_by_role("button")).to_have_count(0)

    ann = someone("ann", f"{ON}/queue", script=script)
    expect(ann.page.get_by_role("row", name=farm.cluster_id)).to_contain_text("appeal")
    expect(appeal_of(ann, account).locator("blockquote")).to_have_text("We are<i>one</i> family.")
    answer(ann, account, "Deny", "No proof.")
    ann.is_told("Appeal answered of 1 account.")
    expect(appeal_of(ann, account)).to_have_count(0)
    expect(ann.page.locator("li", has_text=account)).to_contain_text("No proof.")

    ann.unfold("Write down an appeal")
    ann.page.get_by_label("Account", exact=True).fill(f"  {account.upper().replace('X', 'x')} ")
    ann.page.get_by_label("What the owner says").fill("Here is proof.")
    ann.page.get_by_role("button", name="Open an appeal").click()
    ann.is_told("Appeal opened of 1 account.")
    answer(ann, account, "Grant", "You are right.")
    ann.is_told("Overturned 1 account.")
    said = [row["action"] for row in said_in(server.lake, "drop", [account])]
    assert said[:3] == ["appeal_opened", "appeal_resolved", "appeal_opened"]
    assert set(said[3:]) == {"appeal_resolved", "overturn"}, "of one commit"
    ann.open(f"{ON}/accounts/{account}")
    expect(ann.page.locator("#decide")).to_contain_text("Now: clear")
    expect(ann.page.locator("#letter")).not_to_contain_text("does not qualify")


def test_an_answer_is_taken_back_and_an_owner_may_withdraw(someone: Someone, server: Server, farm: Farm) -> None:
    account = farm.members[0]
    ann = someone("ann", f"{ON}/appeals")
    ann.unfold("Write down an appeal")
    ann.page.get_by_label("Account", exact=True).fill(account)
    ann.page.get_by_role("button", name="Open an appeal").click()
    answer(ann, account, "Deny", "Too soon.")
    line = ann.page.locator("li", has_text=account)
    line.get_by_text("Take back").first.click()
    line.get_by_role("button", name="Take back").click()
    ann.is_told("Taken back for 1 account.")
    answer(ann, account, "Withdrawn", "")
    ann.is_told("Appeal answered of 1 account.")
    assert [row["reason_code"] for row in said_in(server.lake, "drop", [account])] == [
        "owner_asked", "appeal_denied", "mistake", "appeal_withdrawn",
    ]  # fmt: skip
