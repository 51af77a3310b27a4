"""How the instances along spatial loops enter a count: one word for all, or one for each."""

from __future__ import annotations

from collections.abc import Iterator

from ..formulas import Origin
from .scene import Scene


def instances_sentences(scene: Scene, origin: Origin, indices: list[int], cause: str, action: str) -> Iterator[str]:
    """Sentences on the spatial loops among `indices` (loops above the edge's inner end)."""
    joined = [i for i in indices if origin.kinds[i] == "join"]
    apart = [i for i in indices if origin.kinds[i] == "sum"]
    outside = [i for i in apart if i < origin.edge.parent_position]
    between = [i for i in apart if i >= origin.edge.parent_position]
    if joined and not origin.distinct:
        yield f"{scene.named(joined)}: {_once(scene, origin, joined, cause)}"
    if between:
        yield f"{scene.named(between)}: {_each(scene, origin, scene.size(between), cause, action)}"
    if outside:
        yield f"{scene.named(outside)}: for each of the {scene.size(outside):,} instances of {origin.edge.parent}"


def _once(scene: Scene, origin: Origin, joined: list[int], cause: str) -> str:
    """Instances that are united."""
    edge = origin.edge
    if cause in ("restore", "fresh"):
        return f"what comes back goes to one of the {scene.size(joined):,} instances per word"
    if set(joined) <= edge.combining:
        how = scene.shared_by(edge.tensor, joined)
        return f"a word of several of the {scene.size(joined):,} instances counts once ({how})"
    return f"a word of several of the {scene.size(joined):,} instances counts once"


def _each(scene: Scene, origin: Origin, count: int, cause: str, action: str) -> str:
    """Instances that are counted one by one."""
    edge = origin.edge
    if cause in ("operand", "result", "addend"):
        return f"each of the {count:,} units {'adds to' if edge.tensor.is_output else 'reads'} its own"
    if edge.tensor.is_output:
        verb = "starts its own" if cause == "fresh" else "sends its own"
        return f"each of the {count:,} instances {verb}"
    if action == "read":
        return f"a read for each of the {count:,} instances (no multicast)"
    return f"each of the {count:,} instances receives its own"
