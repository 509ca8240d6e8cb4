"""Key points in the image plane as poses in metres: one treatment for all two-dimensional formats."""

from __future__ import annotations

import numpy as np

from ...utils.validation import positive
from ..errors import UnreadableFile
from .common import Location

ASPECT = 16 / 9
"""Width of an image divided by its height, where positions are shares of them and nothing says it."""


@np.errstate(over="ignore", invalid="ignore")
def from_image(
    where: Location,
    points: np.ndarray,
    score: np.ndarray | None = None,
    *,
    height: float = 1.7,
    least_score: float = 0.0,
    aspect: float = ASPECT,
) -> np.ndarray:
    """Poses float32 [T, M, V, 3] in metres of key points [T, M, V, 2], y down; see `in_metres`.

    Args:
        where: the place in the file, for the error.
        points: in pixels; or shares of the width and height of the image if all lie between -1 and 1.
        score: confidence [T, M, V]. Default: all are sure.
        height: of a person, in metres.
        least_score: joints with a lower confidence become zero, like joints at (0, 0), which were not found.
        aspect: width of the image divided by its height, for shares only.

    Raises:
        ValueError: `height` or `aspect` is not a positive number.
        UnreadableFile: points that are NaN or infinite.
    """
    positive(aspect, "aspect", "widths per height")
    if score is not None:
        points = points * (score >= least_score)[..., None]
    if not np.isfinite(points).all():
        raise UnreadableFile(
            where,
            "key points that are NaN or infinite",
            "pixels",
            "correct the annotation, (0, 0) is a joint that was not found",
        )
    points = points.astype(np.float64)
    if are_shares(points):
        points = points * [aspect, 1.0]
    return in_metres(points, height).astype(np.float32)


def are_shares(points: np.ndarray) -> bool:
    """Whether key points are shares of the width and height of the image: all lie between -1 and 1.

    >>> are_shares(np.array([0.5, 0.9])), are_shares(np.array([640.0, 360.0]))
    (True, False)
    """
    return bool((np.abs(points) <= 1).all())


def in_metres(points: np.ndarray, height: float = 1.7) -> np.ndarray:
    """Poses [T, M, V, 3] in metres, y up, z = 0, of key points [T, M, V, 2] in pixels, y down.

    The whole clip has one scale: `height` metres are the median, over all persons and frames, of the vertical
    extent of a person's joints. Persons near the camera and far from it come out equally tall; a person who
    sits throughout comes out too large. The lowest joint of the clip is at y = 0, the median of all joints at
    x = 0. A joint at (0, 0) was not found and stays zero.

    Raises:
        ValueError: `height` is not a positive number.

    >>> in_metres(np.array([[[[100.0, 50.0], [100.0, 220.0], [0.0, 0.0]]]])).tolist()
    [[[[0.0, 1.7, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]]
    """
    positive(height, "height", "metres")
    seen = (points != 0).any(-1)  # [T, M, V]
    if not seen.any():
        return np.zeros((*points.shape[:3], 3))
    y = np.where(seen, points[..., 1], np.nan)
    persons = y.reshape(-1, y.shape[-1])[seen.any(-1).reshape(-1)]
    extent = float(np.median(np.nanmax(persons, 1) - np.nanmin(persons, 1)))
    scale = height / extent if extent > 0 else 1.0  # one joint, or all at one height: no size to scale by
    poses = np.stack(
        [
            points[..., 0] - np.median(points[..., 0][seen]),
            np.nanmax(y) - points[..., 1],
            np.zeros_like(points[..., 0]),
        ],
        -1,
    )
    # A single joint may come out at zero (the lowest one, in the middle), but never all joints of a visible
    # person.
    return np.where(seen[..., None], poses * scale, 0.0)
