"""Figures of continual learning: accuracy, forgetting and cost.

Accuracies are shares, 0 to 1, and are drawn in percent. An accuracy matrix is float[tasks, tasks]: entry
[i, j] is the accuracy on task j after learning task i, nan where unknown. Several values of one quantity are
its seeds: their mean is drawn, with its 95 % interval.
"""

from .accuracy_budget import by_budget
from .accuracy_curves import learnt_so_far
from .component_ablation import ablation
from .confusion_matrix import confusion, confusions
from .feature_drift import drift, plane
from .mask_ratio import over_ratio
from .matrices import accuracy_matrices, accuracy_matrix
from .method_comparison import methods

__all__ = [
    "ablation",
    "accuracy_matrices",
    "accuracy_matrix",
    "by_budget",
    "confusion",
    "confusions",
    "drift",
    "learnt_so_far",
    "methods",
    "over_ratio",
    "plane",
]
