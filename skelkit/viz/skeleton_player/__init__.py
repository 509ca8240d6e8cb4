"""The 3-D skeleton player: a widget in notebooks, a fragment in pages."""

from .widget import Player, compare, player

__all__ = ["Player", "compare", "player"]
