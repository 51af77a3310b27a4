"""`npudsl fmt`: the one style, and the checks that make it safe to write the result over the file."""

from __future__ import annotations

from ..text.diagnostics import Diagnostic, SpecError
from ..text.source import Source
from .comments import Comments
from .layout import laid_out
from .parser import parse_with_tokens
from .walk import same_tree


def format_text(source: Source) -> str:
    """The text of `source` in the one style.

    Raises SpecError: for a text with mistakes, all of them; and, should the formatter itself be wrong, E007. The result
    was parsed again: its tree and its comments are those of the source, and formatting it once more changes nothing.
    """
    file, diagnostics, tokens = parse_with_tokens(source)
    if diagnostics:
        raise SpecError(diagnostics)
    formatted = Source(source.name, laid_out(source, file, tokens))
    again, diagnostics, tokens = parse_with_tokens(formatted)
    if diagnostics:
        raise SpecError(_defect(source, f"the result has a mistake: {diagnostics[0].message}"))
    if not same_tree(file.declarations, again.declarations):
        raise SpecError(_defect(source, "the result means something else"))
    if _comment_texts(source) != _comment_texts(formatted):
        raise SpecError(_defect(source, "a comment would get lost"))
    if laid_out(formatted, again, tokens) != formatted.text:
        raise SpecError(_defect(source, "formatting the result again would change it"))
    return formatted.text


def _comment_texts(source: Source) -> list[str]:
    return [span.text for span in Comments(source).spans]


def _defect(source: Source, reason: str) -> Diagnostic:
    message = f"`{source.name}` is left as it is: the formatter would have spoilt it"
    return Diagnostic("E007", message, notes=(reason, "this is a defect of npudsl, not of the file"))
