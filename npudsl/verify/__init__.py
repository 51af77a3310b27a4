"""Do the closed forms say what an execution does? The one place that knows both."""

from .verdict import Disagreement, Verdict, verify

__all__ = ["Disagreement", "Verdict", "verify"]
