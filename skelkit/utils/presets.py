"""Names of the presets, the same in every package."""

from __future__ import annotations

PRESET_NAMES = ("smoke", "laptop", "gpu", "paper")
"""`smoke` runs all of it in seconds, `laptop` fits two cores, `gpu` one GPU, `paper` is as published."""

EXPLORE = "explore"
"""The preset that takes trained networks from `zoo` where it has them; all settings are those of `laptop`."""


def settings_of(preset: str) -> str:
    """The preset whose settings a preset has: `laptop` for `explore`, otherwise itself.

    >>> settings_of("explore"), settings_of("smoke")
    ('laptop', 'smoke')
    """
    return "laptop" if preset == EXPLORE else preset
