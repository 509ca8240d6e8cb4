"""The player in HTML pages that need neither a network nor a server."""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import json
from pathlib import Path
from typing import Any

from ...utils.files import write_atomic
from .scene import scene
from .widget import Player

_COUNTER = itertools.count(1)

_MOUNT = """
const view = (data) => data instanceof DataView ? data
  : new DataView(Uint8Array.from(atob(data || ""), (c) => c.charCodeAt(0)).buffer);
const read = ({ poses, values, masked, meta }) =>
  ({ poses: view(poses), values: view(values), masked: view(masked), meta });
window.skelkitPlayer.mount = (el, given) => {
const state = { frame: 0, ...given, ...read(given) }, listeners = {};
const model = {
  get: (name) => state[name], set: (name, value) => (state[name] = value),
  save_changes() {}, on: (event, call) => (listeners[event] = call), off() {},
};
const close = window.skelkitPlayer.render({ model, el });
const update = (next) => {
  Object.assign(state, read(next));
  listeners["change:meta"]?.();
};
return { close, update };
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
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 16px auto; max-width: 1100px; padding: 0 8px; }}
</style>
{module}</head>
<body>
{fragment}</body>
</html>
"""


def write_page(path: str | Path, *clips: Any, **options: Any) -> Path:
    """Write one HTML file with a player; it opens from disk without a network. Options as in `player`.

    Returns:
        The path. The file is either complete or absent.
    """
    title = html.escape(options.get("title") or "Skeleton player")
    page = _PAGE.format(title=title, module=player_module(), fragment=page_fragment(*clips, **options))
    return write_atomic(path, page.encode(errors="backslashreplace"))


def player_module() -> str:
    """Style and script that fragments need, once per page, before or after them."""
    source, export = Player._esm, "export default{"
    if source.count(export) != 1:
        raise RuntimeError("player.js must end in one: export default { … };")
    source = source.replace(export, "window.skelkitPlayer={")
    return f'<style>\n{Player._css}</style>\n<script type="module">\n{source}\n{_MOUNT}</script>\n'


def page_fragment(*clips: Any, **options: Any) -> str:
    """A player as part of a page that contains `player_module()` once. Options as in `player`."""
    state = scene(*clips, **options)
    return fragment_of(
        {name: base64.b64encode(v).decode() if isinstance(v, bytes) else v for name, v in state.items()}
    )


def fragment_of(state: dict[str, Any]) -> str:
    """A player from the state of a widget as notebooks save it.

    Args:
        state: `poses`, `values` and `masked` in base64, and `meta`.
    """
    # Escaped, so that "</script>" in a title does not end the script.
    text = json.dumps(state, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    name = f"skelkit-{hashlib.sha256(text.encode()).hexdigest()[:8]}-{next(_COUNTER)}"
    return _FRAGMENT.format(name=name, state=text)
