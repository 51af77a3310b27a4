"""What each loop does to the tile that a node holds: the stationarity of the nest, in sentences."""

from __future__ import annotations

from ..coordinate import linearised, overlap
from ..edges import Edge
from .scene import Scene
from .terms import LoopRole


def roles(scene: Scene, edge: Edge) -> tuple[LoopRole, ...]:
    """One per loop of the nest, outermost first, for the tile of the edge's inner node."""
    return tuple(_role(scene, edge, i) for i in range(len(scene.loops)))


def _role(scene: Scene, edge: Edge, index: int) -> LoopRole:
    loop = scene.loops[index]
    if index >= edge.position:
        role, sentence = _inside(scene, edge, index)
    elif loop.spatial:
        role, sentence = _spatial(scene, edge, index)
    else:
        role, sentence = _temporal(scene, edge, index)
    return LoopRole(scene.symbols[index], loop.dim, loop.factor, scene.places[index], role, sentence)


def _inside(scene: Scene, edge: Edge, index: int) -> tuple[str, str]:
    dim, tensor = scene.loops[index].dim, edge.tensor
    if dim in tensor.dims:
        return "inside", f"inside {edge.child}: part of its tile"
    return "inside", f"inside {edge.child}: uses the tile again ({dim} does not index {tensor.name})"


def _temporal(scene: Scene, edge: Edge, index: int) -> tuple[str, str]:
    dim, tensor, sweep = scene.loops[index].dim, edge.tensor, scene.sweeping(edge)
    kind = edge.kinds(frozenset())[index]
    if kind == "sweep":
        what = "the window slides" if _slides(scene, edge, index) else "another tile each time"
        return "sweep", f"the innermost loop whose dim indexes {tensor.name}: {what}"
    if dim in tensor.dims:
        return "next", f"another tile each time, and {sweep} starts over"
    if kind == "walk":
        back = "leave and come back" if tensor.is_output else "come again"
        return "again", f"{dim} does not index {tensor.name}, but {sweep} is inside: the same tiles {back} each time"
    if sweep is None:
        return "stay", f"{dim} does not index {tensor.name} and nothing moves the tile: it stays (stationary)"
    work = "sums grow in place" if tensor.is_output else "the tile stays"
    return "stay", f"{dim} does not index {tensor.name} and is inside {sweep}: {work} (stationary)"


def _slides(scene: Scene, edge: Edge, index: int) -> bool:
    """Whether a tile keeps something of the one before."""
    dim = scene.loops[index].dim
    group = next(g for g in edge.tensor.groups if dim in g)
    if edge.tensor.is_output:
        return False
    extents = tuple(min(scene.layer.bound[d], scene.nest.extent(d, edge.position)) for d in group)
    shift = scene.nest.strides[index]
    return bool(overlap(linearised(edge.tensor, group, scene.layer.bound), extents, group.index(dim), shift))


def _spatial(scene: Scene, edge: Edge, index: int) -> tuple[str, str]:
    loop, tensor = scene.loops[index], edge.tensor
    if index < edge.parent_position:
        return "own", f"outside {edge.parent}: counted for each of its instances"
    if (loop.dim,) in tensor.groups:
        return "own", f"{loop.dim} indexes {tensor.name}: each instance has its own part of it"
    if index not in edge.combining:
        words = "each instance sends its own words" if tensor.is_output else "each instance is sent its own words"
        lack = "reduction" if tensor.is_output else "multicast"
        return "own", f"{words} (no {lack} of {tensor.name} along {scene.places[index]})"
    how = scene.shared_by(tensor, [index])
    if loop.dim in tensor.dims:
        return "share", f"a tile for each instance; words that several of them have are {how}"
    words = "partial sums of the same words" if tensor.is_output else "the same words in every instance"
    return "share", f"{loop.dim} does not index {tensor.name}: {words}, {how}"
