"""Outputs of a cell that stay hidden until a question is answered."""

from __future__ import annotations

import html

_HTML = """<div class="skelkit-curtain" data-question="{id}"><style>
html:not([data-skelkit-open~="{id}"]) :is(.jp-OutputArea, .outputs):has(
.skelkit-curtain[data-question="{id}"] input:not(:checked)) > *:not(:has(.skelkit-curtain)) {{
height: 0 !important; min-height: 0 !important; margin: 0 !important; padding: 0 !important;
overflow: hidden !important; visibility: hidden !important; }}
html[data-skelkit-open~="{id}"] .skelkit-curtain[data-question="{id}"] {{ display: none; }}
.skelkit-curtain {{ border: 1px dashed #8888; border-radius: 4px; padding: .5em .9em; margin: .3em 0; }}
.skelkit-curtain :focus-visible {{ outline: 2px solid #d55e00; }}
</style>The answer to <i>“{text}”</i> is hidden here until you have guessed.
<label style="white-space:nowrap"><input type="checkbox"> show me</label></div>"""


def curtain(identity: str, text: str) -> str:
    """HTML that hides the other outputs of its cell until a question is answered, or its box is ticked.

    The outputs keep their width, so that charts drawn while they are hidden have the right size. It needs no
    script: the question's widget sets an attribute of the page, and in a saved notebook the box works alone.

    Args:
        identity: of the question.
        text: of the question.
    """
    return _HTML.format(id=html.escape(identity), text=html.escape(text)).replace("\n", " ")
