"""Parameters and arguments: settings from a command line, arguments from a call, defaults; each checked against its type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..syntax import parse_expression, tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Source, Span
from ..text.suggest import nearest
from .evaluate import evaluate
from .scope import Broken, Scope
from .values import Value
from .valuetypes import Subject, check_type, find_type


@dataclass(frozen=True)
class Given:
    """An argument: its value, where it stands, and the expression if there is one (for a pasteable help)."""

    value: Value
    span: Span
    expr: tree.Expr | None = None


def parse_value(text: str, *, name: str = "value") -> Given:
    """A value written outside a file, as for `--set glb_size=216KiB`: an expression without names, `inf`, `true`, `false`.

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


def evaluate_arguments(arguments: Sequence[tree.Argument], scope: Scope, *, what: str) -> dict[str, Given]:
    """The arguments of a call, evaluated where the call stands. All by name: E204 otherwise, or if one is given twice."""
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
) -> Scope:
    """A scope inside `scope` (the declaration's file) with every parameter: as given, else its default.

    Defaults may use the parameters before them. Raises E204 for an unknown or missing argument, E102/E103 for a wrong
    one, E203 for a parameter declared twice. `what` names the callee (`` component `sram` ``), `span` is the call's.
    """
    known = [p.name.text for p in parameters]
    for name, argument in given.items():
        if name not in known:
            raise _unknown_argument(name, (name_spans or {}).get(name, argument.span), what, known)
    inner = scope.child()
    for parameter in parameters:
        argument = given.get(parameter.name.text)
        wanted = find_type(parameter.type)
        subject = Subject(f"`{parameter.name.text}`", f"`{parameter.name.text}` of {what}")
        if argument is not None:
            value = check_type(argument.value, wanted, argument.span, subject, argument.expr)
        elif parameter.default is not None:
            value = check_type(
                evaluate(parameter.default, inner), wanted, parameter.default.span, subject, parameter.default
            )
        else:
            raise _missing_argument(parameter, what, span)
        inner.define(parameter.name, value)
    return inner


def _unknown_argument(name: str, span: Span, what: str, known: list[str]) -> SpecError:
    near = nearest(name, known)
    listed = f"parameters of {what}: {', '.join(known)}" if known else f"{what} has no parameters"
    return SpecError(
        Diagnostic(
            "E204",
            f"{what} has no parameter `{name}`",
            Label(span, "not a parameter"),
            notes=() if near else (listed,),
            help=f"did you mean `{near}`?" if near else None,
        )
    )


def _missing_argument(parameter: tree.Parameter, what: str, span: Span | None) -> SpecError:
    name = parameter.name.text
    here = Label(span, f"`{name}` is not given") if span else Label(parameter.span, "has no default")
    labels = (Label(parameter.span, "has no default"),) if span else ()
    return SpecError(Diagnostic("E204", f"{what} needs `{name}`", here, labels))


def broken_names(scope: Scope, names: Sequence[tree.Name]) -> None:
    """Define names whose values are unknown, so that uses of them stay silent."""
    for name in names:
        if scope.own(name.text) is None:
            scope.define(name, Broken())
