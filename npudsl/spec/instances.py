"""Instances of components: a part's attributes from its component, its arguments, its block and the schema's defaults.

A component gives attributes by writing them, or by a parameter of the attribute's name (`size`, `width`). The block of
the part overrides single attributes; what the component computed from its own stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from .attributes import Context, check_quantity, read_attribute, unknown_attribute
from .collect import Collector
from .parameters import Given, bind, evaluate_arguments
from .schema import SCHEMA, article, find_rule
from .scope import Binding, Broken, Declared, Scope, describe_binding
from .statements import check_assert, define_let
from .values import Quantity, Unlimited


@dataclass(frozen=True)
class Setting:
    """An attribute's resolved value, where it stands, for diagnostics."""

    value: object
    span: Span


def part_label(part: tree.Part) -> Label:
    """`memory dram`, marked: in this memory."""
    start = Span(part.span.source, part.span.start, part.name.span.end)
    return Label(start, f"in this {part.kind}")


def instantiate(part: tree.Part, scope: Scope, context: Context) -> dict[str, Setting]:
    """Every attribute that the part has a value for, without the schema's defaults.

    Raises everything found: E2xx for names, E1xx for values, E107 for assertions, E208 for required attributes missing.
    """
    collector = Collector()
    settings: dict[str, Setting] = {}
    with collector.guard():
        settings.update(_from_component(part, scope, context))
    with collector.guard():
        settings.update(_from_body(part.kind, part.body, scope.child(), context))
    if not collector.failed:
        for rule in SCHEMA[part.kind].values():
            if rule.required and rule.name not in settings:
                collector.add(_missing(part, rule.name, rule.example))
    collector.raise_if_failed()
    return settings


def _missing(part: tree.Part, name: str, example: str) -> Diagnostic:
    label = Label(part_label(part).span, f"has no `{name}`")
    return Diagnostic(
        "E208",
        f"{part.kind} `{part.name.text}` needs `{name}`",
        label,
        (Label(part.component.span, "nor does its component give it"),),
        help=f"write it in the block, as in `{example}`",
    )


def _is_component(binding: Binding) -> bool:
    return isinstance(binding, Declared) and isinstance(binding.decl, tree.Component)


def find_component(part: tree.Part, scope: Scope) -> tuple[tree.Component, Scope]:
    """The component that a part is an instance of, with its file's scope. E201 unknown, E207 of another kind."""
    path = part.component.path
    found = scope.resolve(path, wanted="component", fits=_is_component)
    if not isinstance(found, Declared) or not isinstance(found.decl, tree.Component):
        raise SpecError(
            Diagnostic(
                "E207",
                f"`{path.text}` is {describe_binding(found)}, not a component",
                Label(path.span, "not a component"),
            )
        )
    component = found.decl
    if component.kind.text != part.kind:
        raise SpecError(
            Diagnostic(
                "E207",
                f"`{path.text}` is {article(component.kind.text)} component, not {article(part.kind)}",
                Label(path.span, f"a {part.kind} is needed here"),
                (Label(component.kind.span, "its kind"),),
            )
        )
    return component, found.scope


def _from_component(part: tree.Part, scope: Scope, context: Context) -> dict[str, Setting]:
    component, home = find_component(part, scope)
    what = f"component `{component.name.text}`"
    given = evaluate_arguments(part.component.arguments or (), scope, what=what)
    names = {a.name.text: a.name.span for a in part.component.arguments or () if a.name}
    inner = bind(component.parameters, given, home, what=what, span=part.component.span, name_spans=names)
    settings = _from_parameters(part.kind, component, inner, given, context)
    try:
        settings.update(_from_body(part.kind, component.body, inner, context))
    except SpecError as error:
        instance = Label(part.component.span, "of this instance")
        raise SpecError(_with_instance(d, instance) for d in error.diagnostics) from None
    return settings


#: Mistakes in a component that depend on its arguments: the diagnostic shows the instance, too.
_OF_INSTANCE = frozenset({"E103", "E104", "E105", "E107"})


def _with_instance(diagnostic: Diagnostic, instance: Label) -> Diagnostic:
    if diagnostic.code not in _OF_INSTANCE:
        return diagnostic
    return replace(diagnostic, secondary=(*diagnostic.secondary, instance))


def _from_parameters(
    kind: str, component: tree.Component, scope: Scope, given: dict[str, Given], context: Context
) -> dict[str, Setting]:
    """Attributes from parameters of their names."""
    settings: dict[str, Setting] = {}
    for parameter in component.parameters:
        rule = find_rule(kind, parameter.name.text)
        value = scope.own(parameter.name.text)
        if rule and rule.form == "quantity" and isinstance(value, (Quantity, Unlimited)):
            argument = given.get(rule.name)
            default = parameter.default.span if parameter.default else parameter.span
            span = argument.span if argument else default
            settings[rule.name] = Setting(check_quantity(rule, value, span, context), span)
    return settings


def _from_body(
    kind: str,
    body: tuple[tree.Attribute | tree.Let | tree.Assert, ...],
    scope: Scope,
    context: Context,
) -> dict[str, Setting]:
    """Attributes of a block in text order; each quantity is a name for those after it. All mistakes at once."""
    collector = Collector()
    settings: dict[str, Setting] = {}
    for item in body:
        with collector.guard():
            if isinstance(item, tree.Let):
                define_let(item, scope)
            elif isinstance(item, tree.Assert):
                check_assert(item, scope)
            else:
                _attribute(kind, item, scope, context, settings)
    collector.raise_if_failed()
    return settings


def _attribute(kind: str, item: tree.Attribute, scope: Scope, context: Context, settings: dict[str, Setting]) -> None:
    name = item.name.text
    rule = find_rule(kind, name)
    if rule is None:
        raise unknown_attribute(kind, item.name, context)
    if name in settings:
        label = Label(settings[name].span, "first set here")
        raise SpecError(Diagnostic("E203", f"`{name}` is set twice", Label(item.name.span, "set again"), (label,)))
    is_name = rule.form == "quantity" and scope.own(name) is None
    try:
        value = read_attribute(rule, item.value, scope, context)
    except SpecError:
        if is_name:
            scope.define(item.name, Broken())
        raise
    settings[name] = Setting(value, item.value.span)
    if is_name and isinstance(value, (Quantity, Unlimited)):
        scope.define(item.name, value)


def check_component(component: tree.Component) -> tuple[Diagnostic, ...]:
    """What can be said of a component without an instance: attributes that its kind does not have (E202)."""
    kind = component.kind.text
    wrong = (i for i in component.body if isinstance(i, tree.Attribute) and find_rule(kind, i.name.text) is None)
    return tuple(d for item in wrong for d in unknown_attribute(kind, item.name).diagnostics)
