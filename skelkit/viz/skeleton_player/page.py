"""The player in plain HTML pages: self-contained, offline, without a server."""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import json
from pathlib import Path

from ...utils.files import write_atomic
from .scene import scene
from .widget import Player

_COUNTER = itertools.count(1)

_MOUNT = """
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
window.skelkitPlayer.mount = (el, { poses, values, masked, meta, frame = 0 }) => {
const state = { poses: bytes(poses), values: bytes(values), masked: bytes(masked), meta, frame };
const model = { get: (name) => state[name], set: (name, value) => (state[name] = value), save_changes() {}, on() {}, off() {} };
return window.skelkitPlayer.render({ model, el });
};
window.dispatchEvent(new Event("skelkit-player"));
"""

_FRAGMENT = """<div id="{name}"></div>
<script type="module">
const start = () => window.skelkitPlayer.mount(document.getElementById("{name}"), {state});
if (window.skelkitPlayer) start();
else window.addEventListener("skelkit-player", start, {{ once: true }});
</script>
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>:root {{ color-scheme: light dark; }} body {{ margin: 16px auto; max-width: 1100px; padding: 0 8px; }}</style>
{module}</head>
<body>
{fragment}</body>
</html>
"""


def write_page(path: str | Path, *clips, **options) -> Path:
    """Write one HTML file with a player in it, which opens from disk and asks nothing of the network; options as in `player`.

    Returns:
        The path written. The file is complete under its name or not at all.
    """
    title = html.escape(options.get("title") or "Skeleton player")
    page = _PAGE.format(title=title, module=player_module(), fragment=page_fragment(*clips, **options))
    return write_atomic(path, page.encode())


def player_module() -> str:
    """The style and script that fragments need, once per page, before or after them."""
    source, export = Player._esm, "export default{"
    if source.count(export) != 1:
        raise RuntimeError("player.js must end in one: export default { … };")
    source = source.replace(export, "window.skelkitPlayer={")
    return f'<style>\n{Player._css}</style>\n<script type="module">\n{source}\n{_MOUNT}</script>\n'


def page_fragment(*clips, **options) -> str:
    """A player as a piece of HTML, for a page that contains `player_module()` once; options as in `player`."""
    state = scene(*clips, **options)
    return fragment_of(
        {name: base64.b64encode(v).decode() if isinstance(v, bytes) else v for name, v in state.items()}
    )


def fragment_of(state: dict) -> str:
    """The same from the state of a widget as notebooks save it: `poses`, `values`, `masked` in base64, and `meta`."""
    text = json.dumps(state, separators=(",", ":"), allow_nan=False).replace(
        "<", "\\u003c"
    )  # "</script>" in a title ends nothing
    name = f"skelkit-{hashlib.sha256(text.encode()).hexdigest()[:8]}-{next(_COUNTER)}"
    return _FRAGMENT.format(name=name, state=text)
