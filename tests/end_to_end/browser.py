"""A headless Chromium without any network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND",
    "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip
SERIOUS = ("serious", "critical")


def chromium() -> str:
    """The browser that CHROMIUM names, or one of NAMES; a test without one fails and says what to do."""
    found = next(filter(None, map(shutil.which, filter(None, (os.environ.get("CHROMIUM"), *NAMES)))), None)
    if found is None:
        pytest.fail("there is no Chromium: run scripts/setup_node.sh test, or name one in CHROMIUM.")
    return found


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser."""
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """One page, opened without a network: what it asked for, and what it said to the console."""

    def __init__(self, context: BrowserContext, file: Path) -> None:
        self.requests: list[str] = []
        self.said: list[str] = []
        context.set_offline(True)
        self.page = context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"exception: {error}"))
        self.page.goto(file.as_uri())

    @property
    def complaints(self) -> list[str]:
        """Warnings, errors and exceptions."""
        return [text for text in self.said if text.startswith(("warning", "error", "exception"))]

    @property
    def asked_the_network(self) -> list[str]:
        """Requests for anything that is neither a file nor inside the page."""
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]

    def faults(self) -> list[str]:
        """What axe-core finds that is serious or worse."""
        axe = ROOT / "node_modules" / "axe-core" / "axe.min.js"
        if not axe.is_file():
            pytest.fail("axe-core is not installed: run scripts/setup_node.sh test.")
        self.page.add_script_tag(content=axe.read_text("utf-8"))
        found = self.page.evaluate("axe.run()")
        assert found["passes"], "axe-core looked at nothing"
        return [
            f"{v['id']}: {v['help']}: {v['nodes'][0]['html']}" for v in found["violations"] if v["impact"] in SERIOUS
        ]
