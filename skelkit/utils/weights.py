"""A short hash of a network's weights."""

from __future__ import annotations

import hashlib

from torch import Tensor, nn

from .checkpoint import raw_bytes


def weights_hash(network: object) -> str:
    """Hash of the weights of a network, sixteen hexadecimal digits; "" for anything else.

    >>> layer = nn.Linear(1, 1)
    >>> before = weights_hash(layer)
    >>> nn.init.constant_(layer.weight, 9.0).item(), weights_hash(layer) == before
    (9.0, False)
    """
    if not isinstance(network, nn.Module):
        return ""
    digest = hashlib.sha256()
    for name, weights in network.state_dict().items():
        if isinstance(weights, Tensor):
            digest.update(f"{name} {weights.dtype} {list(weights.shape)}".encode())
            digest.update(raw_bytes(weights.detach().cpu()))
    return digest.hexdigest()[:16]
