"""Words of a tile against a literal walk over its points."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npudsl.mapping import footprint
from npudsl.spec import elements
from npudsl.spec.op import Rank, Tensor, Term


def literal(tensor: Tensor, extents: dict[str, int]) -> int:
    points = product(*(range(extents[d]) for d in tensor.dims))
    return len(
        {
            tuple(sum(t.coefficient * at[t.dim] for t in r.terms) + r.constant for r in tensor.ranks)
            for at in (dict(zip(tensor.dims, p, strict=True)) for p in points)
        }
    )


@st.composite
def tensors(draw: st.DrawFn) -> tuple[Tensor, dict[str, int]]:
    dims = "abcd"[: draw(st.integers(1, 4))]
    ranks = draw(
        st.lists(
            st.lists(st.tuples(st.sampled_from(dims), st.integers(1, 5)), max_size=4, unique_by=lambda t: t[0]),
            min_size=1,
            max_size=4,
        )
    )
    tensor = Tensor("t", "input", tuple(Rank(tuple(Term(d, c) for d, c in rank)) for rank in ranks))
    return tensor, {d: draw(st.integers(0, 5)) for d in dims}


@given(tensors())
def test_words_equal_a_literal_walk(case: tuple[Tensor, dict[str, int]]) -> None:
    tensor, extents = case
    assert footprint.words(tensor, extents) == literal(tensor, extents)


def test_large_extents_are_counted_without_marking() -> None:
    window = Tensor("t", "input", (Rank((Term("p", 4), Term("r", 1))),))
    assert footprint.words(window, {"p": 10**9, "r": 11}) == 4 * (10**9 - 1) + 11
    triple = Tensor("t", "input", (Rank((Term("a", 10**6), Term("b", 1000), Term("c", 1))),))
    assert footprint.words(triple, {"a": 50, "b": 1000, "c": 1000}) == 50 * 10**6


def test_what_cannot_be_marked_is_refused() -> None:
    ragged = Tensor("t", "input", (Rank((Term("a", 7), Term("b", 11), Term("c", 13))),))
    with pytest.raises(elements.UncountableError):
        footprint.words(ragged, {"a": 10**8, "b": 10**8, "c": 10**8})
