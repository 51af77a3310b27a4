"""Claims of the solver about random small problems, ready to be audited."""

from __future__ import annotations

from random import Random

from npudsl.api.certificates import part_of
from npudsl.audit import Claim, Stated
from npudsl.audit.parts import Part, read_part
from npudsl.solver import Options, solve
from npudsl.solver.classes import classes
from npudsl.solver.limits import check_orders
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer
from npudsl.text.diagnostics import SpecError

from ..solver.compare import PROBLEMS, UNEVEN_PROBLEMS
from ..strategies import random_problem
from ..timing.decorate import timed_arch


def problem(seed: int, space: str) -> tuple[Arch, Layer]:
    """Every other machine has bandwidths, ports, double buffers and leakage."""
    arch, layer = random_problem(seed, UNEVEN_PROBLEMS if space == "uneven" else PROBLEMS)
    random = Random(seed)
    if seed % 2:
        arch = timed_arch(arch, random, random.choice(("single", "double", "mixed")))
    return arch, layer


def parts_of(arch: Arch, layer: Layer, objective: str, space: str) -> tuple[Part, ...]:
    """The classes that the search goes through, by way of their text."""
    found = (part_of(arch, template) for template in classes(arch, layer, space, objective))
    return tuple(dict.fromkeys(read_part(part.text, arch, layer) for part in found))


def claimed(arch: Arch, layer: Layer, objective: str, space: str) -> Stated | None:
    """What the solver claims; None if nothing fits, or if its nodes have more orders than a certificate lists."""
    if space == "uneven":
        try:
            check_orders(arch, layer, listed=True)
        except SpecError:
            return None
    answer = solve(arch, "net", [layer], Options(objective, space)).layers[0]
    if answer.mapping is None or answer.certificate is None:
        return None
    proof = answer.certificate
    claim = Claim(layer.name, layer.bounds, "", proof.value, proof.lower_bound, 0)
    return Stated(arch, layer, claim, answer.mapping, parts_of(arch, layer, objective, space))
