"""Reads a model file without its weights: the payload of large tensors is cut out before protobuf sees the bytes.

A model is a protobuf message (onnx.proto): length-delimited fields nest. Only the fields on the way to a tensor are
opened; a tensor keeps its shape, type and name, and its data only if they are small (shapes, axes, scalars).
Encoding: https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from itertools import count

from .errors import OnnxError

#: Bytes of a tensor's data up to which they are kept.
KEPT_BYTES = 1 << 16
#: Bytes of a model without its large tensors.
MAX_BYTES = 1 << 28
#: Fields that are opened or passed over; the largest models have some 10^6.
MAX_FIELDS = 4_000_000
#: Graphs nest in attributes of nodes (If, Loop).
MAX_DEPTH = 40

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

#: Message -> its fields that contain messages which may contain tensors.
_OPENED: dict[str, dict[int, str]] = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph"},
}
#: Fields of a tensor that hold its elements: float, int32, string, int64, raw, double, uint64.
_PAYLOAD = {4, 5, 6, 7, 9, 10, 11}


class _BrokenError(Exception):
    """The bytes are not a protobuf message."""


def read_stripped(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a model without the data of large tensors. Raises `OnnxError`, `OSError`."""
    if os.path.isdir(path):
        raise OnnxError(f"`{os.fspath(path)}` is a folder, not a file")
    if not os.path.exists(path):
        raise OnnxError(f"no file `{os.fspath(path)}`")
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise OnnxError(f"`{os.fspath(path)}` is empty")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                kept = _strip(memoryview(data), "model", 0, count(1))
            except _BrokenError as error:
                raise OnnxError(f"`{os.fspath(path)}` is not an ONNX model: {error}") from None
    return kept


def _strip(data: memoryview, kind: str, depth: int, seen: Iterator[int]) -> bytes:
    """A message with its large tensors cut. The view is released before it returns."""
    if depth > MAX_DEPTH:
        raise _BrokenError("graphs nest too deep")
    opened = _OPENED.get(kind, {})
    parts: list[bytes] = []
    total, at = 0, 0
    with data:
        while at < len(data):
            begin = at
            if next(seen) > MAX_FIELDS:
                raise _BrokenError(f"it has more than {MAX_FIELDS:,} fields")
            key, at = _varint(data, at)
            field, wire = key >> 3, key & 7
            if wire != _BYTES:
                at = _skip(data, at, wire)
                piece = bytes(data[begin:at])
            else:
                size, at = _varint(data, at)
                if size > len(data) - at:
                    raise _BrokenError(f"it ends in the middle (byte {begin} announces {size} more bytes)")
                piece = _field(data[at : at + size], bytes(data[begin:at]), key, (opened.get(field), kind, depth, seen))
                at += size
            total += len(piece)
            if total > MAX_BYTES:
                raise _BrokenError(f"it has more than {MAX_BYTES >> 20} MiB beside its weights")
            parts.append(piece)
    return b"".join(parts)


def _field(content: memoryview, head: bytes, key: int, place: tuple[str | None, str, int, Iterator[int]]) -> bytes:
    """One length-delimited field: opened, dropped or copied. `place`: what it contains, what it is in, how deep."""
    inner, kind, depth, seen = place
    if inner is not None:
        stripped = _strip(content, inner, depth + 1, seen)
        return _encode(key) + _encode(len(stripped)) + stripped
    with content:
        if kind == "tensor" and key >> 3 in _PAYLOAD and len(content) > KEPT_BYTES:
            return b""
        return head + bytes(content)


def _skip(data: memoryview, at: int, wire: int) -> int:
    if wire == _VARINT:
        return _varint(data, at)[1]
    if wire not in (_FIXED64, _FIXED32):
        raise _BrokenError(f"byte {at} is no field of a protobuf message")
    at += 8 if wire == _FIXED64 else 4
    if at > len(data):
        raise _BrokenError("it ends in the middle of a number")
    return at


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number of 7 bits per byte, least first, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise _BrokenError("it ends in the middle of a number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise _BrokenError(f"byte {at} is no field of a protobuf message")


def _encode(value: int) -> bytes:
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
