"""ICC profiles made by code, for the tests of this folder (ICC.1:2001-04, version 2.4)."""

from __future__ import annotations

import struct

import numpy as np

_D50 = (0.9642, 1.0, 0.8249)
_SRGB_IN_D50 = ((0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))


def gray_profile(gamma: float) -> bytes:
    """Grey with the given gamma."""
    return _profile(b"GRAY", b"XYZ ", b"mntr", {b"kTRC": _curve(gamma)})


def swapped_rgb_profile() -> bytes:
    """RGB of gamma 2.2 whose first channel is green and whose second is red."""
    red, green, blue = _SRGB_IN_D50
    tags = {b"rXYZ": _xyz(*green), b"gXYZ": _xyz(*red), b"bXYZ": _xyz(*blue)}
    return _profile(b"RGB ", b"XYZ ", b"mntr", tags | {c + b"TRC": _curve(2.2) for c in _RGB})


_RGB = (b"r", b"g", b"b")


def cmyk_profile() -> bytes:
    """CMYK in which cyan prints as a *red* of Lab (50, 60, 40), and the other inks as grey."""
    nodes = np.array([[c, m, y, k] for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1)])
    lightness = np.clip(100 - nodes @ [50, 20, 10, 100], 0, 100)
    a, b = (nodes[:, 0] * (lightness == 50) * ab for ab in (60, 40))
    lab = np.stack([lightness * 2.55, a + 128, b + 128], -1).round().astype(np.uint8)
    identity = bytes(range(256))
    matrix = _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix
    table += identity * 4 + lab.tobytes() + identity * 3
    return _profile(b"CMYK", b"Lab ", b"prtr", {b"A2B0": table})


def _profile(space: bytes, connection: bytes, kind: bytes, tags: dict[bytes, bytes]) -> bytes:
    name = b"made\0"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(name)) + name + bytes(78),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": _xyz(*_D50),
    } | tags
    start = 132 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, value in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    size = start + len(body)
    head = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02400000, kind, space, connection)
    head += bytes(12) + b"acsp" + bytes(28) + _fixed(*_D50)
    return head + bytes(128 - len(head)) + table + body


def _curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(*values)


def _fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)
