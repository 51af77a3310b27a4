"""What the interpreter refuses: requests that would take unbounded memory or time, each with a clear diagnostic."""

from __future__ import annotations

from ..spec.op import Layer
from ..text.diagnostics import Diagnostic, SpecError

#: Elements of the box of indices of one tensor.
MOST_ELEMENTS = 1 << 27
#: Points of one group of dims with a site's counters free, padding of imperfect factors included.
MOST_SETTINGS = 1 << 23
#: Elements that the smallest possible block may have in one array, and words that all instances of a site may hold.
MOST_BLOCK_ELEMENTS = 1 << 26
#: Array axes: dims, and loops with a factor above 1 together with dims (numpy has at most 64).
MOST_DIMS = 30
MOST_AXES = 60
#: Visits of tiles that one run may walk, and operations and blocks that it may execute.
MOST_VISITS = 2 * 10**10
MOST_OPERATIONS = 10**12
MOST_BLOCKS = 10**6


def too_large(layer: Layer, what: str, *notes: str) -> SpecError:
    """E652: not enough memory."""
    return SpecError(Diagnostic("E652", f"`{layer.name}` is too large to be executed: {what}", notes=notes))


def too_long(layer: Layer, what: str, *notes: str, help: str | None = None) -> SpecError:
    """E653: not enough time."""
    message = f"executing this mapping of `{layer.name}` takes too long: {what}"
    return SpecError(Diagnostic("E653", message, notes=notes, help=help))


def check_axes(layer: Layer, loops: int) -> None:
    """Raise SpecError (E652) if the dims and the loops with a factor above 1 need more axes than arrays have."""
    dims = len(layer.op.dims)
    if dims > MOST_DIMS or dims + loops > MOST_AXES:
        raise too_large(
            layer,
            f"it has {dims} dims and its mapping {loops} loops",
            f"the interpreter executes at most {MOST_DIMS} dims, and {MOST_AXES} dims and loops together",
        )


def check_operations(layer: Layer) -> None:
    """Raise SpecError (E653) if the layer has too many operations for its output to be computed."""
    if layer.points > MOST_OPERATIONS:
        raise too_long(
            layer,
            f"it has {roughly(layer.points)} operations",
            f"outputs are computed for at most {roughly(MOST_OPERATIONS)} operations; counting alone goes further",
        )


def roughly(number: int) -> str:
    """`number` in at most three digits, also if it exceeds every float."""
    if number < 10**6:
        return str(number)
    digits = str(number) if number < 10**4000 else f"1{'0' * 4000}"
    return f"{digits[0]}.{digits[1:3]}e{len(digits) - 1}"
