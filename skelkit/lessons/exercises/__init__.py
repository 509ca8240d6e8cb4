"""Exercises of the notebooks: each in a file of its own, with the mistakes that are named in words.

To add one, write a file with an `EXERCISE` and add it to the list here. `check` and `progress` then find it.
"""

from . import (
    barlow_twins,
    bytes_of_a_clip,
    bytes_of_a_sparse_layer,
    clips_encoded,
    clips_of_the_first_task,
    compress,
    corrected_bias,
    degree_weights,
    distillation_loss,
    distinct_joints,
    effective_rank,
    faa,
    fisher_information,
    forgetting,
    frame_motion,
    herding,
    hidden_after_draws,
    hidden_from_both,
    high_temperature_gradient,
    highest_frequency,
    knn_accuracy,
    logit_of_a_prior,
    loss_of_two_features,
    mirrored,
    nearest_mean,
    numbers_of_a_clip,
    presence,
    reconstruction_error,
    reservoir_step,
    restore,
    start_of_a_crop,
    two_four_mask,
)
from .checking import check, check_number, hints, progress, register
from .exercise import Case, Exercise

EXERCISES: dict[str, Exercise] = register(
    numbers_of_a_clip.EXERCISE,
    start_of_a_crop.EXERCISE,
    presence.EXERCISE,
    mirrored.EXERCISE,
    bytes_of_a_clip.EXERCISE,
    highest_frequency.EXERCISE,
    compress.EXERCISE,
    restore.EXERCISE,
    reconstruction_error.EXERCISE,
    hidden_after_draws.EXERCISE,
    hidden_from_both.EXERCISE,
    degree_weights.EXERCISE,
    distinct_joints.EXERCISE,
    frame_motion.EXERCISE,
    clips_of_the_first_task.EXERCISE,
    fisher_information.EXERCISE,
    faa.EXERCISE,
    forgetting.EXERCISE,
    reservoir_step.EXERCISE,
    herding.EXERCISE,
    logit_of_a_prior.EXERCISE,
    clips_encoded.EXERCISE,
    nearest_mean.EXERCISE,
    corrected_bias.EXERCISE,
    loss_of_two_features.EXERCISE,
    barlow_twins.EXERCISE,
    effective_rank.EXERCISE,
    knn_accuracy.EXERCISE,
    bytes_of_a_sparse_layer.EXERCISE,
    high_temperature_gradient.EXERCISE,
    distillation_loss.EXERCISE,
    two_four_mask.EXERCISE,
)
"""Every exercise by the name of its function, in the order of the notebooks."""

__all__ = ["EXERCISES", "Case", "Exercise", "check", "check_number", "hints", "progress"]
