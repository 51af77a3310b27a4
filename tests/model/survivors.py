"""Mutants of `npudsl/model` that no test can notice, each with the reason why."""

from __future__ import annotations

#: (module, function, code, edit) -> why the edit changes nothing
EXPLAINED: dict[tuple[str, str, str, str], str] = {
    (
        "coordinate",
        "overlap",
        "return (box & (box << (coefficients[axis] * shift))).bit_count()",
        "box << coefficients[axis] * shift -> box >> coefficients[axis] * shift",
    ): "a box shares as many values with itself moved back as with itself moved on",
    (
        "coordinate",
        "fresh_union",
        "if all(factor == 1 for _, factor, _ in spread):",
        "1 -> 0",
    ): "a short cut past the literal set, which for one copy counts the same",
    (
        "coordinate",
        "_adjacent",
        "if factor == 1:",
        "1 -> 0",
    ): "a single copy then counts as standing apart, and its union is counted by the literal set",
    (
        "vectorised",
        "distinct_rows",
        "sizes = table.max(axis=0, initial=0) + 1",
        "1 -> 2",
    ): "any radix above the values tells rows apart",
    (
        "vectorised",
        "distinct_rows",
        "if (table < 0).any() or prod(int(s) for s in sizes) >= 1 << 62:",
        "(table < 0).any -> (table < 0).all",
    ): "no factor, extent or shift is negative",
    (
        "vectorised",
        "overlap",
        "if len(extents) == 1:",
        "1 -> 0",
    ): "a short cut past the evaluation row by row, which counts the same",
    (
        "vectorised",
        "union",
        "beside = beside & ((factor == 1) | (pitch == box[axis]))",
        "1 -> 0",
    ): "more rows are then evaluated one by one, which counts the same",
    (
        "vectorised",
        "fresh_union",
        "single = np.logical_and.reduce([factor == 1 for _, factor, _ in spread])",
        "1 -> 0",
    ): "more rows are then evaluated one by one, which counts the same",
    (
        "vectorised",
        "fresh_union",
        "return _completed(values, (kept == 0) | single, FRESH, (coefficients, extents, spread, axis, shift))",
        "(kept == 0) | single -> (kept == 0) & single",
    ): "more rows are then evaluated one by one, which counts the same",
    (
        "derivation/causes",
        "sentence_of",
        "taken = sign < 0",
        "sign < 0 -> sign <= 0",
    ): "no term of a count has the sign 0",
    (
        "derivation/causes",
        "sentence_of",
        "taken = sign < 0",
        "0 -> 1",
    ): "signs are whole numbers other than 0",
    (
        "derivation/quantities",
        "plain",
        "return all(f.is_Symbol or f.is_Integer for f in sympy.Mul.make_args(form))",
        "all -> any",
    ): "no elementary form is the product of a symbol and a function",
}
