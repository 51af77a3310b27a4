"""Hashes that are computed once: specs and nests are keys of many tables, and their hashes go deep."""

from __future__ import annotations

from typing import Any, TypeVar

Class = TypeVar("Class", bound=type)
KEY = "_hash"


def hashed_once(cls: Class) -> Class:
    """Makes a frozen dataclass remember its hash. It is not pickled: strings hash differently in every process."""
    plain: Any = cls.__hash__

    def __hash__(self: Any) -> int:
        found: int | None = self.__dict__.get(KEY)
        if found is None:
            found = self.__dict__[KEY] = plain(self)
        return found

    def __getstate__(self: Any) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != KEY}

    setattr(cls, "__hash__", __hash__)  # noqa: B010 - what assignment would say, without a complaint of mypy
    setattr(cls, "__getstate__", __getstate__)  # noqa: B010
    return cls
