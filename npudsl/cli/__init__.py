"""The command line. Each command is one module; nothing imports this package."""

from .main import main

__all__ = ["main"]
