"""The one way in which an import fails."""

from __future__ import annotations


class OnnxError(Exception):
    """A model cannot be imported; the message is for the user and may have several lines."""


class UndecidedError(OnnxError):
    """A step depends on the value of a dynamic dimension. `sizes`: what should have been known, as text."""
