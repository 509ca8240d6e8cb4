"""The player in a real browser, from a file on disk: it draws, plays, turns, and answers quickly."""

import base64
import statistics

import pytest
import torch

from skelkit import skeletons

pytest.importorskip("anywidget", reason="needs the notebooks extra: pip install 'skelkit[notebooks]'")
from skelkit.viz.skeleton_player import page as pages

FRAMES = 60


def figure(frames: int = FRAMES, persons: int = 1) -> torch.Tensor:
    """Stick figures that wave one arm and walk, [T, M, 20, 3]."""
    skeleton = skeletons.KINECT20
    at = {"hip_center": (0, 0.95), "spine": (0, 1.1), "shoulder_center": (0, 1.45), "head": (0, 1.65)}
    for sign, side in ((1, "left"), (-1, "right")):
        for i, name in enumerate(("shoulder", "elbow", "wrist", "hand")):
            at[f"{side}_{name}"] = (sign * (0.18 + 0.04 * i), 1.42 - 0.25 * i)
        for i, name in enumerate(("hip", "knee", "ankle", "foot")):
            at[f"{side}_{name}"] = (sign * 0.1, 0.9 - 0.29 * i)
    rest = torch.tensor([[*at[j], 0.0] for j in skeleton.joints])
    time = torch.linspace(0, 6.28, frames)
    poses = rest.repeat(frames, persons, 1, 1)
    poses[:, :, skeleton.index("right_hand"), 1] += 0.5 * time.sin()[:, None] + 0.5
    poses[:, :, :, 2] += 0.2 * time[:, None, None]
    poses[:, :, :, 0] += 0.9 * torch.arange(persons)[None, :, None]
    return poses


