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
        "sizes = table.max(axis=0, initial=0) + 1",
        "0 -> 1 (number 2)",
    ): "any radix above the values tells rows apart",
    (
        "vectorised",
        "distinct_rows",
        "sizes = table.max(axis=0, initial=0) + 1",
        "0 -> -1 (number 2)",
    ): "a table without rows has no codes, and the largest number of one with rows is not negative",
    (
        "vectorised",
        "distinct_rows",
        "if prod(int(s) for s in sizes) > CODES:",
        "prod((int(s) for s in sizes)) > CODES -> prod((int(s) for s in sizes)) >= CODES",
    ): "exactly so many codes fit, and rows that are compared as rows are told apart as well",
    (
        "vectorised",
        "distinct_rows",
        "code = code * size + column",
        "code * size + column -> code * size - column",
    ): "digits below the radix that are taken off tell numbers apart as well",
    (
        "expressions",
        "Powers.value",
        "found = found * at(base) if exponent == 1 else found * at(base) ** exponent",
        "1 -> 0",
    ): "a short cut: the first power of a value is the value",
    (
        "counts",
        "Derivation._product",
        "key.append(tuple(kind in COUNTED for kind in above) if plain else (len(indices), *above))",
        "kind in COUNTED -> kind not in COUNTED",
    ): "loops that count are told from those that do not either way",
    (
        "counts",
        "Ledger.tensor",
        'fresh = Booking("read", last.parent, last, one(self.d.tile(tensor, 0)), "fresh")',
        "0 -> -1",
    ): "no loop stands before the first",
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
