"""Checks on a whole machine that no single part can make: paths of tensors, shares, the outermost memory. E4xx."""

from __future__ import annotations

from collections.abc import Iterator

from ..text.diagnostics import Diagnostic, Label
from .arch import Arch, Array, Level, Memory
from .roles import STANDARD_ROLES
from .units import DATA
from .values import Quantity


def check_arch(arch: Arch) -> tuple[Diagnostic, ...]:
    """Every mistake in the structure of a machine whose parts are right."""
    if not arch.nodes or not isinstance(arch.nodes[0], Level):
        first = arch.nodes[0] if arch.nodes else arch.compute
        return (
            Diagnostic(
                "E402",
                f"`{arch.name}` has no memory outside `{first.name}`",
                _label(first, "where do its tensors come from?"),
                help="the first part of an architecture is the memory that holds whole tensors",
            ),
        )
    return (
        *_outermost(arch, arch.nodes[0]),
        *(d for level in arch.levels for d in _level(level)),
        *(d for memory in arch.memories for d in _memory(memory)),
        *_innermost(arch),
    )


def roles_of(arch: Arch) -> tuple[str, ...]:
    """The roles a machine deals with: the three, and every other that a memory holds."""
    held = (h.role for m in arch.memories for h in m.holds)
    return tuple(dict.fromkeys((*STANDARD_ROLES, *held)))


def _label(node: Level | Array | Memory | object, text: str) -> Label | None:
    span = getattr(node, "span", None)
    return Label(span, text) if span else None


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _outermost(arch: Arch, level: Level) -> Iterator[Diagnostic]:
    """The outermost memory holds whole tensors: one memory, unlimited, every role, none optional or with a share."""
    if len(level.memories) > 1:
        yield Diagnostic(
            "E402",
            f"the outermost level `{level.name}` has {len(level.memories)} memories",
            _label(level, "one memory holds every whole tensor"),
        )
        return
    for memory in level.memories:
        if memory.size is not None:
            yield Diagnostic(
                "E402",
                f"the outermost memory `{memory.name}` is not unlimited",
                Label(memory.size_span, f"this is {Quantity(memory.size, DATA)}") if memory.size_span else None,
                tuple(filter(None, [_label(memory, "holds whole tensors")])),
                help="write `size = inf`: what lies outside the machine holds every tensor of every layer",
            )
        missing = tuple(r for r in roles_of(arch) if memory.hold(r) is None)
        if missing:
            yield Diagnostic(
                "E402",
                f"the outermost memory `{memory.name}` does not hold {' and '.join(f'`{r}`' for r in missing)}",
                _label(memory, f"holds {_listed(tuple(h.role for h in memory.holds)) or 'nothing'}"),
                help=f"write `holds = [{_listed(roles_of(arch))}]`",
            )
        for hold in memory.holds:
            if hold.optional or hold.cap is not None:
                yield Diagnostic(
                    "E402",
                    f"the outermost memory `{memory.name}` holds `{hold.role}` always and entirely",
                    Label(hold.span, "neither optional nor limited here") if hold.span else None,
                    help=f"write `{hold.role}`",
                )


def _level(level: Level) -> Iterator[Diagnostic]:
    """Within one level a role has one place."""
    for memory, other in ((a, b) for i, a in enumerate(level.memories) for b in level.memories[i + 1 :]):
        for hold in other.holds:
            earlier = memory.hold(hold.role)
            if earlier and hold.span:
                yield Diagnostic(
                    "E409",
                    f"`{memory.name}` and `{other.name}` of level `{level.name}` both hold `{hold.role}`",
                    Label(hold.span, "held again"),
                    (Label(earlier.span, "held here"),) if earlier.span else (),
                    help="give it to one memory of the level, or take the memories out of the level",
                )


def _memory(memory: Memory) -> Iterator[Diagnostic]:
    if not memory.holds:
        yield Diagnostic("E405", f"memory `{memory.name}` holds nothing", _label(memory, "no tensor stays here"))
    for hold in memory.holds:
        if hold.cap is not None and memory.size is not None and hold.cap > memory.size and hold.span:
            size, cap = Quantity(memory.size, DATA), Quantity(hold.cap, DATA)
            yield Diagnostic(
                "E406",
                f"the share of `{hold.role}` is larger than `{memory.name}`",
                Label(hold.span, f"at most {cap}"),
                (Label(memory.size_span, f"of {size} in all"),) if memory.size_span else (),
            )
    for role in sorted(memory.double | memory.fifo | {r for r, _ in memory.widths}):
        if memory.hold(role) is None:
            yield Diagnostic(
                "E408",
                f"`{memory.name}` speaks of `{role}`, but does not hold it",
                _label(memory, f"holds {_listed(tuple(h.role for h in memory.holds))}"),
                help=f"add `{role}` to its `holds`, or take it out of `double`, `fifo` and `precision`",
            )


def _innermost(arch: Arch) -> Iterator[Diagnostic]:
    """A `level` block next to the compute is split by role, so it must leave none out.

    A memory without a `level` may: what it does not hold bypasses it.
    """
    level = arch.levels[-1]
    if level.memories and tuple(m.name for m in level.memories) == (level.name,):
        return
    held = {h.role for m in level.memories for h in m.holds}
    needed = roles_of(arch)
    for role in (r for r in needed if r not in held):
        above = "; ".join(
            f"{m.name} (may be bypassed)" if (h := m.hold(role)) and h.optional else m.name for m in arch.path(role)
        )
        compute = _label(arch.compute, f"needs {_listed(needed)}")
        yield Diagnostic(
            "E401",
            f"`{role}` never reaches `{arch.compute.name}`: no memory of level `{level.name}` holds it",
            _label(level, f"holds {_listed(tuple(r for r in needed if r in held))}"),
            (compute,) if compute else (),
            help=f"add a memory with `holds = [{role}]` to `{level.name}`, or add `{role}` to a `holds` there",
            listing=(f"`{role}` is held by {above}",) if above else (),
        )
