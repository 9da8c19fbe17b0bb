"""Somebody at a browser: what they open, press and read, and what the browser complains of meanwhile."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.browser.server import Server

Scheme = Literal["light", "dark"]
ONLY_LOOPBACK = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
MISSING = "Chromium is missing: `apt-get install chromium`. These tests use the system's, and download none."
SLOW_MS = 15_000
READ_S = 60.0
"""By when a publication is read, on a machine that is busy with others."""
HIGH = 900


@contextmanager
def browsing() -> Iterator[Browser]:
    """The system's Chromium, which can reach nothing but this machine."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", ONLY_LOOPBACK])
        expect.set_options(timeout=SLOW_MS)
        yield browser
        browser.close()


@dataclass
class Reader:
    """One person's browser window. `complaints`: console errors, which a policy that is broken is too, faults of a
    script, and requests that went elsewhere. `excused`: complaints that the test means to cause.
    """

    server: Server
    context: BrowserContext
    scheme: Scheme = "light"
    name: str = ""
    complaints: list[str] = field(default_factory=list)
    excused: list[str] = field(default_factory=list)

    @classmethod
    def at(
        cls, browser: Browser, server: Server, *, script: bool = True, scheme: Scheme = "light", width: int = 1440
    ) -> Reader:
        context = browser.new_context(
            base_url=server.url,
            java_script_enabled=script,
            color_scheme=scheme,
            viewport={"width": width, "height": HIGH},
            reduced_motion="reduce",
        )
        context.set_default_timeout(SLOW_MS)
        found = cls(server, context, scheme)
        context.on("console", lambda said: found.complain(said.text) if said.type == "error" else None)
        context.on("weberror", lambda fault: found.complain(str(fault.error)))
        context.on("request", lambda one: None if found.is_ours(one.url) else found.complain(f"asked {one.url}"))
        context.new_page()
        return found

    @property
    def page(self) -> Page:
        return self.context.pages[0]

    def complain(self, said: str) -> None:
        self.complaints.append(said)

    def is_ours(self, url: str) -> bool:
        return url.startswith((f"{self.server.url}/", "data:", "about:"))

    def leave(self) -> None:
        """Closes the window. Nothing may have gone wrong in it that nobody saw."""
        self.context.close()
        left = [one for one in self.complaints if not any(re.search(pattern, one) for pattern in self.excused)]
        assert left == [], left

    def log_in(self, name: str, to: str = "") -> Reader:
        """Without a look at the page for it, which has tests of its own."""
        self.name = name
        self.context.request.post("/login", form={"token": self.server.staff.token[name], "next": "/healthz"})
        if to:
            self.open(to)
        return self

    def show_token(self) -> None:
        """On the login page."""
        self.page.get_by_label("Your token").fill(self.server.staff.token[self.name])
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_role("button", name="Log out")).to_be_visible()
        self.page.wait_for_load_state()

    def open(self, path: str) -> Page:
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status < 400, (path, answer.status)
        return self.page

    def open_until(self, path: str, text: str) -> None:
        """A publication takes a moment to be read."""
        until = time.monotonic() + READ_S
        while text not in self.open(path).locator("main").inner_text() and time.monotonic() < until:
            time.sleep(0.2)
        expect(self.page.locator("main")).to_contain_text(text)

    @property
    def word(self) -> Locator:
        """The form of a whole cluster or of an account."""
        return self.page.locator("#decide form[data-decide]")

    @property
    def ticked(self) -> Locator:
        """The form of what is ticked."""
        return self.page.locator("form#ticked")

    def say(self, form: Locator, action: str, reason: str = "", note: str = "") -> None:
        if reason:
            form.get_by_label("Reason").select_option(reason)
        if note:
            form.locator("textarea").fill(note)
        form.locator(f"button[value={action}]").click()

    def is_told(self, text: str) -> None:
        """On the page, as what came of a form."""
        expect(self.page.locator(".outcome")).to_contain_text(text)

    def unfold(self, summary: str) -> None:
        self.page.locator("summary", has_text=summary).first.click()
