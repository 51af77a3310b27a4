"""Complete mappings of a file, with the layer and the machine they are for."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..mapping.dataflow import Dataflow, Requirement
from ..mapping.evaluation import Evaluation
from ..mapping.nest import Mapping
from ..mapping.resolve import resolve_mapping
from ..mapping.resolve_dataflow import read_dataflow
from ..mapping.violations import broken_requirements, violations
from ..spec.arch import Arch
from ..spec.op import Layer
from ..spec.program import Program
from ..syntax import tree
from ..text.diagnostics import Diagnostic
from .dataflows import dataflows_for, find_dataflow
from .explained import Explained, Explanation
from .names import choose_settings
from .target import find_target, layer_of

if TYPE_CHECKING:
    from ..verify import Timed


@dataclass(frozen=True)
class Mapped:
    """A mapping block, resolved. `npudsl.verify` executes it and compares.

    `requirements`: what it requires of its cost; `dataflow`: what else it is held against.
    """

    arch: Arch
    layer: Layer
    mapping: Mapping
    requirements: tuple[Requirement, ...] = ()
    dataflow: Dataflow | None = None

    def evaluate(self) -> Evaluation:
        """Counts and cost by closed forms."""
        from ..model.evaluate import evaluate

        return evaluate(self.arch, self.layer, self.mapping)

    def broken(self, evaluation: Evaluation) -> tuple[Diagnostic, ...]:
        """Requirements that are not met (E532), and rules of the dataflow that the mapping breaks (E530, E531)."""
        own = broken_requirements(self.requirements, self.arch, self.layer, self.mapping, evaluation)
        if self.dataflow is None:
            return tuple(own)
        return (*own, *violations(self.dataflow, self.arch, self.layer, self.mapping, evaluation))

    def timed(self) -> Timed:
        """An execution in time (docs/latency.md): `.cycles`, `.onload`, `.stalls` by resource, `.busy`, `.waits`.

        Raises `SpecError` if that would take too long (E653) or too much memory (E652).
        """
        from ..verify import run_timed

        return run_timed(self.arch, self.layer, self.mapping)

    def explain(self, memory: str, tensor: str, action: str) -> Explanation:
        """The closed form of one counter and its derivation; see `LayerResult.explain`."""
        return Explained(self.arch, self.layer, self.mapping).counter(memory, tensor, action)


def find_mapping(
    program: Program, name: str | None, settings: MappingOf[str, object], *, using: str | None = None
) -> Mapped:
    """The mapping called `name` (None: the only one) with what it is for. Settings go to the machine and the network,
    where they win over the arguments in the text. `using`: a dataflow to hold it against (`dataflows.py`).

    Raises `SpecError`: E517 if it does not say what it is for, E201 for a layer that its network does not have, and all
    that is wrong in the mapping, the machine and the network.
    """
    found = program.find(tree.MappingDecl, name)
    decl = found.decl
    assert isinstance(decl, tree.MappingDecl)
    target = find_target(decl, found.scope)
    for_machine, for_network = choose_settings(settings, [target.machine, target.network])
    arch, network = target.arch(for_machine), target.net(for_network)
    layer = layer_of(network, target.layer)
    mapping = resolve_mapping(decl, arch, layer, target.scope, network.spans.get(layer.name))
    requirements = read_dataflow(decl, arch, layer, target.scope).requirements
    flows: tuple[tuple[str, Dataflow], ...] = ()
    if using is not None:
        flows = dataflows_for(find_dataflow(using, [program]), arch, network, [layer.name])
    return Mapped(arch, layer, mapping, requirements, dict(flows).get(layer.name))
