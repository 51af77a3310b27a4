"""Text to tree and back: `parse`, `parse_expression`, `format_text`. The nodes are in `npudsl.syntax.tree`."""

from .formatter import format_text
from .parser import parse, parse_expression

__all__ = ["format_text", "parse", "parse_expression"]
