"""A headless Chromium for the tests in this folder."""

import os
import shutil

import pytest

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser():
    """The installed Chromium. Without one the test is skipped, or fails if SKELKIT_REQUIRE_BROWSER=1."""

    def missing(what: str):
        if os.environ.get("SKELKIT_REQUIRE_BROWSER") == "1":
            pytest.fail(f"{what}, and SKELKIT_REQUIRE_BROWSER=1")
        pytest.skip(what)

    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed: pip install 'skelkit[test]'")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        missing(f"no browser: none of {', '.join(names)} is installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()
