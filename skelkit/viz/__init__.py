"""Visualisation: a 3-D player, figures, and panels with controls. Needs the `notebooks` extra."""

try:
    from . import figures, panels, style
    from .chart import show
    from .figures import learning
    from .panels import live
    from .skeleton_player import Player, compare, page, player
except ImportError as error:
    raise ImportError(
        f"skelkit.viz needs {error.name}; install the notebooks extra: pip install 'skelkit[notebooks]'"
    ) from error

__all__ = ["Player", "compare", "figures", "learning", "live", "page", "panels", "player", "show", "style"]
