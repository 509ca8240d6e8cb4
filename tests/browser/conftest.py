"""A headless Chromium for the tests in this folder."""

import driving
import pytest


@pytest.fixture(scope="session")
def browser():
    """The installed Chromium. Without one the test is skipped, or fails if SKELKIT_REQUIRE_BROWSER=1."""

    def missing(what: str):
        if driving.required():
            pytest.fail(f"{what}, and SKELKIT_REQUIRE_BROWSER=1")
        pytest.skip(what)

    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed: pip install 'skelkit[test]'")
    path = driving.find_chromium()
    if path is None:
        missing(f"no browser: none of {', '.join(driving.NAMES)} is installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=driving.FLAGS)
        yield chromium
        chromium.close()
