"""Tensor roles: what an architecture may speak of.

A role is known if it is `input`, `weight` or `output`, or if an operator in the file or in the files it imports has a
tensor of that role (its own name, unless the operator says `tensor as role`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Fix, Label, SpecError
from ..text.suggest import nearest
from .scope import Declared, Scope

#: The roles that every architecture may use.
STANDARD_ROLES = ("input", "weight", "output")


def roles_of_op(decl: tree.OpDecl) -> tuple[str, ...]:
    """Roles of an operator's tensors, in order of appearance, from its text alone."""
    given = {item.tensor.text: item.role.text for item in decl.body if isinstance(item, tree.RoleOf)}
    found: dict[str, None] = {}
    for item in decl.body:
        if isinstance(item, tree.Equation):
            for name in (item.left.path.text, *_indexed(item.right)):
                found[given.get(name, name)] = None
    return tuple(found)


def _indexed(expr: tree.Expr) -> Iterator[str]:
    """Names with an index in an expression, walked without recursion."""
    pending: list[object] = [expr]
    while pending:
        node = pending.pop()
        match node:
            case tree.Reference():
                if node.items is not None:
                    yield node.path.text
                pending.extend(reversed([a.value for a in node.arguments or ()]))
            case tree.Binary():
                pending.extend((node.right, node.left))
            case tree.Unary():
                pending.append(node.operand)
            case tree.Conditional():
                pending.extend((node.otherwise, node.then, node.condition))


def known_roles(scope: Scope) -> tuple[str, ...]:
    """Every role that an architecture in the file of `scope` may use: the three, then those of operators in reach."""
    found = dict.fromkeys(STANDARD_ROLES)
    pending, seen = [scope.file], {id(scope.file)}
    while pending:
        for _, binding in pending.pop().own_items():
            if isinstance(binding, Declared) and isinstance(binding.decl, tree.OpDecl):
                found.update(dict.fromkeys(roles_of_op(binding.decl)))
            elif isinstance(binding, Scope) and id(binding) not in seen:
                seen.add(id(binding))
                pending.append(binding)
    return tuple(found)


def check_role(name: tree.Name, roles: Iterable[str]) -> str:
    """The role a name stands for; E201 with the nearest role and those in scope."""
    known = tuple(roles)
    if name.text in known:
        return name.text
    near = nearest(name.text, known)
    raise SpecError(
        Diagnostic(
            "E201",
            f"no tensor `{name.text}`",
            Label(name.span, "not a tensor of any operator this architecture runs"),
            listing=(f"tensors in scope: {', '.join(known)}",),
            help=f"did you mean `{near}`?" if near else "import the file with the operator that declares it",
            fix=Fix(name.span, near) if near else None,
        )
    )
