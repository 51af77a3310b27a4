"""What each group of dims contributes to a product, and why."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import sympy

from .. import symbolic as fn
from ..coordinate import linearised
from ..formulas import Group, Origin, Product
from ..functions import exact_cases
from .elementary import elementary
from .names import index_text
from .quantities import Window, plain, take_apart
from .scene import Scene
from .shares import instances_sentences
from .terms import Factor, Piece


def factors_of(scene: Scene, product: Product, tensor_name: str, cause: str, action: str) -> tuple[Factor, ...]:
    """One factor per group; `cause` and `action` of the booking decide how instances are spoken of."""
    tensor = scene.layer.op.tensor(tensor_name)
    found = []
    for group, written in product.factors:
        expression = fn.symbolic(written)
        if product.origin is None:
            found.append(_whole(scene, tensor_name, group, expression))
        elif set(group).isdisjoint(tensor.dims):
            found.append(_repetition(scene, product.origin, group, expression, cause, action))
        elif len(group) == 1:
            found.append(_partition(scene, group, expression))
        elif isinstance(expression, fn.CoordinateSum):
            found.append(_clipped_window(scene, product.origin, group, expression))
        else:
            found.append(_window(scene, product.origin, group, expression, cause, action))
    return tuple(found)


def _whole(scene: Scene, tensor_name: str, group: Group, expression: sympy.Expr) -> Factor:
    """Of a whole tensor, whose extents are the bounds."""
    bounds = [scene.bounds[d] for d in group]
    value = scene.numbers(expression)
    if len(group) == 1:
        return Factor("whole", group, None, expression, sympy.Mul(*bounds), value, (), silent=value == 1)
    tensor = scene.layer.op.tensor(tensor_name)
    coefficients = linearised(tensor, group, scene.layer.bound)
    call = fn.Footprint(sympy.Tuple(*coefficients), sympy.Tuple(*bounds))
    form = elementary(call)
    sentence = f"all different values of {index_text(tensor, group)}"
    return Factor("whole", group, _symbol("W", group), expression, form, value, (sentence,))


def _partition(scene: Scene, group: Group, expression: sympy.Expr) -> Factor:
    value = scene.numbers(expression)
    sentence = f"tiles along {group[0]} never overlap"
    return Factor("tiles", group, None, expression, expression, value, (sentence,), silent=value == 1)


# ---- dims that do not index the tensor ----------------------------------------------------------


def _repetition(scene: Scene, origin: Origin, group: Group, expression: sympy.Expr, cause: str, action: str) -> Factor:
    (dim,), value = group, scene.numbers(expression)
    above = scene.loops_of(dim, origin.edge.position)
    form = elementary(expression) if isinstance(expression, fn.Positions) else expression
    sentences = list(_coming_again(scene, origin, dim, above))
    sentences += instances_sentences(scene, origin, above, cause, action)
    if value != prod(scene.loops[i].factor for i in above if origin.kinds[i] in ("walk", "sweep", "sum")):
        sentences.append(
            f"factors of {dim} cover more than its bound {scene.layer.bound[dim]:,}: {value:,} have points"
        )
    symbol = None if plain(form) else _symbol("T", group)
    return Factor("times", group, symbol, expression, form, value, tuple(sentences), silent=not sentences)


def _coming_again(scene: Scene, origin: Origin, dim: str, above: list[int]) -> Iterator[str]:
    """What the temporal loops over a dim that does not index the tensor do."""
    edge = origin.edge
    if origin.distinct:
        return
    walked = [i for i in above if origin.kinds[i] == "walk"]
    still = [i for i in above if origin.kinds[i] == "zero"]
    sweep = scene.sweeping(edge)
    if walked and edge.child is None:
        yield f"{scene.named(walked)}: {dim} does not index {edge.tensor.name}, each operation uses the word again"
    elif walked:
        back = "leave and come back" if edge.tensor.is_output else "come again"
        yield f"{scene.named(walked)} outside {sweep}: the tiles {back} in each iteration"
    if still:
        where = f" inside {sweep}: the tile stays" if sweep else ": nothing moves the tile, it stays"
        yield f"{scene.named(still)}{where}, no traffic"


# ---- windows ------------------------------------------------------------------------------------


def _window(scene: Scene, origin: Origin, group: Group, expression: sympy.Expr, cause: str, action: str) -> Factor:
    window = Window(scene, origin, group)
    form, quantities, sentences = take_apart(window, expression)
    sentences += _sweeping(window)
    sentences += _starting_over(window)
    sentences += instances_sentences(scene, origin, window.of_kind("join", "sum"), cause, action)
    symbol = _symbol("W", group) if quantities else None
    value = scene.numbers(expression)
    return Factor(
        "window", group, symbol, expression, form, value, tuple(sentences), tuple(quantities), silent=value == 1
    )


def _sweeping(window: Window) -> Iterator[str]:
    """What the sweeping loop of the group brings."""
    if window.sweep is None:
        return
    loop, name = window.scene.loops[window.sweep], window.scene.symbols[window.sweep].name
    if not window.origin.kept:
        yield f"{name}: {loop.factor:,} tiles, each of them whole (tiles of an output move whole)"
    elif window.kept == 0:
        yield f"{name}: nothing stays from one tile to the next, so {loop.factor:,} whole tiles"
    else:
        yield f"{name}: the first tile is whole, {loop.factor - 1:,} moves after it bring only what is new"


def _starting_over(window: Window) -> Iterator[str]:
    """The outer temporal loops of the group."""
    scene, edge = window.scene, window.edge
    outer = window.of_kind("walk")
    if not outer:
        return
    if edge.child is None:
        yield f"{scene.named(outer)}: a word for each operation"
    elif edge.tensor.is_output:
        yield f"{scene.named(outer)}: another tile in each iteration"
    else:
        yield f"{scene.named(outer)} outside {scene.sweeping(edge)}: each iteration starts with a whole tile"


def _clipped_window(scene: Scene, origin: Origin, group: Group, expression: sympy.Expr) -> Factor:
    """Tiles are not alike: added up case by case."""
    arguments = [scene.numbers(a) for a in expression.args]
    pieces = [Piece(case.times, case.left, case.advancing, case.words) for case in exact_cases(*arguments)]
    pieces.sort(key=lambda p: (-p.times * p.words, p.extents, p.moved))
    clipped = [d for d in group if scene.nest.extent(d, 0) != scene.layer.bound[d]]
    sentence = (
        f"factors of {' and '.join(clipped)} do not multiply to the bound: the last tiles are cut there, "
        f"and values of {index_text(origin.edge.tensor, group)} are added up over tiles that are alike"
    )
    value, symbol = scene.numbers(expression), _symbol("W", group)
    return Factor("window", group, symbol, expression, expression, value, (sentence,), pieces=tuple(pieces))


def _symbol(letter: str, group: Group) -> sympy.Symbol:
    return sympy.Symbol(f"{letter}_{''.join(group)}", integer=True, nonnegative=True)
