"""Hypothesis strategies for trees of every node type. Their spans mean nothing."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from npudsl.syntax import tree
from npudsl.syntax.words import is_keyword, spelled
from npudsl.text.source import Source, Span

NOWHERE = Span(Source("generated", ""), 0, 0)
KEYWORDS = frozenset(word for kind, word in spelled().items() if is_keyword(kind))
COMPARISONS = ["==", "!=", "<", "<=", ">", ">="]
OPERATORS = ["+", "-", "*", "/", "//", "%", "^", "and", "or", *COMPARISONS]


def node(kind: type, *parts: object) -> st.SearchStrategy:
    """A node whose last field is its span and whose other fields come from `parts` (strategies or constants)."""
    strategies = [p if isinstance(p, st.SearchStrategy) else st.just(p) for p in parts]
    return st.tuples(*strategies).map(lambda values: kind(*values, NOWHERE))


def documented(kind: type, *parts: object) -> st.SearchStrategy:
    strategies = [p if isinstance(p, st.SearchStrategy) else st.just(p) for p in parts]
    return st.tuples(DOCS, *strategies).map(lambda values: kind(*values[1:], NOWHERE, values[0]))


def some(strategy: st.SearchStrategy, least: int = 0, most: int = 3) -> st.SearchStrategy:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


def short(strategy: st.SearchStrategy) -> st.SearchStrategy:
    """The same strategy under a short name: hypothesis writes out the names of large ones at great expense."""
    return st.deferred(lambda: strategy)


LINE = st.from_regex(r"(?!#)[ -~]{0,8}", fullmatch=True).map(str.rstrip)
DOCS = short(st.none() | st.lists(LINE, min_size=1, max_size=2).map("\n".join))
NAME = short(
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,4}", fullmatch=True)
    .filter(lambda n: n not in KEYWORDS)
    .map(lambda n: tree.Name(n, NOWHERE))
)
UNIT = short(
    st.from_regex(r"[A-Za-zµ][A-Za-z0-9]{0,3}(/[A-Za-z]{1,3})?", fullmatch=True)
    .filter(lambda n: n.split("/")[0] not in KEYWORDS)
    .map(lambda n: tree.Name(n, NOWHERE))
)
PATH = short(node(tree.Path, some(NAME, 1)))
NUMBER = short(
    node(
        tree.Number,
        st.builds(lambda n, e: n * Fraction(10) ** e, st.integers(0, 10**6), st.integers(-4, 4)),
        st.none() | UNIT,
    )
)
TEXT = node(tree.Text, st.text(st.characters(exclude_characters='"\n', exclude_categories=["Cs"]), max_size=5))


def _larger(inner: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(
        node(tree.Unary, st.sampled_from(["-", "not"]), inner),
        node(tree.Binary, st.sampled_from(OPERATORS), inner, inner),
        node(tree.Conditional, inner, inner, inner),
        _reference(inner),
        node(tree.ListOf, some(_item(inner))),
    )


def _item(inner: st.SearchStrategy) -> st.SearchStrategy:
    limited = st.tuples(st.sampled_from(COMPARISONS), inner) | st.just((None, None))
    optional = st.tuples(NAME, limited).map(lambda t: tree.OptionalItem(t[0], *t[1], NOWHERE))
    return st.one_of(inner, node(tree.NamedItem, NAME, inner), optional, node(tree.RestItem))


def _reference(inner: st.SearchStrategy) -> st.SearchStrategy:
    argument = node(tree.Argument, st.none() | NAME, inner)
    return node(tree.Reference, PATH, st.none() | some(_item(inner)), st.none() | some(argument))


PLAIN = node(tree.Reference, PATH, None, None)
EXPR = short(st.recursive(st.one_of(NUMBER, TEXT, PLAIN), _larger, max_leaves=8))
REFERENCE = short(_reference(EXPR))
ITEMS = short(some(_item(EXPR)))

MESSAGE = st.none() | TEXT
LET = short(documented(tree.Let, NAME, EXPR))
ASSERT = short(node(tree.Assert, EXPR, MESSAGE))
REQUIRE = short(node(tree.Require, EXPR, MESSAGE))
BODY = short(some(st.one_of(node(tree.Attribute, NAME, EXPR), LET, ASSERT)))
PARAMETER = short(node(tree.Parameter, NAME, NAME, st.none() | EXPR))
PARAMETERS = short(some(PARAMETER))
IMPORT = documented(tree.Import, PATH, st.none() | NAME)
TABLE = short(documented(tree.Table, NAME, PARAMETER, NAME, NAME, some(node(tree.Row, EXPR, EXPR), 1)))
KIND = st.sampled_from(["memory", "link", "compute"])
COMPONENT = short(documented(tree.Component, NAME, PARAMETERS, KIND.map(lambda k: tree.Name(k, NOWHERE)), BODY))
MEMORY = short(documented(tree.Part, "memory", NAME, REFERENCE, BODY))
PART = short(documented(tree.Part, KIND, NAME, REFERENCE, BODY))
LEVEL = short(documented(tree.LevelBlock, NAME, some(MEMORY, 1)))
ARCH_BODY = short(
    some(
        st.recursive(
            st.one_of(node(tree.Attribute, NAME, EXPR), LET, ASSERT, PART, LEVEL),
            lambda inner: documented(tree.ArrayBlock, NAME, ITEMS, some(inner)),
            max_leaves=4,
        )
    )
)
ARCH = short(documented(tree.ArchDecl, NAME, PARAMETERS, ARCH_BODY))
EQUATION = node(tree.Equation, REFERENCE, st.sampled_from(["=", "+=", "max=", "min="]), EXPR)
OP_ITEM = short(st.one_of(node(tree.Dims, some(NAME, 1)), node(tree.RoleOf, NAME, NAME), EQUATION, LET, ASSERT))
OP = short(documented(tree.OpDecl, NAME, PARAMETERS, some(OP_ITEM, 1)))
LAYER = documented(tree.LayerDecl, NAME, REFERENCE, st.none() | EXPR)
NET_ITEM = short(st.one_of(documented(tree.TensorDecl, NAME, ITEMS), LAYER, LET, ASSERT))
NETWORK = short(documented(tree.NetworkDecl, NAME, PARAMETERS, some(NET_ITEM)))
CHOICE = node(tree.Choice, st.sampled_from(["keep", "bypass"]), PATH)
MAP_ITEM = short(st.one_of(node(tree.Loops, PATH, st.booleans(), ITEMS), CHOICE, LET, REQUIRE))
ARGUMENTS = short(some(node(tree.Argument, st.none() | NAME, EXPR)))
TARGET = st.one_of(node(tree.Target, PATH, None, None), node(tree.Target, PATH, ARGUMENTS, PATH))
MACHINE = node(tree.Reference, PATH, None, st.none() | ARGUMENTS)
MAPPING = short(documented(tree.MappingDecl, NAME, st.none() | TARGET, st.none() | MACHINE, some(MAP_ITEM)))
STEP = st.just((None, False)) | st.tuples(EXPR, st.booleans())
RANGE = short(st.tuples(EXPR, EXPR, STEP).map(lambda t: tree.Range(t[0], t[1], *t[2], NOWHERE)))
VARY = short(node(tree.Vary, NAME, RANGE | node(tree.ListOf, ITEMS)))
RUN = short(node(tree.Run, REFERENCE, REFERENCE, st.none() | REFERENCE))
GOAL = short(node(tree.Goal, st.sampled_from(["minimize", "maximize"]), some(EXPR, 1)))
EXPLORE = short(documented(tree.ExploreDecl, NAME, some(st.one_of(VARY, RUN, GOAL, LET, REQUIRE))))
DECLARATION = short(st.one_of(IMPORT, LET, TABLE, COMPONENT, ARCH, OP, NETWORK, MAPPING, EXPLORE))
FILE = some(DECLARATION).map(lambda declarations: tree.File(declarations, (), NOWHERE))
