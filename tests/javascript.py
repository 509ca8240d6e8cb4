"""The lengths of functions in JavaScript text."""

import re
from collections.abc import Iterator

_SPACE = re.compile(r"(\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_TOKEN = re.compile(r""""(\\.|[^"\\])*"|'(\\.|[^'\\])*'|[\w$]+|=>|.""", re.DOTALL)
_REGEX = re.compile(r"/(\\.|\[(\\.|[^]\\\n])*]|[^/\\[\n])+/\w*")
_VALUE = re.compile(r"""[\w$)\]"'`]|/.""")  # how a token begins that ends a value: a slash after it divides
_NO_VALUE = re.compile(r"return|typeof|case|in|of|void|delete|throw|else|do|await|yield")
_CONTROL = {"if", "for", "await", "while", "switch", "catch", "with"}


def function_lines(text: str) -> dict[int, int]:
    """The lines of each function's body without its braces, by the line where the body begins.

    Raises:
        ValueError: brackets or templates that do not close.
    """
    tokens = list(_tokens(text, 0))
    partner = _partners(tokens)
    longest: dict[int, int] = {}
    for i, (token, _) in enumerate(tokens):
        if token == "{" and _opens_function(tokens, partner, i):
            first, end = i + 1, partner[i]
        elif token == "=>" and tokens[i + 1][0] != "{":
            first, end = i + 1, _expression_end(tokens, partner, i + 1)
        else:
            continue
        start, stop = (text.count("\n", 0, tokens[k][1]) + 1 for k in (first, end - 1))
        longest[start] = max(longest.get(start, 0), stop - start + 1)
    return longest


def _tokens(text: str, at: int) -> Iterator[tuple[str, int]]:
    """Tokens and where they begin; strings, templates and regular expressions are one token each."""
    before = ""
    while (at := _SPACE.match(text, at).end()) < len(text):
        divides = _VALUE.match(before) and not _NO_VALUE.fullmatch(before)
        found = (None if divides else _REGEX.match(text, at)) or _TOKEN.match(text, at)
        end = _template_end(text, at) if text[at] == "`" else found.end()
        before = text[at:end]
        yield before, at
        at = end


def _template_end(text: str, at: int) -> int:
    at += 1
    while at < len(text) and text[at] != "`":
        at = _code_end(text, at + 2) if text.startswith("${", at) else at + 1 + (text[at] == "\\")
    if at >= len(text):
        raise ValueError("a template does not close")
    return at + 1


def _code_end(text: str, at: int) -> int:
    """After the brace that closes the code in a template."""
    depth = 1
    for token, place in _tokens(text, at):
        depth += (token == "{") - (token == "}")
        if depth == 0:
            return place + 1
    raise ValueError("a template does not close")


def _partners(tokens: list[tuple[str, int]]) -> dict[int, int]:
    """For each bracket the index of the one that it belongs to."""
    partner, opened = {}, []
    for i, (token, place) in enumerate(tokens):
        if token in ("(", "[", "{"):
            opened.append(i)
        elif token in (")", "]", "}"):
            if not opened or tokens[opened[-1]][0] + token not in ("()", "[]", "{}"):
                raise ValueError(f"{token} at character {place} closes nothing")
            partner[i] = opened.pop()
            partner[partner[i]] = i
    if opened:
        raise ValueError(f"{tokens[opened[-1]][0]} at character {tokens[opened[-1]][1]} does not close")
    return partner


def _opens_function(tokens: list[tuple[str, int]], partner: dict[int, int], brace: int) -> bool:
    """Whether this brace follows an arrow, or parameters."""
    before = tokens[brace - 1][0] if brace else ""
    return before == "=>" or (before == ")" and tokens[partner[brace - 1] - 1][0] not in _CONTROL)


def _expression_end(tokens: list[tuple[str, int]], partner: dict[int, int], i: int) -> int:
    """The index after an arrow's expression, which ends at a comma, semicolon or closing bracket."""
    while i < len(tokens) and tokens[i][0] not in (",", ";", ")", "]", "}"):
        i = partner.get(i, i) + 1
    return i
