"""What is said where the search and the closed forms of a whole mapping differ (E690): a mistake of ours."""

from __future__ import annotations

from ..spec.op import Layer
from ..text.diagnostics import Diagnostic


def disagreement(layer: Layer, value: float, expected: float) -> Diagnostic:
    """`value`: by the closed forms, `expected`: by the search, both as the objective is told."""
    return Diagnostic(
        "E690",
        f"the search and the closed forms disagree about the best mapping of `{layer.name}`",
        notes=(f"the search found {expected!r}, the closed forms give {value!r}",),
        help="this is a mistake in npudsl: please report it with the files",
    )
