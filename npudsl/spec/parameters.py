"""Parameters and arguments: settings of a command line, arguments of a call, defaults; checked against their types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..syntax import parse_expression, tree
from ..syntax.walk import nodes
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Source, Span
from ..text.suggest import nearest
from .collect import Collector
from .evaluate import evaluate
from .scope import CONSTANTS, Broken, Scope
from .values import Value, show
from .valuetypes import Subject, check_type, find_type


@dataclass(frozen=True)
class Given:
    """An argument: its value, where it stands, and the expression if there is one (for a pasteable help)."""

    value: Value
    span: Span
    expr: tree.Expr | None = None


def parse_value(text: str, *, name: str = "value") -> Given:
    """A value written outside a file, as for `--set glb_size=216KiB`: an expression without names but
    `inf`, `true` and `false`.

    The span's source is called `--set NAME` so that diagnostics can show the text.
    """
    expr = parse_expression(Source(f"--set {name}", text))
    return Given(evaluate(expr, Scope()), expr.span, expr)


def settings_to_given(settings: Mapping[str, object]) -> dict[str, Given]:
    """Settings of the command line (texts) or of Python (also numbers and truth values) as arguments."""
    return {
        name: parse_value(str(value).lower() if isinstance(value, bool) else str(value), name=name)
        for name, value in settings.items()
    }


def written(given: Mapping[str, Given]) -> tuple[tuple[str, str], ...]:
    """Arguments as text of the language that means the same anywhere: as it stands unless it uses names."""
    return tuple((name, _text(argument)) for name, argument in given.items())


def _text(given: Given) -> str:
    expr = given.expr
    if expr is None or any(isinstance(n, tree.Reference) and n.path.text not in CONSTANTS for n in nodes(expr)):
        return show(given.value)
    text = expr.span.text
    if isinstance(expr, tree.Number) and expr.unit is not None:
        return f"{text.removesuffix(expr.unit.text).strip()} {expr.unit.text}"
    return text


def evaluate_arguments(arguments: Sequence[tree.Argument], scope: Scope, *, what: str) -> dict[str, Given]:
    """The arguments of a call, evaluated where the call stands. E204 if one has no name or comes twice."""
    found: dict[str, Given] = {}
    for argument in arguments:
        if argument.name is None:
            raise SpecError(
                Diagnostic("E204", f"arguments of {what} are given by name", Label(argument.span, "no name"))
            )
        if argument.name.text in found:
            earlier = found[argument.name.text].span
            raise SpecError(
                Diagnostic(
                    "E204",
                    f"`{argument.name.text}` is given twice",
                    Label(argument.name.span, "given again"),
                    (Label(earlier, "first given here"),),
                )
            )
        found[argument.name.text] = Given(evaluate(argument.value, scope), argument.value.span, argument.value)
    return found


def bind(
    parameters: Sequence[tree.Parameter],
    given: Mapping[str, Given],
    scope: Scope,
    *,
    what: str,
    span: Span | None,
    name_spans: Mapping[str, Span] | None = None,
    collector: Collector | None = None,
) -> Scope:
    """A scope inside `scope` (the declaration's file) with every parameter: as given, else its default.

    Defaults may use the parameters before them. Raises E204 for an unknown or missing argument, E102/E103 for a wrong
    one, E203 for a parameter declared twice. `what` names the callee (`` component `sram` ``), `span` is the call's.
    With a `collector` nothing is raised: mistakes go there, and names without a value are broken.
    """
    known = [p.name.text for p in parameters]
    mistakes = collector or Collector()
    unknown = [name for name in given if name not in known]
    for name in unknown:
        mistakes.add(_unknown_argument(name, (name_spans or {}).get(name, given[name].span), what, known))
    inner = scope.child()
    for parameter in parameters:
        with mistakes.guard():
            argument = given.get(parameter.name.text)
            try:
                if argument is None and parameter.default is None and unknown:
                    raise SpecError(())  # probably the misspelt one
                value = _value(parameter, argument, inner, what, span)
            except SpecError:
                inner.define(parameter.name, Broken())
                raise
            inner.define(parameter.name, value)
    if collector is None:
        mistakes.raise_if_failed()
    return inner


def _value(parameter: tree.Parameter, given: Given | None, inner: Scope, what: str, span: Span | None) -> Value:
    """A parameter's value: the argument, else the default (which may use the parameters before it), checked."""
    if given is None:
        if parameter.default is None:
            raise _missing_argument(parameter, what, span)
        given = Given(evaluate(parameter.default, inner), parameter.default.span, parameter.default)
    name = parameter.name.text
    subject = Subject(f"`{name}`", f"`{name}` of {what}")
    return check_type(given.value, find_type(parameter.type), given.span, subject, given.expr)


def _unknown_argument(name: str, span: Span, what: str, known: list[str]) -> Diagnostic:
    near = nearest(name, known)
    listed = f"parameters of {what}: {', '.join(known)}" if known else f"{what} has no parameters"
    return Diagnostic(
        "E204",
        f"{what} has no parameter `{name}`",
        Label(span, "not a parameter"),
        notes=() if near else (listed,),
        help=f"did you mean `{near}`?" if near else None,
    )


def _missing_argument(parameter: tree.Parameter, what: str, span: Span | None) -> SpecError:
    name = parameter.name.text
    here = Label(span, f"`{name}` is not given") if span else Label(parameter.span, "has no default")
    labels = (Label(parameter.span, "has no default"),) if span else ()
    return SpecError(Diagnostic("E204", f"{what} needs `{name}`", here, labels))
