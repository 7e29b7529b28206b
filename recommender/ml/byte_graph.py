"""The onnxruntime graph of an int8 item table, written byte by byte.

A web process would load the onnx package, ten megabytes, for this one graph. The messages and field
numbers are those of onnx.proto; a test reads the graph with the package and checks it.
"""

from __future__ import annotations

FLOAT, UINT8 = 1, 2
EXTERNAL = 1
INT_ATTRIBUTE = 2


def write_byte_graph(rows: int, parts: int, block: int) -> bytes:
    """Return a serialised model: `hidden` (B, parts x block) to `scores` (B, rows) by MatMulNBits.

    Its initializers `numbers` (rows, parts, block) uint8 and `scales` (rows x parts,) float32 have
    no data: whoever makes the session gives them.
    """
    width = parts * block
    attributes = {"K": width, "N": rows, "bits": 8, "block_size": block, "accuracy_level": 4}
    node = (
        b"".join(_text(1, name) for name in ("hidden", "numbers", "scales"))
        + _text(2, "scores")
        + _text(4, "MatMulNBits")
        + b"".join(_part(5, _attribute(*pair)) for pair in attributes.items())
        + _text(7, "com.microsoft")
    )
    graph = (
        _part(1, node)
        + _text(2, "scores")
        + _part(5, _external("numbers", UINT8, (rows, parts, block)))
        + _part(5, _external("scales", FLOAT, (rows * parts,)))
        + _part(11, _value("hidden", width))
        + _part(12, _value("scores", rows))
    )
    opsets = _part(8, _number(2, 17)) + _part(8, _text(1, "com.microsoft") + _number(2, 1))
    return _number(1, 8) + _part(7, graph) + opsets


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _part(field: int, payload: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(payload)) + payload


def _text(field: int, text: str) -> bytes:
    return _part(field, text.encode())


def _attribute(name: str, value: int) -> bytes:
    return _text(1, name) + _number(3, value) + _number(20, INT_ATTRIBUTE)


def _external(name: str, data_type: int, dims: tuple[int, ...]) -> bytes:
    sizes = b"".join(_number(1, size) for size in dims)
    place = _part(13, _text(1, "location") + _text(2, "given"))
    return sizes + _number(2, data_type) + _text(8, name) + place + _number(14, EXTERNAL)


def _value(name: str, width: int) -> bytes:
    shape = _part(1, _text(2, "B")) + _part(1, _number(1, width))
    return _text(1, name) + _part(2, _part(1, _number(1, FLOAT) + _part(2, shape)))
