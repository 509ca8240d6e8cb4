"""Which clips go to training: by subject, view or setup, or a share of every class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from ..utils.validation import listed
from .errors import TrainingGroupsNeeded

GROUPS = ("subject", "view", "setup")
"""Names of the groups that a clip can belong to."""


def stratified(labels: Tensor, share: object, seed: int) -> Tensor:
    """Training clips of a stratified split, bool[N]: a random share of every class.

    Args:
        labels: Long[N].
        share: training share of each class, between 0 and 1.
        seed: of the random choice.

    Raises:
        ValueError: a share that is not a number between 0 and 1.
    """
    if not isinstance(share, (int, float)) or not 0 < share < 1:
        raise ValueError(f"a stratified split takes train= as a share between 0 and 1; got {share!r}")
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    on_cpu = labels.cpu()
    for label in on_cpu.unique():
        members = (on_cpu == label).nonzero().flatten()
        order = members[torch.randperm(len(members), generator=generator)]
        chosen[order[: round(len(members) * share)]] = True
    return chosen.to(labels.device)


def by_group(
    by: str, codes: Tensor | None, names: tuple[str, ...] | None, train: Iterable[Any] | float | None
) -> Tensor:
    """Training clips of a split by group, bool[N]: the clips of the groups in `train`.

    Args:
        by: one of `GROUPS`.
        codes: group of each clip, Long[N]; None if the clips have no such group.
        names: group names, indexed by code; None or empty if the codes themselves identify the groups.
        train: names or numbers of the training groups.

    Raises:
        TrainingGroupsNeeded: `train` is None.
        ValueError: the clips have no such group, or `train` contains an unknown one.
    """
    if codes is None:
        raise ValueError(f"these clips have no {by}; pass {by}=… to from_arrays, or use split('stratified')")
    if isinstance(train, (str, int, float)):
        raise ValueError(f"split by {by} takes several {by}s, train=[{train!r}]; got train={train!r}")
    values = list(names) if names else sorted(codes.unique().tolist())
    if train is None:
        raise TrainingGroupsNeeded(by, values)
    chosen = torch.zeros_like(codes, dtype=torch.bool)
    for value in train:
        if value not in values:
            known = listed(values)
            raise ValueError(f"no {by} {value!r} among these clips; they have: {known}")
        chosen |= codes == (values.index(value) if names else value)
    return chosen
