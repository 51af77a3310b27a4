"""The schema table: which attributes a block may have, their dimension, default and meaning. Data only.

The checker, hover, completion, `explain` and the reference page read this one table. The grammar knows no attribute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .valuetypes import TYPES, ValueType


@dataclass(frozen=True)
class Rule:
    """One attribute of one kind of block.

    `form`: how its text is read. `quantity`: an expression of type `type`; `roles`: a list of tensor roles; `holds`:
    roles, each with `?` and a share; `ports`: numbers of ports; `axes`: one axis or a list; `choice`: one of `choices`;
    `widths`: a width per role. No quantity is negative; a `positive` one is not zero, an `unlimited` one may be `inf`.
    `default` is text of the language, None: no value; `required`: the component or the block must give it.
    """

    block: str
    name: str
    form: str
    doc: str
    example: str
    type: str = ""
    default: str | None = None
    required: bool = False
    positive: bool = False
    unlimited: bool = False
    choices: tuple[str, ...] = ()

    @property
    def value_type(self) -> ValueType:
        """The type of a `quantity`."""
        return TYPES[self.type]


def _quantity(block: str, name: str, type_: str, doc: str, example: str, **more: Any) -> Rule:
    return Rule(block, name, "quantity", doc, example, type=type_, **more)


_MEMORY: tuple[Rule, ...] = (
    _quantity("memory", "size", "data",
              "Capacity of one instance; `inf` for the outermost memory.",
              "size = 108 KiB", required=True, positive=True, unlimited=True),
    _quantity("memory", "read", "energy_per_data",
              "Energy of reading one bit.",
              "read = 0.3 pJ/bit", required=True),
    _quantity("memory", "write", "energy_per_data",
              "Energy of writing one bit.",
              "write = 0.3 pJ/bit", required=True),
    Rule("memory", "holds", "holds",
         "The tensor roles kept here. `weight?`: the mapping decides whether; `weight? <= 8 KiB`: at most this share.",
         "holds = [input, output, weight? <= 8 KiB]", required=True),
    _quantity("memory", "bandwidth", "bandwidth",
              "What one port of one instance moves; per cycle, or per time at the clock.",
              "bandwidth = 128 bit/cycle", default="inf", positive=True, unlimited=True),
    Rule("memory", "ports", "ports",
         "Ports of one instance, each of the full bandwidth: `read` and `write`, or `shared` ones.",
         "ports = [read = 1, write = 1]", default="[shared = 1]"),
    Rule("memory", "double", "roles",
         "Roles that are double-buffered: a tile takes twice its size, its movement overlaps the work.",
         "double = [input, weight]", default="[]"),
    Rule("memory", "fifo", "roles",
         "Roles with a FIFO in front of this memory: it holds the next tile, whose movement overlaps the work.",
         "fifo = [input, output]", default="[]"),
    Rule("memory", "precision", "widths",
         "Bits of a word of a role in this memory, where compute's differ.",
         "precision = [output = 32 bit]", default="[]"),
    _quantity("memory", "width", "data",
              "Width of a row, for expressions of the component; moves nothing by itself.",
              "width = 64 bit", positive=True),
    _quantity("memory", "banks", "int",
              "Number of banks, for expressions of the component; moves nothing by itself.",
              "banks = 27", positive=True),
    _quantity("memory", "leakage", "power",
              "Static power of one instance.",
              "leakage = 0.2 mW", default="0 mW"),
    _quantity("memory", "area", "area",
              "Area of one instance.",
              "area = 0.8 mm2"),
)  # fmt: skip

_LINK: tuple[Rule, ...] = (
    Rule("link", "multicast", "roles",
         "Roles of which one read reaches every instance that needs the word.",
         "multicast = [input, weight]", default="[]"),
    Rule("link", "reduce", "roles",
         "Roles of which partial sums are added on the way.",
         "reduce = [output]", default="[]"),
    Rule("link", "unicast", "roles",
         "Roles that are carried, one word to one instance.",
         "unicast = [output]", default="[]"),
    Rule("link", "along", "axes",
         "The axes of the array along which the link shares words; all if not given.",
         "along = y"),
    Rule("link", "topology", "choice",
         "`bus`: a word reaches every instance at once; `neighbour`: it is handed on, one hop for each that gets it.",
         "topology = neighbour", default="bus", choices=("bus", "neighbour")),
    _quantity("link", "hop", "energy_per_data",
              "Energy of one bit of a delivered word (per hop on a `neighbour` link).",
              "hop = 0.125 pJ/bit", default="0 pJ/bit"),
    _quantity("link", "bandwidth", "bandwidth",
              "What the link moves into or out of one instance.",
              "bandwidth = 64 bit/cycle", default="inf", positive=True, unlimited=True),
    _quantity("link", "length", "length",
              "Length of a hop, for expressions of the component.",
              "length = 0.2 mm"),
    _quantity("link", "area", "area",
              "Area of the link, for one instance of the array.",
              "area = 0.01 mm2"),
)  # fmt: skip

_COMPUTE: tuple[Rule, ...] = (
    _quantity("compute", "op_energy", "energy_per_op",
              "Energy of one operation.",
              "op_energy = 1 pJ", required=True),
    _quantity("compute", "rate", "rate",
              "Operations of one instance per cycle, or per time at the clock.",
              "rate = 1 op/cycle", default="1 op/cycle", positive=True),
    Rule("compute", "precision", "widths",
         "Bits of a word of each role; 16 bit where not given.",
         "precision = [input = 8 bit, weight = 8 bit, output = 32 bit]", default="[]"),
    _quantity("compute", "leakage", "power",
              "Static power of one instance.",
              "leakage = 0.01 mW", default="0 mW"),
    _quantity("compute", "area", "area",
              "Area of one instance.",
              "area = 0.003 mm2"),
)  # fmt: skip

_ARCH: tuple[Rule, ...] = (
    _quantity("arch", "clock", "frequency",
              "Frequency of the machine; converts rates per time into rates per cycle.",
              "clock = 200 MHz", positive=True),
)  # fmt: skip

#: The whole table, in the order in which documentation lists it.
RULES: tuple[Rule, ...] = (*_MEMORY, *_LINK, *_COMPUTE, *_ARCH)

#: Block kind -> attribute name -> rule.
SCHEMA: dict[str, dict[str, Rule]] = {
    block: {r.name: r for r in RULES if r.block == block} for block in ("memory", "link", "compute", "arch")
}


def find_rule(block: str, name: str) -> Rule | None:
    """The rule of an attribute of a block kind (`memory`, `link`, `compute`, `arch`), None if there is none."""
    return SCHEMA[block].get(name)


def article(block: str) -> str:
    """`a memory`, `an architecture`."""
    return "an architecture" if block == "arch" else f"a {block}"
