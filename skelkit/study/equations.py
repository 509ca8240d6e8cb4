"""Equations in Markdown as MathML, which browsers show offline; MathJax would have to be loaded."""

from __future__ import annotations

import re
from collections.abc import Callable

_EQUATION = re.compile(
    r"(?P<code>```.*?```|`[^`\n]+`)|\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^$\n]+?)\$", re.DOTALL
)


def render_markdown(source: str, render: Callable[[str], str]) -> str:
    r"""Markdown as HTML; equations between $ or $$ become MathML, code stays as it is.

    Args:
        source: Markdown with LaTeX.
        render: Markdown without equations -> HTML.

    >>> render_markdown(r"with $\alpha$ and `$x$`", lambda text: f"<p>{text}</p>")[:24]
    '<p>with <math xmlns="htt'
    """
    equations: list[str] = []

    def take(match: re.Match[str]) -> str:
        if match["code"]:
            return match[0]
        equations.append(_mathml(match["block"], True) if match["block"] else _mathml(match["inline"], False))
        return f"equation{len(equations) - 1}equation"

    page = render(_EQUATION.sub(take, source))
    return re.sub(r"equation(\d+)equation", lambda match: equations[int(match[1])], page)


def _mathml(latex: str, block: bool) -> str:
    from latex2mathml.converter import convert

    if not block:
        return convert(latex.strip())
    scrolls = '<span style="display:block;overflow-x:auto;overflow-y:hidden;padding:.4em 0">'
    return f"{scrolls}{convert(latex.strip(), display='block')}</span>"
