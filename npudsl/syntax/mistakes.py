"""What a failed run of the parser tells the user: the smallest wrong text, what was expected, how it is written."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from lark import Token

from ..text.diagnostics import Diagnostic, Fix, Label
from ..text.source import Source, Span
from ..text.suggest import nearest
from .newlines import END, NEWLINE
from .scan import CLOSING, OPENING, OPERATOR, Scan
from .words import CHARACTERS, DECLARATIONS, FORMS, expectation, is_keyword, spelled


def explain(source: Source, found: Scan, offset: int) -> Diagnostic:
    """The diagnostic for a failed run over the part of `source` that starts at `offset`."""
    if found.failed is None:
        return _bad_character(source, found.failed_at + offset)
    failure = _Failure(source, found, found.failed, offset)
    if found.exceeded:
        return Diagnostic("E005", found.exceeded, Label(failure.span, "the limit is reached here"))
    place = _place(found.tokens)
    if place.brackets and _closes_too_early(place.brackets[-1], failure.token):
        return _not_closed(failure, place.brackets[-1])
    return _misspelt_keyword(failure, place) or _unexpected(failure, place)


@dataclass(frozen=True)
class _Failure:
    """The token that did not fit, in its source."""

    source: Source
    found: Scan
    token: Token
    offset: int

    def span_of(self, token: Token) -> Span:
        start = (token.start_pos or 0) + self.offset
        return Span(self.source, start, start + len(_text_of(token)))

    @property
    def span(self) -> Span:
        """The token; for the end of a line or of the text, the place right after the last token that fitted."""
        if self.token.type not in (NEWLINE, END):
            return self.span_of(self.token)
        end = (self.found.tokens[-1].end_pos or 0) if self.found.tokens else self.found.failed_at
        return Span(self.source, end + self.offset, end + self.offset)

    @property
    def at_end_of_file(self) -> bool:
        return self.token.type == END and self.offset + self.found.failed_at == len(self.source.text)

    @property
    def called(self) -> str:
        if self.token.type == NEWLINE:
            return "end of the line"
        if self.token.type == END:
            return "end of the file" if self.at_end_of_file else "end of the declaration"
        return f"`{_text_of(self.token)}`"


def _text_of(token: Token) -> str:
    """The text of the token; a word that was taken for a unit ends at its slash."""
    return str(token).split("/")[0] if token.type == "UNIT" else str(token)


# ---- where in the text the failure is ----------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """The brackets that are open, the token that began the statement, and how many were open when it began."""

    brackets: tuple[Token, ...]
    statement: Token | None
    begun_in: int


def _place(tokens: list[Token]) -> _Place:
    brackets: list[Token] = []
    outer: list[tuple[Token | None, int]] = []  # the statements whose blocks are open
    statement: Token | None = None
    begun_in = 0
    fresh = True  # the next token begins a statement
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


def _closes_too_early(bracket: Token, token: Token) -> bool:
    """Whether `token` shows that `bracket` is left open: another closing bracket, a declaration, the end."""
    if token.type in CLOSING:
        return token.type != OPENING[bracket.type]
    return token.type == END or spelled().get(token.type) in DECLARATIONS


# ---- one function for each kind of mistake -----------------------------------------------------------


def _bad_character(source: Source, at: int) -> Diagnostic:
    character = source.text[at]
    if character == '"':
        end = source.text.find("\n", at)
        label = Label(Span(source, at, len(source.text) if end < 0 else end), 'no closing `"` on this line')
        return Diagnostic("E003", "a text without an end", label)
    visible = character.isprintable()
    shown = f"`{character}`" if visible else f"U+{ord(character):04X}"
    notes: tuple[str, ...] = ()
    if not (visible and character.isascii()):
        notes = (f"this is {unicodedata.name(character, 'a control character')}",)
    label = Label(Span(source, at, at + 1), "not part of the language")
    return Diagnostic("E002", f"unexpected character {shown}", label, notes=notes, help=CHARACTERS.get(character))


def _not_closed(failure: _Failure, bracket: Token) -> Diagnostic:
    closing = spelled()[OPENING[bracket.type]]
    noticed = "the file ends here" if failure.at_end_of_file else f"expected `{closing}` before this"
    opened = Label(failure.span_of(bracket), "opened here")
    return Diagnostic("E001", f"`{bracket}` is not closed", opened, (Label(failure.span, noticed),))


def _misspelt_keyword(failure: _Failure, place: _Place) -> Diagnostic | None:
    """A word that is nearly a keyword: the failed one itself, or the one before it (`memroy dram : ...`)."""
    accepted = [spelled()[kind] for kind in sorted(failure.found.accepted) if is_keyword(kind)]
    suspects = [(failure.token, accepted)] if failure.token.type in ("NAME", "UNIT") else []
    if place.statement is not None and failure.found.tokens[-1] is place.statement:
        suspects.append((place.statement, sorted(FORMS)))
    for word, keywords in suspects:
        near = nearest(_text_of(word), keywords)
        if near is not None and not is_keyword(word.type):
            span = failure.span_of(word)
            label = Label(span, "not a keyword")
            fix = Fix(span, near)
            return Diagnostic("E001", f"unexpected `{span.text}`", label, help=f"did you mean `{near}`?", fix=fix)
    return None


def _unexpected(failure: _Failure, place: _Place) -> Diagnostic:
    accepted = failure.found.accepted
    label = Label(failure.span, expectation(accepted))
    named_like_keyword = is_keyword(failure.token.type) and "NAME" in accepted and "NUMBER" not in accepted
    message = f"`{failure.token}` is a keyword" if named_like_keyword else f"unexpected {failure.called}"
    return Diagnostic("E001", message, label, help=_advice(failure, place))


def _advice(failure: _Failure, place: _Place) -> str | None:
    accepted = failure.found.accepted
    if failure.token.type == "CMPOP" and "SUMOP" in accepted:
        return "comparisons do not chain: write `a < b and b < c`"
    if str(failure.token) == "=" and "CMPOP" in accepted and "ARROW" not in accepted:
        return "equality is written `==`"
    if place.statement is None or len(place.brackets) > place.begun_in:
        return None
    if failure.found.tokens[-1].type in OPERATOR:
        return None
    return FORMS.get(str(place.statement))
