"""The claims of a certificate about its layers, from its texts: what the layer is, and what its mapping costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..mapping.legality import check_mapping
from ..mapping.nest import Mapping
from ..mapping.resolve import resolve_mapping
from ..spec.arch import Arch
from ..spec.op import Layer
from ..spec.program import Program
from ..syntax import parse, tree
from ..text.diagnostics import SpecError
from ..text.source import Source as Text
from .document import Certificate, Claim, Source
from .parts import Part, read_part
from .refused import Refused
from .skeletons import taken_apart
from .texts import opened
from .values import TOLERANCE, exact, value

#: Largest bound that is split into factors.
MOST = 10**9


@dataclass(frozen=True)
class Stated:
    """A claim put into terms: the layer on its machine, the nest and the classes."""

    arch: Arch
    layer: Layer
    claim: Claim
    mapping: Mapping
    parts: tuple[Part, ...]


def elaborate(certificate: Certificate) -> tuple[Arch, tuple[Layer, ...]]:
    """Machine and layers, from the texts of the certificate alone. Raises `Refused`."""
    try:
        with opened(certificate.programs[certificate.machine.program]) as program:
            arch = _named(program, certificate.machine, True)
        with opened(certificate.programs[certificate.network.program]) as program:
            layers = _named(program, certificate.network, False)
    except SpecError as error:
        raise Refused(f"its texts are wrong: {error.diagnostics[0].message}") from None
    assert isinstance(arch, Arch) and isinstance(layers, tuple)
    return arch, layers


def _named(program: Program, source: Source, machine: bool) -> Arch | tuple[Layer, ...]:
    settings = dict(source.settings)
    if machine:
        return program.arch(source.name, settings)
    return program.network(source.name, settings).layers


def state(certificate: Certificate, only: Sequence[str] | None = None) -> tuple[Stated, ...]:
    """The claims about all layers or some. Raises `Refused` for a layer, a mapping or a class that is none."""
    arch, layers = elaborate(certificate)
    known = {layer.name: layer for layer in layers}
    lists: dict[tuple[int, object], tuple[Part, ...]] = {}
    found = []
    for claim in certificate.layers:
        if only is not None and claim.layer not in only:
            continue
        if claim.layer not in known:
            raise Refused("the network has no such layer", claim.layer)
        layer = known[claim.layer]
        if layer.bounds != claim.bounds:
            raise Refused("its bounds are not those of the network", claim.layer)
        if any(bound > MOST for _, bound in layer.bounds):
            raise Refused(f"a bound above {MOST:,} is too large to audit", claim.layer)
        key = (claim.classes, layer.op)
        if key not in lists:
            lists[key] = tuple(dict.fromkeys(read_part(t, arch, layer) for t in certificate.classes[claim.classes]))
        mapping = _mapping(certificate, claim, arch, layer)
        found.append(Stated(arch, layer, claim, mapping, lists[key]))
    return tuple(found)


def _mapping(certificate: Certificate, claim: Claim, arch: Arch, layer: Layer) -> Mapping:
    """The nest of a claim, legal and in the space."""
    file, mistakes = parse(Text(f"mapping of {layer.name}", claim.mapping))
    decls = [d for d in file.declarations if isinstance(d, tree.MappingDecl)]
    if mistakes or len(decls) != 1:
        raise Refused("its mapping is not one mapping block", claim.layer)
    try:
        mapping = resolve_mapping(decls[0], arch, layer)
    except SpecError as error:
        raise Refused(f"its mapping is not legal: {error.diagnostics[0].message}", claim.layer) from None
    if check_mapping(arch, layer, mapping):
        raise Refused("its mapping is not legal", claim.layer)
    if any(mapping.extent(d, 0) != bound for d, bound in layer.bounds):
        raise Refused("its mapping has imperfect factors", claim.layer)
    if taken_apart(arch, mapping, certificate.space) is None:
        raise Refused(f"its mapping is not {certificate.space}", claim.layer)
    return mapping


def check_value(objective: str, stated: Stated) -> None:
    """The mapping costs what is claimed, and the bound is not above it. Raises `Refused`."""
    claim = stated.claim
    energy, cycles = exact(stated.arch, stated.layer, stated.mapping)
    costs = value(objective, energy, cycles)
    if abs(costs - claim.value) > TOLERANCE * abs(costs):
        unit = {"energy": "pJ", "latency": "cycles", "edp": "pJ * cycles"}[objective]
        raise Refused(f"its mapping costs {costs!r} {unit}, not {claim.value!r} as claimed", claim.layer)
    if claim.lower_bound > costs * (1 + TOLERANCE):
        raise Refused("its lower bound is above what its mapping costs", claim.layer)
