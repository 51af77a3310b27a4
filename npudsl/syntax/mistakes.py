"""What a failed run of the parser tells the user: the smallest wrong text, what was expected, how it is written."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from lark import Token

from ..text.diagnostics import Diagnostic, Fix, Label
from ..text.limits import MAX_NESTING
from ..text.source import Source, Span
from ..text.suggest import nearest
from .newlines import NEWLINE
from .scan import CLOSING, END, OPENING, Scan
from .words import CHARACTERS, FORMS, expectation, is_keyword, spelled


@dataclass(frozen=True)
class _Place:
    """Where in the text the failure is: the brackets that are open and the token that began the statement."""

    brackets: tuple[Token, ...]
    statement: Token | None
    begun_in: int  # number of brackets that were open when the statement began


def explain(source: Source, found: Scan, offset: int) -> Diagnostic:
    """The diagnostic for a failed run over the part of `source` that starts at `offset`."""
    token = found.failed
    place = _place(found.tokens)
    if token is None:
        return _bad_character(source, found.failed_at + offset)
    span = _span_of(source, found, token, offset)
    if found.too_deep:
        label = Label(span, f"this is level {MAX_NESTING + 1}")
        return Diagnostic("E005", f"brackets are nested more than {MAX_NESTING} deep", label)
    if place.brackets and (token.type in CLOSING or token.type == END or token.type in _declaring()):
        return _not_closed(source, place.brackets[-1], token, span, offset)
    misspelt = _misspelt_keyword(source, found, token, place, offset)
    return misspelt or _unexpected(found, token, span, place)


def _place(tokens: list[Token]) -> _Place:
    brackets: list[Token] = []
    outer: list[tuple[Token | None, int]] = []
    statement: Token | None = None
    begun_in = 0
    fresh = True
    for token in tokens:
        if token.type == NEWLINE:
            fresh = True
            continue
        if fresh and token.type != "RBRACE":
            statement, begun_in, fresh = token, len(brackets), False
        if token.type in OPENING:
            brackets.append(token)
            if token.type == "LBRACE":
                outer.append((statement, begun_in))
                fresh = True
        elif token.type in CLOSING and brackets:
            brackets.pop()
            if token.type == "RBRACE" and outer:
                statement, begun_in = outer.pop()
                fresh = False
    return _Place(tuple(brackets), None if fresh else statement, begun_in)


def _declaring() -> frozenset[str]:
    return frozenset(
        k for k in spelled() if spelled()[k] in ("component", "arch", "op", "network", "mapping", "explore")
    )


def _span_of(source: Source, found: Scan, token: Token, offset: int) -> Span:
    """The failed token; for the end of a line or of the text, the place right after the last token that fitted."""
    if token.type in (NEWLINE, END):
        end = (found.tokens[-1].end_pos or 0) if found.tokens else found.failed_at
        return Span(source, end + offset, end + offset)
    start = found.failed_at + offset
    return Span(source, start, start + len(_text_of(token)))


def _text_of(token: Token) -> str:
    """The text of the token; a word that was taken for a unit ends at its slash."""
    return str(token).split("/")[0] if token.type == "UNIT" else str(token)


def _called(token: Token) -> str:
    if token.type == NEWLINE:
        return "end of the line"
    return "end of the file" if token.type == END else f"`{_text_of(token)}`"


# ---- one function for each kind of mistake ---------------------------------------------------------


def _bad_character(source: Source, at: int) -> Diagnostic:
    character = source.text[at]
    span = Span(source, at, at + 1)
    if character == '"':
        end = source.text.find("\n", at)
        span = Span(source, at, len(source.text) if end < 0 else end)
        return Diagnostic("E003", "a text without an end", Label(span, 'no closing `"` on this line'))
    shown = f"`{character}`" if character.isprintable() else f"U+{ord(character):04X}"
    name = unicodedata.name(character, "a control character" if not character.isprintable() else "")
    label = Label(span, "no word, number or sign of the language begins with this")
    notes = () if character.isascii() and character.isprintable() else (f"this is {name or 'an unnamed character'}",)
    return Diagnostic("E002", f"unexpected character {shown}", label, notes=notes, help=CHARACTERS.get(character))


def _not_closed(source: Source, bracket: Token, token: Token, span: Span, offset: int) -> Diagnostic:
    start = (bracket.start_pos or 0) + offset
    closing = spelled()[OPENING[bracket.type]]
    if token.type == OPENING[bracket.type]:
        return Diagnostic("E001", f"unexpected {_called(token)}", Label(span, "something is missing before this"))
    opened = Label(Span(source, start, start + 1), "opened here")
    message = f"`{bracket}` is not closed"
    where = "the file ends here" if token.type == END and span.end >= len(source.text.rstrip()) else None
    return Diagnostic("E001", message, opened, (Label(span, where or f"expected `{closing}` before this"),))


def _misspelt_keyword(source: Source, found: Scan, token: Token, place: _Place, offset: int) -> Diagnostic | None:
    """A statement that begins with a word that is nearly a keyword: `memroy dram : ...`."""
    candidates = [spelled()[kind] for kind in sorted(found.accepted) if is_keyword(kind)]
    word: Token | None = token
    if not _is_word(token) or not candidates:
        word = place.statement
        candidates = sorted(FORMS)
        if word is None or not found.tokens or found.tokens[-1] is not word or word.type != "NAME":
            return None
    elif place.statement is not None and place.statement.type == "NAME" and found.tokens[-1] is place.statement:
        word, candidates = place.statement, sorted(FORMS)
    near = nearest(str(word), candidates)
    if near is None or word is None:
        return None
    start = (word.start_pos or 0) + offset
    span = Span(source, start, start + len(word))
    label = Label(span, "not a keyword")
    return Diagnostic("E001", f"unexpected `{word}`", label, help=f"did you mean `{near}`?", fix=Fix(span, near))


def _is_word(token: Token) -> bool:
    return token.type in ("NAME", "UNIT") and _text_of(token) == str(token)


def _unexpected(found: Scan, token: Token, span: Span, place: _Place) -> Diagnostic:
    label = expectation(found.accepted)
    if is_keyword(token.type) and "NAME" in found.accepted:
        return Diagnostic("E001", f"`{token}` is a keyword", Label(span, f"{label}, and a keyword is none"))
    return Diagnostic("E001", f"unexpected {_called(token)}", Label(span, label), help=_advice(found, token, place))


def _advice(found: Scan, token: Token, place: _Place) -> str | None:
    if token.type == "CMPOP" and "SUMOP" in found.accepted:
        return "comparisons do not chain: write `a < b and b < c`"
    if str(token) == "=" and "CMPOP" in found.accepted:
        return "equality is written `==`"
    if place.statement is None or len(place.brackets) > place.begun_in:
        return None
    return FORMS.get(str(place.statement))
