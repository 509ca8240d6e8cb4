"""Driving a notebook in a real page: open it, run it, move its sliders and time what follows."""

import contextlib
import os
import shutil

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
CELLS = "jupyterapp.shell.currentWidget.content.model.sharedModel.toJSON().cells"

MOVES = """({ handle, picture, text, chart }) => {
    const painted = () => new Promise((done) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = done;
        channel.port2.postMessage(0);
    });
    const canvas = () => picture.querySelector("canvas.stage");
    const look = {
        picture: () => canvas().toDataURL(), text: () => text.innerHTML, chart: () => chart.innerHTML
    };
    const nodes = { picture, text, chart }, watched = Object.keys(nodes).filter((name) => nodes[name]);
    let before, start, took = {};
    const changed = (name) => async () => {
        const now = performance.now();
        if (start === undefined || name in took || look[name]() === before[name]) return;
        took[name] = null;
        const looking = performance.now() - now;
        await painted();
        took[name] = performance.now() - start - looking;
    };
    for (const name of watched) {
        const drawn = { attributes: true, attributeFilter: ["data-draws"] };
        const any = { childList: true, characterData: true, attributes: true, subtree: true };
        const what = name === "picture" ? drawn : any;
        new MutationObserver(changed(name)).observe(nodes[name], what);
    }
    window.skelkitArm = () => {
        before = Object.fromEntries(watched.map((name) => [name, look[name]()]));
        [start, took] = [undefined, {}];
    };
    window.skelkitTook = () => Object.fromEntries(Object.entries(took).filter(([, ms]) => ms));
    window.skelkitDone = () => watched.every((name) => took[name]);
    handle.addEventListener("keydown", (event) => { start = event.timeStamp; }, { capture: true });
    handle.focus();
}"""


def find_chromium() -> str | None:
    """The path of the installed Chromium, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Troubles(list):
    """Errors of a page: of its scripts, on its console, and requests outside `url`, which are refused."""

    def __init__(self, page, url: str, expected: tuple[str, ...] = ()):
        self._expected = expected
        page.on("pageerror", lambda error: self._note(f"script error: {error}"))
        page.on(
            "console",
            lambda message: self._note(f"console: {message.text}") if message.type == "error" else None,
        )
        page.route(lambda asked: asked.startswith("http") and not asked.startswith(url), self._refuse)

    def _refuse(self, route) -> None:
        self._note(f"request: {route.request.url}")
        route.abort()

    def _note(self, text: str) -> None:
        if not any(word in text for word in self._expected):
            self.append(text)


@contextlib.contextmanager
def lab_page(browser, server, notebook: str, script: str = ""):
    """A notebook in JupyterLab after "Run All Cells", with `page.troubles`. `script` runs first."""
    slow = (
        "[anywidget] Failed to initialize model",
    )  # logged for a model that needed two seconds; reconnect.js repairs it
    with _page(browser, server, f"lab/tree/{notebook}?reset&token={server.token}", slow, script) as page:
        widget = "window.jupyterapp?.shell?.currentWidget"
        _until(
            page,
            server,
            f"{widget}?.sessionContext?.session?.kernel?.status === 'idle' "
            f"&& {widget}.content.model.cells.length > 0",
            60,
        )
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        _until(
            page,
            server,
            f"{CELLS}.filter((c) => c.cell_type === 'code').every((c) => c.execution_count)",
            120,
        )
        _until(page, server, f"{widget}.sessionContext.session.kernel.status === 'idle'", 30)
        yield page


@contextlib.contextmanager
def voila_page(browser, server, notebook: str):
    """A notebook as Voilà's page, with all its players and charts there."""
    expected = (
        "cdn.jsdelivr.net",
        "net::ERR_FAILED",
        "r.setData is not a function",
    )  # Voilà's icons; plotly's picture of a chart, for JupyterLab
    with _page(browser, server, f"voila/render/{notebook}?token={server.token}", expected) as page:
        _until(
            page,
            server,
            "document.querySelector('.skelkit-player[data-draws]') "
            "&& document.querySelector('.js-plotly-plot .main-svg')",
            90,
        )
        yield page


@contextlib.contextmanager
def _page(browser, server, path: str, expected: tuple[str, ...] = (), script: str = ""):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.add_init_script(script)
    page.troubles = Troubles(page, server.url, expected)
    try:
        page.goto(server.url + path, timeout=90_000)
        yield page
    finally:
        context.close()


def _until(page, server, condition: str, seconds: float) -> None:
    from playwright.sync_api import TimeoutError as TooLate

    try:
        page.wait_for_function(condition, timeout=1000 * seconds)
    except TooLate:
        raise AssertionError(
            f"after {seconds} s still not: {condition}; {page.troubles}{server.tail()}"
        ) from None


def outputs(page) -> list[dict]:
    """All outputs of the notebook open in JupyterLab, as the file would hold them."""
    return [output for cell in page.evaluate(CELLS) for output in cell.get("outputs", [])]


def cell(page, code: str):
    """The cell of JupyterLab whose code contains this, scrolled to."""
    found = page.locator(".jp-CodeCell").filter(has=page.locator(".jp-InputArea").filter(has_text=code)).first
    found.evaluate("(node) => node.scrollIntoView()")
    return found


def handle(place, name: str):
    """The handle of the ipywidgets slider with this description, in a cell or page."""
    return place.locator(".widget-slider").filter(has_text=name).locator(".noUi-handle").first


def measure_slider(
    page, slider, picture=None, text=None, chart=None, moves: int = 16
) -> dict[str, list[float]]:
    """Milliseconds from a press of an arrow key on a slider until the change is painted.

    Args:
        slider: locator of the element that takes the keys; half of the moves go right, half left.
        picture, text, chart: locators of a player, an element and a plotly chart. An element that does not
            change within three seconds of a move is not counted: two intervals may restore a frame alike.
        moves: their number.
    """
    from playwright.sync_api import TimeoutError as TooLate

    watched = {"picture": picture, "text": text, "chart": chart}
    handles = {name: each and each.element_handle() for name, each in watched.items()}
    page.evaluate(MOVES, handles | {"handle": slider.element_handle()})
    times: dict[str, list[float]] = {name: [] for name, each in watched.items() if each}
    for move in range(moves):
        page.wait_for_timeout(60 + 7 * (move % 5))  # the page is at rest, at no fixed phase of its clock
        page.evaluate("skelkitArm()")
        page.keyboard.press("ArrowRight" if move < moves / 2 else "ArrowLeft")
        with contextlib.suppress(TooLate):
            page.wait_for_function("skelkitDone()", timeout=3000)
        for name, took in page.evaluate("skelkitTook()").items():
            times[name].append(took)
    return times


def required() -> bool:
    """Whether a missing browser is a failure, as in CI."""
    return os.environ.get("SKELKIT_REQUIRE_BROWSER") == "1"
