"""Questions that take a guess before they show the answer."""

from .hiding import curtain
from .page import fragment_of, question_module
from .widget import Question

__all__ = ["Question", "curtain", "fragment_of", "question_module"]
