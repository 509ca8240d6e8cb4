"""Questions in HTML pages that have no kernel."""

from __future__ import annotations

import itertools
import json
from typing import Any

from .widget import Question

_COUNTER = itertools.count(1)

_MOUNT = """
window.skelkitQuestion.mount = (el, state) => {
  const listeners = {};
  const model = {
    get: (name) => state[name],
    set(name, value) {
      state[name] = value;
      listeners[`change:${name}`]?.();
    },
    on: (event, call) => (listeners[event] = call), off() {}, save_changes() {},
  };
  window.skelkitQuestion.render({ model, el });
};
window.dispatchEvent(new Event("skelkit-question"));
"""

_FRAGMENT = """<div id="{name}"></div>
<script type="module">
const start = () => window.skelkitQuestion.mount(document.getElementById("{name}"), {state});
if (window.skelkitQuestion) start();
else window.addEventListener("skelkit-question", start, {{ once: true }});
</script>
"""


def question_module() -> str:
    """Style and script that questions need, once per page, before or after them."""
    source, export = Question._esm, "export default{"
    if source.count(export) != 1:
        raise RuntimeError("question.js must end in one: export default { … };")
    source = source.replace(export, "window.skelkitQuestion={")
    return f'<style>\n{Question._css}</style>\n<script type="module">\n{source}\n{_MOUNT}</script>\n'


def fragment_of(state: dict[str, Any]) -> str:
    """A question from the state of a widget as notebooks save it, without a guess."""
    kept = {"meta": state["meta"], "answer": state.get("answer", {}), "guess": {}}
    # Escaped, so that "</script>" in a question does not end the script.
    text = json.dumps(kept, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return _FRAGMENT.format(name=f"skelkit-question-{next(_COUNTER)}", state=text)
