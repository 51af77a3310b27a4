"""Where the energy goes: the parts of a cost gathered under the names a designer thinks in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from rich.text import Text

from ..mapping.evaluation import Cost
from ..spec.arch import Arch, Array, Level

NETWORK = "network"

#: Fill and colour of the parts of a bar, outermost part first; without colour the fills still differ.
_FILLS = (("█", "red"), ("▓", "yellow"), ("▒", "blue"), ("░", "green"), ("=", "magenta"), ("-", "cyan"), (".", "white"))


def components(arch: Arch) -> dict[str, str]:
    """Component (memory, link, compute) -> the name it is shown under, in the order of the machine.

    Memories outside the innermost array are shown by themselves, links together as the network, and what one
    processing element consists of under the innermost array's name in capitals.
    """
    arrays = [i for i, node in enumerate(arch.nodes) if isinstance(node, Array)]
    inside = max(arrays, default=len(arch.nodes))
    element = arch.nodes[inside].name.upper() if arrays else arch.compute.name
    shown: dict[str, str] = {}
    for i, node in enumerate(arch.nodes):
        if isinstance(node, Level):
            shown.update({m.name: element if i > inside else m.name for m in node.memories})
        else:
            shown.update({link.name: NETWORK for link in node.links})
    shown[arch.compute.name] = element
    return shown


def shares(arch: Arch, cost: Cost) -> dict[str, Fraction]:
    """Energy in pJ under each shown name, in the order of the machine; what has no such name keeps its own."""
    names = components(arch)
    found = {name: Fraction(0) for name in dict.fromkeys(names.values())}
    for component, per_tensor in cost.parts.items():
        name = names.get(component, component)
        found[name] = found.get(name, Fraction(0)) + sum(per_tensor.values(), Fraction(0))
    return found


def total(parts: Iterable[tuple[dict[str, Fraction], int]]) -> dict[str, Fraction]:
    """The sum of several layers' shares, each times its repetitions."""
    found: dict[str, Fraction] = {}
    for part, repeat in parts:
        for name, value in part.items():
            found[name] = found.get(name, Fraction(0)) + value * repeat
    return found


def legend(names: Sequence[str]) -> list[Text]:
    """Each name with the fill that stands for it in `stacked`."""
    return [Text.assemble(name, " ", (_fill(i)[0], _fill(i)[1])) for i, name in enumerate(names)]


def stacked(values: Sequence[Fraction], full: Fraction, width: int) -> Text:
    """A bar of `width` cells for `full`, divided among `values`; cells go to the largest remainders."""
    if full <= 0:
        return Text()
    exact = [value * width / full for value in values]
    cells = [int(x) for x in exact]
    missing = round(sum(exact, Fraction(0))) - sum(cells)
    for i in sorted(range(len(exact)), key=lambda i: (cells[i] - exact[i], i))[:missing]:
        cells[i] += 1
    bar = Text()
    for i, count in enumerate(cells):
        bar.append(_fill(i)[0] * count, style=_fill(i)[1])
    return bar


def _fill(position: int) -> tuple[str, str]:
    return _FILLS[position % len(_FILLS)]
