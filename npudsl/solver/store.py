"""Answers that are remembered: found by content, and believed only as far as they can be checked.

Only proven answers are kept. One that is found must be whole (a checksum), be a legal mapping that obeys its dataflow,
and cost by the closed forms what its certificate says; anything else is as if it were not there. The lower bound itself
is not proven again: whoever can write into the folder and knows this program can forge one, as he could replace it.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from ..mapping.evaluation import Evaluation
from ..mapping.legality import check_mapping
from ..mapping.nest import Mapping
from ..mapping.violations import violations
from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.diagnostics import SpecError
from .solution import Certificate, LayerSolution, Options
from .store_entry import DamagedError, decode, encode
from .store_folder import Folder
from .store_key import key_of


@dataclass(frozen=True)
class Store:
    """Answers in a folder. Nothing here ever fails: what cannot be read is not there, what cannot be written is not
    kept."""

    folder: Folder

    def has(self, arch: Arch, layer: Layer, options: Options) -> bool:
        """Whether an answer seems to be there; `get` may still refuse it."""
        key = key_of(arch, layer, options)
        return key is not None and self.folder.has(key)

    def get(self, arch: Arch, layer: Layer, options: Options) -> LayerSolution | None:
        """The answer to this question, checked."""
        started = perf_counter()
        key = key_of(arch, layer, options)
        text = None if key is None else self.folder.read(key)
        if key is None or text is None:
            return None
        try:
            mapping, certificate = decode(text, key)
        except DamagedError:
            return None
        evaluation = _checked(arch, layer, options, mapping, certificate)
        if evaluation is None:
            return None
        return LayerSolution(layer, mapping, evaluation, certificate, perf_counter() - started, cached=True)

    def put(self, arch: Arch, options: Options, solution: LayerSolution) -> bool:
        """Keeps an answer if it is proven; whether it is kept now."""
        certificate, mapping = solution.certificate, solution.mapping
        if mapping is None or certificate is None or not certificate.proven or solution.cached:
            return False
        key = key_of(arch, solution.layer, options)
        return key is not None and self.folder.write(key, encode(key, mapping, certificate))

    def tidy(self) -> None:
        """Keeps the folder within its limit, if this run added to it."""
        if self.folder.grown:
            self.folder.grown = False
            self.folder.prune()


def _checked(
    arch: Arch, layer: Layer, options: Options, mapping: Mapping, certificate: Certificate
) -> Evaluation | None:
    """What the mapping costs, if it is legal, obeys its dataflow, and costs what the certificate says."""
    from ..model.evaluate import evaluate  # imports numpy, and mostly there is nothing to check
    from .latency import objective_value, reported_value

    if certificate.objective != options.objective or check_mapping(arch, layer, mapping):
        return None
    try:
        evaluation = evaluate(arch, layer, mapping)
        objective = certificate.objective
        told = {reported_value(objective, evaluation), objective_value(objective, arch, layer, mapping, evaluation)}
        same = certificate.proven and certificate.value in told and certificate.lower_bound <= certificate.value
        rules = dict(options.dataflows).get(layer.name)
        if rules is not None and violations(rules, arch, layer, mapping, evaluation, even=options.space == "even"):
            return None
    except (SpecError, TypeError, ArithmeticError):  # a certificate of something else than numbers
        return None
    return evaluation if same else None
