"""Whether a layer fits a machine at all: the smallest tile is one word, so this is a question for each memory alone."""

from __future__ import annotations

from fractions import Fraction

from ..mapping.footprint import words
from ..spec.arch import Arch, Memory
from ..spec.op import Layer, Tensor
from ..text.diagnostics import Diagnostic, Label
from ..text.source import Span


def no_room(arch: Arch, layer: Layer) -> Diagnostic | None:
    """The first memory that cannot even hold one word of each tensor it must hold (the outermost: all of them)."""
    for tensor in layer.op.tensors:
        if not any(m.hold(tensor.role) for m in arch.levels[0].memories):
            return _not_stored(arch, layer, tensor)
    for memory in arch.memories:
        outermost = memory in arch.levels[0].memories
        need = [(t, _bits(arch, layer, memory, t, outermost)) for t in layer.op.tensors if _must(memory, t)]
        total = sum((bits for _, bits in need), Fraction(0))
        if memory.size is not None and total > memory.size:
            return _too_small(layer, f"`{memory.name}`", need, memory.size, outermost, memory.size_span or memory.span)
        for hold in memory.holds:
            share = [(t, bits) for t, bits in need if t.role == hold.role]
            if hold.cap is not None and sum((bits for _, bits in share), Fraction(0)) > hold.cap:
                name = f"the share of `{hold.role}` in `{memory.name}`"
                return _too_small(layer, name, share, hold.cap, outermost, hold.span or memory.span)
    return None


def _must(memory: Memory, tensor: Tensor) -> bool:
    hold = memory.hold(tensor.role)
    return hold is not None and not hold.optional


def _bits(arch: Arch, layer: Layer, memory: Memory, tensor: Tensor, whole: bool) -> Fraction:
    count = words(tensor, layer.bound) if whole else 1
    return count * arch.width(memory.name, tensor.role) * (2 if tensor.role in memory.double else 1)


def _too_small(
    layer: Layer, place: str, need: list[tuple[Tensor, Fraction]], size: Fraction, whole: bool, span: Span | None
) -> Diagnostic:
    need = sorted(need, key=lambda pair: pair[0].name)  # layers of which this is true alike say it once
    total = sum((bits for _, bits in need), Fraction(0))
    word = "one word of" if len(need) == 1 else "one word of each of"
    what = "all of" if whole else word
    who = f"no mapping of `{layer.name}` fits" if whole else "no mapping fits"  # else it is so for every layer
    names = [f"`{t.name}`" for t, _ in need]
    tensors = " and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), names[-1]])
    sum_text = " + ".join(_number(bits) for _, bits in need)
    return Diagnostic(
        "E601",
        f"{who}: {place} cannot hold {what} {tensors}",
        Label(span, f"{_number(size)} bit") if span else None,
        notes=(f"it needs {sum_text} = {_number(total)} bit" if len(need) > 1 else f"it needs {_number(total)} bit",),
        help=f"{place} needs at least {_number(total)} bit",
    )


def _number(bits: Fraction) -> str:
    return str(bits.numerator) if bits.denominator == 1 else f"{float(bits):g}"


def _not_stored(arch: Arch, layer: Layer, tensor: Tensor) -> Diagnostic:
    outermost = arch.levels[0]
    return Diagnostic(
        "E602",
        f"`{arch.name}` has no place for tensor `{tensor.name}` of `{layer.op.name}` (role `{tensor.role}`)",
        Label(outermost.span, "the outermost memory does not hold it") if outermost.span else None,
        help=f"add `{tensor.role}` to its `holds`, or give the tensor another role in the op",
    )
