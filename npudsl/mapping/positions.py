"""Slots by position, so that a dataflow may be written for machines whose names it does not know.

`outermost`: the first level. `array.x`, `array.y`: the first and second axis of the machine's array, which is the only
one with two axes, else the only one; an axis of that very name wins. `buffer`: the level just outside the array.
`local`: the innermost level, if it is inside the array. What the machine calls by such a name itself keeps it.
"""

from __future__ import annotations

from ..spec.arch import Arch, Array, Level
from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError

POSITIONS = ("outermost", "buffer", "array", "local")


def by_position(arch: Arch, path: tree.Path) -> tree.Path:
    """The slot that a path by position means on a machine, other paths as they are. Raises E501 if there is none."""
    first, *rest = path.parts
    if first.text not in POSITIONS or first.text in arch.depth:
        return path
    if first.text == "outermost":
        return _renamed(path, arch.levels[0].name)
    array = _array(arch, first)
    if first.text == "array":
        named = tree.Path((tree.Name(array.name, first.span), *rest), path.span)
        return named if len(rest) != 1 else _axis(named, array)
    inside = first.text == "local"
    levels = _levels(arch, array, inside=inside)
    if not levels:
        where = "inside" if inside else "outside"
        raise _none(arch, first, f"`{arch.name}` has no memory {where} array `{array.name}`")
    return _renamed(path, levels[-1].name)


def lacks_local(arch: Arch, path: tree.Path) -> bool:
    """Whether a path is `local` on a machine that has no memory inside its array, so that nothing can stand there."""
    first, *rest = path.parts
    if first.text != "local" or rest or first.text in arch.depth:
        return False
    return not _levels(arch, _array(arch, first), inside=True)


def _renamed(path: tree.Path, name: str) -> tree.Path:
    first, *rest = path.parts
    return tree.Path((tree.Name(name, first.span), *rest), path.span)


def _levels(arch: Arch, array: Array, *, inside: bool) -> list[Level]:
    at = arch.depth[array.name]
    return [level for level in arch.levels if (arch.depth[level.name] > at) == inside]


def _array(arch: Arch, word: tree.Name) -> Array:
    plane = [array for array in arch.arrays if len(array.axes) == 2]
    found = plane if len(plane) == 1 else arch.arrays
    if len(found) != 1:
        names = ", ".join(f"`{array.name}`" for array in found)
        raise _none(arch, word, f"`{arch.name}` has " + (f"several arrays: {names}" if found else "no array"))
    return found[0]


def _axis(path: tree.Path, array: Array) -> tree.Path:
    name, axis = path.parts
    own = [a for a, _ in array.axes]
    at = {"x": 0, "y": 1}.get(axis.text, len(own))
    if axis.text in own or at >= len(own):
        return path
    return tree.Path((name, tree.Name(own[at], axis.span)), path.span)


def _none(arch: Arch, word: tree.Name, message: str) -> SpecError:
    label = Label(word.span, f"means a place beside the array of `{arch.name}`")
    return SpecError(Diagnostic("E501", message, label, help="name the slot as the machine does"))
