"""Seeing: a 3-D player, figures, and panels that put controls around them. Needs the `notebooks` extra."""

try:
    from . import figures, learning, live, page, panels, style
    from .chart import show
    from .player import Player, compare, player
except ImportError as error:
    raise ImportError(f"skelkit.viz needs {error.name}; install the notebooks extra: pip install 'skelkit[notebooks]'") from error

__all__ = ["Player", "compare", "figures", "learning", "live", "page", "panels", "player", "show", "style"]
