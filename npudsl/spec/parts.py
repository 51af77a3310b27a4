"""Parts of a machine: resolved attributes to `Memory`, `Link` and `Compute`."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from .arch import Compute, Link, Memory, Ports
from .attributes import Context
from .instances import Setting, instantiate, part_label
from .rates import Clock
from .scope import Scope
from .values import Quantity

_Settings = Mapping[str, Setting]


def build_memory(part: tree.Part, scope: Scope, context: Context, clock: Clock) -> Memory:
    """A memory: size in bit (None: `inf`), energies in pJ/bit, bandwidth in bit/cycle, leakage in pJ/cycle."""
    settings = instantiate(part, scope, context)
    return Memory(
        name=part.name.text,
        size=_number(settings, "size"),
        holds=_other(settings, "holds", ()),
        read_energy=_number(settings, "read") or Fraction(0),
        write_energy=_number(settings, "write") or Fraction(0),
        bandwidth=clock.per_cycle("bandwidth", settings.get("bandwidth")),
        ports=_other(settings, "ports", Ports()),
        double=_other(settings, "double", frozenset()),
        fifo=_other(settings, "fifo", frozenset()),
        widths=_other(settings, "precision", ()),
        leakage=clock.per_cycle("leakage", settings.get("leakage")) or Fraction(0),
        area=_number(settings, "area"),
        span=part_label(part).span,
        size_span=settings["size"].span,
    )


def build_link(part: tree.Part, scope: Scope, context: Context, clock: Clock) -> Link:
    """A link of an array: hop energy in pJ/bit, bandwidth in bit/cycle."""
    settings = instantiate(part, scope, context)
    _check_topology(part, settings)
    return Link(
        name=part.name.text,
        multicast=_other(settings, "multicast", frozenset()),
        reduce=_other(settings, "reduce", frozenset()),
        unicast=_other(settings, "unicast", frozenset()),
        along=_other(settings, "along", ()),
        neighbour=_other(settings, "topology", "bus") == "neighbour",
        hop_energy=_number(settings, "hop") or Fraction(0),
        bandwidth=clock.per_cycle("bandwidth", settings.get("bandwidth")),
        area=_number(settings, "area"),
        span=part_label(part).span,
    )


def _check_topology(part: tree.Part, settings: _Settings) -> None:
    """E410: neighbours hand a word on to every instance between, so no word goes to one instance alone."""
    topology, unicast = settings.get("topology"), settings.get("unicast")
    if topology is None or topology.value != "neighbour" or unicast is None or not unicast.value:
        return
    reached = Label(topology.span, "words are handed on from instance to instance")
    raise SpecError(
        Diagnostic(
            "E410",
            f"`{part.name.text}` goes from neighbour to neighbour, so it cannot carry a word to one instance alone",
            Label(unicast.span, "not on this link"),
            (reached,),
            help="name what is shared in `multicast` and what is added in `reduce`, or give the array a `bus` for it",
        )
    )


def build_compute(part: tree.Part, scope: Scope, context: Context, clock: Clock) -> Compute:
    """The compute unit: energy in pJ/op, rate in op/cycle, leakage in pJ/cycle."""
    settings = instantiate(part, scope, context)
    return Compute(
        name=part.name.text,
        op_energy=_number(settings, "op_energy") or Fraction(0),
        rate=clock.per_cycle("rate", settings.get("rate")) or Fraction(1),
        precision=_other(settings, "precision", ()),
        leakage=clock.per_cycle("leakage", settings.get("leakage")) or Fraction(0),
        area=_number(settings, "area"),
        span=part_label(part).span,
    )


def _number(settings: _Settings, name: str) -> Fraction | None:
    """A quantity in base units; None for `inf` or an attribute without a value."""
    setting = settings.get(name)
    return setting.value.value if setting and isinstance(setting.value, Quantity) else None


def _other(settings: _Settings, name: str, default: Any) -> Any:
    """The value of an attribute that is not a quantity; its reader (`attributes.py`) decides the type."""
    setting = settings.get(name)
    return setting.value if setting else default
