"""One run of the LALR parser over one text, with what is needed to explain it when it fails."""

from __future__ import annotations

from dataclasses import dataclass, field

from lark import Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from ..text.limits import MAX_NESTING, MAX_OPERATORS, MAX_TOKENS
from .newlines import END, NEWLINE
from .tables import START, language

OPENING = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
CLOSING = frozenset(OPENING.values())
OPERATOR = frozenset({"OR", "AND", "NOT", "CMPOP", "SUMOP", "MINUS", "MULOP", "POWER", "_IF"})
_RESTARTING = frozenset({"COMMA", NEWLINE})

NESTING = f"brackets nested more than {MAX_NESTING} deep"
TOKENS = f"more than {MAX_TOKENS} words and signs in one file"
OPERATORS = f"more than {MAX_OPERATORS} operators in one expression"


@dataclass
class Scan:
    """What a run has found.

    `tree`: lark's tree, None after a failure. `tokens`: the tokens that fitted, in order. `failed`: the token that did
    not fit (`$END` at the end of the text), or None when a character began no token; it is at `failed_at`.
    `accepted`: the kinds of token that would have fitted there. `exceeded`: the named limit that `failed` is beyond.
    """

    tokens: list[Token] = field(default_factory=list)
    tree: Tree | None = None
    failed: Token | None = None
    failed_at: int = 0
    accepted: frozenset[str] = frozenset()
    exceeded: str | None = None


def scan(text: str, start: str = START) -> Scan:
    """Parse `text` from the rule `start`. Never raises for any text."""
    found = Scan()
    parser = language().parse_interactive(text, start=start)
    depth = operators = 0
    try:
        for token in parser.iter_parse():
            depth += (token.type in OPENING) - (token.type in CLOSING)
            operators = 0 if token.type in _RESTARTING else operators + (token.type in OPERATOR)
            found.exceeded = _exceeded(depth, operators, len(found.tokens))
            if found.exceeded:
                found.failed, found.failed_at = token, token.start_pos or 0
                return found
            found.tokens.append(token)
        found.tree = parser.feed_eof(_end_token(text))
    except UnexpectedInput as error:
        _note_failure(found, error, len(text))
        found.accepted = frozenset(parser.accepts())
    return found


def _exceeded(depth: int, operators: int, tokens: int) -> str | None:
    """The limit that is passed, if one is."""
    if depth > MAX_NESTING:
        return NESTING
    if operators > MAX_OPERATORS:
        return OPERATORS
    return TOKENS if tokens >= MAX_TOKENS else None


def _end_token(text: str) -> Token:
    """A token that gives the end of the text its position."""
    return Token("", "", start_pos=len(text), line=1, column=1, end_line=1, end_column=1, end_pos=len(text))


def _note_failure(found: Scan, error: UnexpectedInput, length: int) -> None:
    if isinstance(error, UnexpectedToken):
        found.failed = error.token
        found.failed_at = length if error.token.type == END else error.token.start_pos or 0
        if found.tokens and found.tokens[-1] is error.token:
            found.tokens.pop()
    elif isinstance(error, UnexpectedCharacters):
        found.failed_at = error.pos_in_stream or 0
