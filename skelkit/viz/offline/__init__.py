"""Panels and charts in HTML pages that have no kernel: states computed beforehand, and what shows them."""

from .beforehand import MIME, Choice, choice_of, states
from .page import chart_of, fragment_of, page_module

__all__ = ["MIME", "Choice", "chart_of", "choice_of", "fragment_of", "page_module", "states"]
