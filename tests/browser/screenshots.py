"""`python -m tests.browser.screenshots OUT`: every page, wide and narrow, light and dark, for somebody to look at."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import get_args

from playwright.sync_api import Browser

from tests.browser.reader import HIGH, Reader, Scheme, browsing
from tests.browser.screens import EMPTY, LOGIN, READER, SCREENS, WIDTHS
from tests.browser.server import Server, serving
from tests.browser.showcase import showcase


def main(out: Path, wanted: list[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, browsing() as browser:
        folder = Path(name)
        showcase(folder / "lake")
        with serving(folder / "lake", folder / "console") as server:
            pictures(browser, server, out, {one: path for one, path in SCREENS.items() if not wanted or one in wanted})
        (folder / "empty").mkdir()
        with serving(folder / "empty", folder / "none") as server:
            pictures(browser, server, out, {EMPTY: "/"} if not wanted or EMPTY in wanted else {})


def pictures(browser: Browser, server: Server, out: Path, screens: dict[str, str]) -> None:
    for scheme in get_args(Scheme):
        for who, wanted in (("", [LOGIN]), (READER, [name for name in screens if name != LOGIN])):
            reader = Reader.at(browser, server, scheme=scheme)
            reader.excused.append("404")
            if who:
                reader.log_in(who)
            for name in filter(screens.get, wanted):
                for width in WIDTHS:
                    reader.page.set_viewport_size({"width": width, "height": HIGH})
                    reader.page.goto(screens[name], wait_until="networkidle")
                    reader.page.screenshot(path=out / f"{name}-{width}-{scheme}.png", full_page=True)
            reader.leave()


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit("python -m tests.browser.screenshots OUT [NAME...]")
    main(Path(sys.argv[1]), sys.argv[2:])
