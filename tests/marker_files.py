"""C3D and TRC files made by hand, for the tests of their readers."""

import struct

import numpy as np

TOML = """
[markers]
pelvis = ["LASI", "RASI"]
knee = ["LKNE"]
[skeleton]
joints = ["pelvis", "knee", "ankle"]
bones = [["pelvis", "knee"], ["knee", "ankle"]]
root = "pelvis"
"""
NAMES = ("LASI", "RASI", "LKNE", "ankle")


def trc(names, positions, rate=100.0, units="mm"):
    """Positions [T, N, 3]; NaN is an empty cell."""
    rows = [
        f"{t + 1}\t{t / rate:.3f}\t" + "\t".join("" if np.isnan(v) else f"{v:.4f}" for v in frame.ravel())
        for t, frame in enumerate(positions)
    ]
    keys = "DataRate CameraRate NumFrames NumMarkers Units OrigDataRate OrigDataStartFrame OrigNumFrames"
    values = [rate, rate, len(rows), len(names), units, rate, 1, len(rows)]
    axes = "\t".join(f"{axis}{i + 1}" for i in range(len(names)) for axis in "XYZ")
    head = [
        "PathFileType\t4\t(X/Y/Z)\ta.trc",
        keys.replace(" ", "\t"),
        "\t".join(map(str, values)),
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        f"\t\t{axes}",
        "",
    ]
    return "\n".join([*head, *rows, ""])


def c3d(names, positions, rate=100.0, units="mm", up="+Z", scale=-1.0, order="<", analog=0, **change):
    """The bytes of a C3D file, by its specification.

    Args:
        positions: [T, N, 3]; NaN is a hidden marker.
        scale: below zero: coordinates are floats; otherwise whole numbers in units of the scale.
        order: byte order of an Intel ("<") or SGI (">") machine.
        analog: samples per frame, which follow the markers.
        change: values of the header.
    """
    frames, count = positions.shape[:2]
    width = max(map(len, names))
    labels = "".join(name.ljust(width) for name in names).encode()
    floats = struct.Struct(order + "f")
    parameters = [
        (b"USED", 2, (), struct.pack(order + "h", count)),
        (b"SCALE", 4, (), floats.pack(scale)),
        (b"RATE", 4, (), floats.pack(rate)),
        (b"UNITS", -1, (len(units),), units.encode()),
        (b"Y_SCREEN", -1, (len(up),), up.encode()),
        (b"LABELS", -1, (width, count), labels),
    ]
    if analog:
        parameters += [(b"USED", 2, (), struct.pack(order + "h", analog))]
        parameters += [(b"RATE", 4, (), floats.pack(rate))]
    section = bytearray(b"\x01\x50" + bytes([0, 84 if order == "<" else 86]))
    for number, name in ((1, b"POINT"), (2, b"ANALOG")):
        section += struct.pack("bb", len(name), -number) + name + struct.pack(order + "h", 3) + b"\x00"
    for place, (name, kind, shape, data) in enumerate(parameters):
        body = struct.pack("bB", kind, len(shape)) + bytes(shape) + data + b"\x00"
        section += struct.pack("bb", len(name), 1 if place < 6 else 2) + name
        section += struct.pack(order + "h", len(body) + 2) + body
    section += bytes(2)
    blocks = -(-len(section) // 512)
    section[2] = blocks
    header = {
        "points": count,
        "analog": analog,
        "first": 1,
        "last": frames,
        "gap": 0,
        "scale": scale,
        "data": 2 + blocks,
        "per_frame": 1 if analog else 0,
        "rate": rate,
    } | change
    begin = b"\x02\x50" + struct.pack(order + "HHHHHfHHf", *header.values())
    hidden = np.isnan(positions).any(-1)
    values = np.where(hidden[..., None], 0, positions) / (1 if scale < 0 else scale)
    rows = np.concatenate([values, np.where(hidden, -1, 0)[..., None]], -1).reshape(frames, -1)
    rows = np.concatenate([rows, np.ones((frames, analog))], 1)
    data = rows.round().astype(order + "i2") if scale > 0 else rows.astype(order + "f4")
    return begin.ljust(512, b"\0") + bytes(section).ljust(512 * blocks, b"\0") + data.tobytes()
