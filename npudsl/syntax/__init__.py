"""Text to tree and back: `parse`, `parse_expression`, `format_text`. The nodes are in `npudsl.syntax.tree`."""

from .parser import parse, parse_expression

__all__ = ["parse", "parse_expression"]
