"""A login that has ended in the middle of a form leads to the login and back, and writes nothing."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from abuse.console.who import tokens
from tests.browser.conftest import Someone
from tests.browser.farms import Farm
from tests.browser.reader import Reader
from tests.browser.server import Server
from tests.browser.test_actions import at_cluster, ledger

ENDED = "401"


def end_logins(server: Server, name: str, role: str = "reviewer") -> None:
    """As when they lie unused: the browser still sends its cookie, which is worth nothing."""
    tokens.remove(server.staff.file, name)
    server.staff.token[name] = tokens.add(server.staff.file, name, role)


def decides(reader: Reader) -> None:
    reader.say(reader.word, "confirm", "one_operator", "half an hour of thought")


def test_with_javascript_it_leads_to_the_login_and_back_to_the_same_page(
    someone: Someone, server: Server, farm: Farm
) -> None:
    ann = someone("ann", at_cluster(farm))
    ann.excused.append(ENDED)
    end_logins(server, "ann")
    decides(ann)
    expect(ann.page.get_by_label("Your token")).to_be_focused()
    assert ledger(server, farm) == {}
    ann.show_token()
    assert ann.page.url == f"{server.url}{at_cluster(farm)}"
    assert ledger(server, farm) == {}, "a login sends no form again"
    decides(ann)
    ann.is_told("Confirmed 10 accounts.")
    assert ledger(server, farm) == {("confirm", "one_operator"): 10}


def test_without_javascript_it_leads_to_the_login_and_back_to_the_queue(
    someone: Someone, server: Server, farm: Farm
) -> None:
    ann = someone("ann", at_cluster(farm), script=False)
    end_logins(server, "ann")
    decides(ann)
    ann.show_token()
    expect(ann.page.get_by_role("heading", name="Queue")).to_be_visible()
    assert ledger(server, farm) == {}


def test_a_form_of_a_login_before_this_one_writes_nothing(someone: Someone, server: Server, farm: Farm) -> None:
    """In another tab somebody logged out and in again: the form that stands open was another login's."""
    ann = someone("ann", at_cluster(farm))
    ann.excused.append("403")
    other = ann.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Log out").click()
    other.get_by_label("Your token").fill(server.staff.token["ann"])
    other.get_by_role("button", name="Log in").click()
    expect(other.get_by_role("button", name="Log out")).to_be_visible()
    decides(ann)
    expect(ann.page.get_by_role("alert")).to_contain_text("Load the page again")
    assert ledger(server, farm) == {}
    ann.page.reload()
    decides(ann)
    ann.is_told("Confirmed 10 accounts.")


def test_a_wrong_token_and_a_page_asked_for_without_one(someone: Someone, server: Server) -> None:
    reader = someone()
    reader.excused.append(ENDED)
    reader.page.goto("/campaigns/drop/queue?show=all")
    expect(reader.page.get_by_label("Your token")).to_be_focused()
    reader.page.get_by_label("Your token").fill("not mine")
    reader.page.get_by_role("button", name="Log in").click()
    expect(reader.page.get_by_role("alert")).to_have_text("Nobody has this token.")
    reader.name = "vera"
    reader.show_token()
    assert reader.page.url == f"{server.url}/campaigns/drop/queue?show=all"
    assert "token" not in reader.page.url
    reader.page.get_by_role("button", name="Log out").click()
    expect(reader.page.get_by_label("Your token")).to_be_visible()
    reader.page.go_back()
    expect(reader.page).to_have_url(re.compile(r"/login|/queue"))
    reader.page.reload()
    expect(reader.page.get_by_label("Your token")).to_be_visible()