@pytest.fixture
def opened(browser, tmp_path):
    """`opened(clips, **options)` opens a page with a player; it must cause no errors and no requests."""
    troubles, contexts = [], []

    def open_page(*clips, context=None, **options):
        path = pages.write_page(tmp_path / "page.html", *clips, **options)
        contexts.append(browser.new_context(viewport={"width": 800, "height": 700}, **(context or {})))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith(("file:", "data:")) else troubles.append(request.url)
            ),
        )
        page.goto(path.as_uri())
        page.wait_for_selector(".skelkit-player[data-frame]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not troubles


def shown(page) -> int:
    return int(page.get_attribute(".skelkit-player", "data-frame"))


def painted(page) -> None:
    """Wait until what was asked for is drawn: the second animation frame from now comes after it."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def picture(page) -> str:
    painted(page)
    return page.evaluate("document.querySelector('.stage').toDataURL()")


def scrub(page, frame: int) -> None:
    page.eval_on_selector(
        ".skelkit-player input",
        "(slider, frame) => { slider.value = frame; slider.dispatchEvent(new Event('input')); }",
        frame,
    )
    painted(page)


def test_the_slider_moves_the_frame_and_the_picture(opened):
    page = opened(figure(), title="One <b>figure")
    before = picture(page)
    assert shown(page) == 0
    scrub(page, 30)
    assert shown(page) == 30
    assert picture(page) != before
    assert page.inner_text(".readout") == "frame 30 / 60 · 1.00 s"
    assert page.inner_text(".title") == "One <b>figure"
    scrub(page, 0)
    assert picture(page) == before


def test_slider_to_painted_takes_little_time(opened, capsys):
    page = opened(figure(120, 2))
    times = page.evaluate(
        """async () => {
            const root = document.querySelector(".skelkit-player"), slider = root.querySelector("input");
            const times = [];
            for (let i = 1; i <= 60; i++) {
                await new Promise((done) => setTimeout(done, 5 + (i * 7) % 16));
                const start = performance.now(), draws = root.dataset.draws;
                slider.value = (i * 37) % 120;
                slider.dispatchEvent(new Event("input"));
                while (root.dataset.draws === draws) await new Promise(requestAnimationFrame);
                await new Promise((done) => {
                    const channel = new MessageChannel();
                    channel.port1.onmessage = done;
                    channel.port2.postMessage(0);
                });
                times.push(performance.now() - start);
            }
            return times;
        }"""
    )
    median = statistics.median(times)
    with capsys.disabled():
        print(f"\nslider to painted: median {median:.1f} ms, worst of {len(times)} {max(times):.1f} ms")
    assert median < 100  # about 17 ms on an idle machine


def test_it_plays_and_pauses(opened):
    page = opened(figure())
    page.click("button[aria-label=Play]")
    page.wait_for_timeout(1000)
    page.click("button[aria-label=Pause]")
    painted(page)
    frame = shown(page)
    assert 10 <= frame < 59  # 30 frames at 30 per second, less on a busy machine
    page.wait_for_timeout(200)
    assert shown(page) == frame


def test_autoplay_respects_prefers_reduced_motion(opened):
    page = opened(figure(), autoplay=True, context={"reduced_motion": "reduce"})
    page.wait_for_timeout(300)
    assert shown(page) == 0
    page = opened(figure(), autoplay=True)
    page.wait_for_function("document.querySelector('.skelkit-player').dataset.frame > 0")


def test_the_keyboard_scrubs_turns_zooms_and_plays(opened):
    page = opened(figure())
    first = picture(page)
    page.focus(".stage")
    seen = {first}
    for key in ("ArrowRight", "ArrowUp", "+", "+"):
        page.keyboard.press(key)
        seen.add(picture(page))
    assert len(seen) == 5
    page.keyboard.press("Home")
    assert picture(page) == first
    page.focus(".skelkit-player input")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    painted(page)
    assert shown(page) == 2
    page.focus(".stage")
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('.skelkit-player').dataset.frame > 2")


def test_plain_keys_stay_inside_and_shortcuts_get_out(opened):
    page = opened(figure())
    page.evaluate(
        "() => { window.heard = []; "
        "document.addEventListener('keydown', (event) => window.heard.push(event.key)); }"
    )
    page.focus(".skelkit-player input")
    for key in ("ArrowRight", "d", "Control+s"):
        page.keyboard.press(key)
    assert page.evaluate("window.heard") == ["Control", "s"]


def test_dragging_turns_the_view_and_reset_turns_it_back(opened):
    page = opened(figure())
    first = picture(page)
    box = page.locator(".stage").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 130, box["y"] + 90, steps=4)
    page.mouse.up()
    page.mouse.move(0, 0)
    assert picture(page) != first
    page.get_by_role("button", name="Reset view").click()
    assert picture(page) == first


def test_several_bodies_clips_values_and_masks_are_drawn(opened):
    clip, two = figure(), figure(persons=2)
    hidden = torch.zeros(FRAMES, 20, dtype=torch.bool)
    hidden[20:30] = True
    page = opened(
        clip,
        two,
        values=[None, torch.rand(FRAMES, 20)],
        value_label="speed",
        units="m/s",
        masked=[hidden, None],
        trail=True,
        labels=["a", "b"],
    )
    plain = picture(page)
    scrub(page, 25)
    assert picture(page) != plain
    text = page.inner_text(".legend")
    assert all(word in text for word in ("person 2 right", "masked", "floor squares: 1 m", "speed (m/s)"))
    assert page.locator(".strip").bounding_box()["height"] == 7


def test_everything_has_a_name_and_the_picture_has_alt_text(opened):
    page = opened(figure(), labels=["waving"])
    assert "waving" in page.get_attribute("canvas.stage", "aria-label")
    names = page.eval_on_selector_all(
        "button, select, input, canvas:not([hidden])",
        "all => all.map((e) => e.getAttribute('aria-label') || e.title || e.textContent)",
    )
    assert len(names) == 6
    assert all(names)


def test_it_follows_the_theme_and_the_width(opened):
    page = opened(figure(), figure(), context={"color_scheme": "dark", "device_scale_factor": 2})
    size = "[document.querySelector('.stage').width, document.querySelector('.stage').clientWidth]"
    width, css = page.evaluate(size)
    assert width == 2 * css
    dark = picture(page)
    page.emulate_media(color_scheme="light")
    assert picture(page) != dark
    page.set_viewport_size({"width": 380, "height": 700})
    painted(page)
    width, narrow = page.evaluate(size)
    assert narrow < css
    assert width == 2 * narrow
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_fragments_share_one_script_wherever_it_stands(browser, tmp_path):
    fragments = [pages.page_fragment(figure()), pages.page_fragment(figure(30))]
    path = tmp_path / "report.html"
    path.write_text(
        "<!DOCTYPE html><meta charset='utf-8'>" + fragments[0] + pages.player_module() + fragments[1], "utf-8"
    )
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_function("document.querySelectorAll('.skelkit-player[data-frame]').length === 2")
    page.close()


LIVE = """(states) => {
    const read = (state) => Object.fromEntries(Object.entries(state).map(([name, value]) => [name,
        typeof value !== "string" ? value :
            new DataView(Uint8Array.from(atob(value), (c) => c.charCodeAt(0)).buffer)]));
    const now = { frame: 0, ...read(states[0]) }, listeners = {};
    window.saved = [];
    window.heard = () => Object.values(listeners).filter(Boolean).length;
    window.send = (changes) => {
        Object.assign(now, changes);
        for (const name in changes) listeners["change:" + name]?.();
    };
    window.next = () => window.send(read(states[1]));
    const model = {
        get: (name) => now[name],
        set: (name, value) => (now[name] = value),
        save_changes: () => window.saved.push(now.frame),
        on: (event, call) => (listeners[event] = call),
        off: (event) => (listeners[event] = null),
    };
    window.close = window.skelkitPlayer.render({ model, el: document.body });
}"""


@pytest.fixture
def live(browser, tmp_path):
    """A player with a model in this test: `send` acts as Python does, `saved` is what Python receives."""
    path = tmp_path / "live.html"
    path.write_text("<!DOCTYPE html><meta charset='utf-8'>" + pages.player_module(), "utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    states = [
        {
            k: base64.b64encode(v).decode() if isinstance(v, bytes) else v
            for k, v in pages.scene(figure(n)).items()
        }
        for n in (60, 30)
    ]
    page.evaluate(LIVE, states)
    page.wait_for_selector(".skelkit-player[data-frame]")
    yield page
    page.close()


def test_new_clips_and_frames_from_python_are_drawn(live):
    live.evaluate("send({ frame: 45 })")
    painted(live)
    assert shown(live) == 45
    before = picture(live)
    live.evaluate("next()")
    painted(live)
    assert shown(live) == 29
    assert live.inner_text(".readout").startswith("frame 29 / 30")
    assert picture(live) != before


def test_python_receives_at_most_ten_frames_a_second_and_always_the_last(live):
    live.click("button[aria-label=Play]")
    live.wait_for_timeout(1000)
    live.click("button[aria-label=Pause]")
    painted(live)
    saved = live.evaluate("saved")
    assert 2 <= len(saved) <= 13
    assert saved[-1] == shown(live)
    for frame in (5, 6, 7, 8):
        scrub(live, frame)
    live.wait_for_timeout(200)
    assert live.evaluate("saved").pop() == 8


def test_closing_stops_everything(live):
    live.click("button[aria-label=Play]")
    assert live.evaluate("heard()") == 5
    live.evaluate("close()")
    assert live.locator(".skelkit-player").count() == 0
    assert live.evaluate("heard()") == 0
    saved = live.evaluate("saved.length")
    live.wait_for_timeout(300)
    assert live.evaluate("saved.length") == saved
