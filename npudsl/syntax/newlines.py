"""Post-lexer: keep only the newlines that end a statement.

It must decide at once, from the tokens already seen. A post-lexer that holds a newline back until it has seen the
next token breaks lark's contextual lexer: that next token is then lexed in the parser state *before* the newline,
where the right terminals are not accepted.
"""

from __future__ import annotations

from collections.abc import Iterator

from lark import Token

NEWLINE = "_NL"
END = "$END"  # lark's name for the end of the text
OPENING = frozenset({"LPAR", "LSQB"})
CLOSING = frozenset({"RPAR", "RSQB"})

# A line that ends with one of these goes on in the next line.
_OPEN_ENDED = frozenset(
    (
        *("LBRACE", "COMMA", "COLON", "EQUAL", "ARROW", "REDUCE", "RANGE", "GEOMETRIC", "_IN", "_BY"),
        *("CMPOP", "SUMOP", "MINUS", "MULOP", "POWER", "OR", "AND", "NOT", "_IF", "_THEN", "_ELSE"),
    )
)


class Newlines:
    """Stateless between texts; `process` keeps what it needs in its own frame."""

    always_accept = (NEWLINE,)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """The tokens of `stream` without the newlines that end nothing (also none at the start, none twice)."""
        depth = 0
        previous = NEWLINE
        for token in stream:
            kind = token.type
            if kind in OPENING:
                depth += 1
            elif kind in CLOSING:
                depth -= 1
            elif kind == NEWLINE and (depth > 0 or previous == NEWLINE or previous in _OPEN_ENDED):
                continue
            previous = kind
            yield token
