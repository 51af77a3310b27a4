"""Certificates of what `solve` found: the claims about every layer with all that an audit needs to check them."""

from __future__ import annotations

from dataclasses import fields

from .. import __version__
from ..audit.claims import elaborate
from ..audit.document import Certificate, Claim, Source, to_json
from ..audit.parts import Part
from ..audit.refused import Refused
from ..audit.texts import files_of
from ..mapping.nest import Loop, Node
from ..solver.classes import classes
from ..solver.templates import Template
from ..spec.arch import Arch
from ..spec.op import Layer
from ..spec.program import Program
from .results import Best

#: The options of a search that an audit knows what to make of.
UNDERSTOOD = ("objective", "space", "factors", "time_limit", "jobs", "dataflows")


def certified(best: Best, machine: Program, network: Program) -> str:
    """The certificate of some answers as JSON text; `machine` and `network` are the files that they are for.

    Raises `Refused` for a mapspace that cannot be audited, and if the texts of the files do not stand alone.
    """
    answers, options = best.answers, best.answers.options
    check_auditable(options.factors, "dataflow" if options.dataflows else None)
    for name in (f.name for f in fields(options) if f.name not in UNDERSTOOD and getattr(options, f.name) != f.default):
        raise Refused(f"answers with `{name}` cannot be certified yet")
    programs = [machine] if machine is network else [machine, network]
    lists: dict[tuple[str, ...], int] = {}
    claims = []
    for answer in answers.solved:
        layer, proof = answer.layer, answer.certificate
        found = classes(answers.arch, layer, options.space, options.objective)
        texts = tuple(dict.fromkeys(part_of(answers.arch, template).text for template in found))
        number = lists.setdefault(texts, len(lists))
        text = best[layer.name].mapping.text()
        claims.append(Claim(layer.name, layer.bounds, text, proof.value, proof.lower_bound, number))
    certificate = Certificate(
        __version__,
        tuple(files_of(p) for p in programs),
        Source(0, answers.arch.name, answers.arch.arguments),
        Source(len(programs) - 1, answers.net, answers.net_arguments),
        options.objective,
        options.space,
        tuple(lists),
        tuple(claims),
        tuple(a.layer.name for a in answers.failed) + tuple(layer.name for layer in answers.missing),
    )
    _check_alone(certificate, best, tuple(answer.layer for answer in answers.solved))
    return to_json(certificate)


def part_of(arch: Arch, template: Template) -> Part:
    """A template as a class: what stands inside its core in one order."""
    items = template.nest.items
    if template.last:
        return Part(items, template.frame, 0, True)
    end = max(k for k, item in enumerate(items) if isinstance(item, Loop)) + 1
    deeper = sorted((n for n in items[end:] if isinstance(n, Node)), key=lambda n: (arch.depth[n.memory], n.tensor))
    core = sum(place == ("core",) for place in template.places)
    return Part((*items[:end], *deeper), template.frame, core, False)


def _check_alone(certificate: Certificate, best: Best, layers: tuple[Layer, ...]) -> None:
    """What is read from the certificate is what was solved."""
    arch, found = elaborate(certificate)
    if arch != best.answers.arch or not set(layers) <= set(found):
        raise Refused("the files mean something else when they are read from a certificate")


def check_auditable(factors: str, using: str | None) -> None:
    """Raises `Refused` for a mapspace that an audit could not re-check."""
    if factors != "perfect":
        raise Refused("answers with imperfect factors cannot be certified yet")
    if using is not None:
        raise Refused("answers under a dataflow cannot be certified yet")
