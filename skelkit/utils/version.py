"""The version of the kit, readable where neither torch nor the rest of the kit is installed."""

__version__ = "0.2.0"
