"""Do the closed forms say what an execution does? The one place that knows both."""

from ..interpreter.timed import Timed, run_timed
from .verdict import Disagreement, Verdict, verify

__all__ = ["Disagreement", "Timed", "Verdict", "run_timed", "verify"]
