"""Partitions of the edges of a skeleton into the three subsets of ST-GCN."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from ..skeletons.skeleton import Skeleton

Partition = Literal["distance", "one_hop"]
"""See `partition`."""


def partition(skeleton: Skeleton, kind: Partition) -> Tensor:
    """Weights of the edges in three subsets, float[3, V, V]; `[k, i, j]` weights joint i in joint j.

    Args:
        kind: "distance": edges to the joint itself, from joints nearer the root, and from joints farther
            away (Yan et al. 2018, `Skeleton.partition`). "one_hop": the same with all distances above 1
            taken as infinite, as PSTL's code does; edges between joints of equal distance count as from
            farther away. Only the neighbours of the root then have nearer joints: 40 of the 48 edges of
            NTU-25 are in one subset.

    Raises:
        ValueError: another kind.
    """
    graph = skeleton.partition
    if kind == "distance":
        return graph
    if kind != "one_hop":
        raise ValueError(f"partition={kind!r}: expected 'distance' or 'one_hop'")
    distance = skeleton.hops.float()
    distance[distance > 1] = float("inf")
    nearer = distance[:, None] < distance[None, :]  # joint i than joint j
    own, both = graph[0], graph[1] + graph[2]
    graph[0], graph[1], graph[2] = own, both * nearer, both * ~nearer
    return graph
