"""Three people with tokens, and what a browser of theirs does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

from httpx2 import Response
from starlette.testclient import TestClient

from abuse.authority import Row
from abuse.console.who import tokens
from abuse.console.who.access import Access
from abuse.lake.people import reviews

ROLE = {"vera": "viewer", "ann": "reviewer", "rob": "reviewer", "bert": "approver", "carl": "approver"}
ON = "/campaigns/drop"
API = f"/api/v1{ON}"


@dataclass
class Staff:
    """The file of their tokens, and the tokens."""

    file: Path
    token: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> Staff:
        staff = cls(folder / "tokens.json")
        for name, role in ROLE.items():
            staff.token[name] = tokens.add(staff.file, name, role)
        return staff

    @property
    def access(self) -> Access:
        return Access(keys=tokens.TokenFile(self.file))

    def bearer(self, name: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token[name]}"}


class Browser:
    """One person's. Forms are found on the page, filled in, and sent as a browser does without JavaScript."""

    def __init__(self, client: TestClient) -> None:
        self.client = TestClient(
            client.app, str(client.base_url), raise_server_exceptions=False, follow_redirects=False
        )

    def log_in(self, token: str, next: str = "") -> Response:
        return self.client.post(
            "/login", data={"token": token, "next": next}, headers={"sec-fetch-site": "same-origin"}
        )

    def page(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("location"))
        return answer.text

    def send(self, path: str, to: str, /, **filled: str | list[str]) -> Response:
        """The first form of the page that is sent there."""
        return self.client.post(to, data=form_of(self.page(path), to) | filled)

    def done(self, path: str, to: str, /, **filled: str | list[str]) -> str:
        """The page that sending it leads to."""
        answer = self.send(path, to, **filled)
        assert answer.status_code == 303, (answer.status_code, text_of(answer.text))
        return text_of(self.page(answer.headers["location"].partition("#")[0]))


def form_of(page: str, action: str) -> dict[str, str | list[str]]:
    """Its hidden fields."""
    for form in re.findall(r"<form\b.*?</form>", page, re.S):
        if unescape(re.search(r'\baction="([^"]*)"', form)[1]) == action:  # type: ignore[index]
            found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
            return {name: unescape(value) for name, value in found}
    raise AssertionError(f"no form for {action}")


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def said(lake: Path) -> list[Row]:
    """Rows of the ledger, oldest first."""
    return reviews(str(lake), "drop")


def said_in(lake: Path, campaign_id: str, accounts: Sequence[str]) -> list[Row]:
    """Rows about these accounts, oldest first."""
    return [row for row in reviews(str(lake), campaign_id) if row["account"] in accounts]


def logged_in(client: TestClient, staff: Staff, name: str) -> Browser:
    browser = Browser(client)
    assert browser.log_in(staff.token[name]).status_code == 303
    return browser
