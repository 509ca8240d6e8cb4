"""The recipes of a codec and of a mask in CONTRIBUTING.md: a file and a line of a table."""

import pytest
from recipe_kit import Kit


@pytest.fixture
def kit(tmp_path):
    return Kit(tmp_path)


def test_a_codec_is_a_file_and_a_line(kit):
    kit.follow("skelkit/ops/codecs/ends.py", "CODECS", '"ends": Ends', "from .ends import Ends")
    printed = kit.script(
        """
        import torch
        from skelkit.continual import ReplayMemory
        from skelkit.lessons.compression import draw_rate_distortion
        from skelkit.lessons.compression_measures import Recordings

        codec = sk.codecs.CODECS["ends"]()
        figure = draw_rate_distortion(Recordings.of(train), (2, 5))
        print("in the figure:", "first and last frames, s = 2" in figure)
        sizes = {"frames": 24, "joints": 25, "persons": 2}
        memory = ReplayMemory("10 slots", codec, **sizes)
        generator = torch.Generator().manual_seed(0)
        memory.offer(train.batch(slice(0, 5), frames=24), train.labels[:5], generator=generator)
        x, labels, _ = memory.draw(3, generator)
        print("from the memory:", tuple(x.shape), codec.bytes_per_person(24, 25))
        history = sk.continual.learn(
            "charon", train, test, tasks=2, memory="40 clips", preset="smoke", epochs=1, codec="ends",
            count=3, dtype="int8")
        print("stored:", history.stored > 0, history.memory.codec)
        """
    )
    assert "in the figure: True" in printed
    assert f"from the memory: (3, 3, 24, 25, 2) {2 * 25 * 3 * 4 + 1}" in printed
    assert "stored: True Ends(count=3, dtype='int8')" in printed
    assert len(kit.touched) == 2


def test_the_tests_of_all_codecs_take_in_a_new_one(kit):
    kit.follow("skelkit/ops/codecs/ends.py", "CODECS", '"ends": Ends', "from .ends import Ends")
    chosen = (
        "Ends or ends or every_kind or command_line_takes or settings_and_figures or hidden_by_an_argument"
    )
    passed = kit.passed(chosen, "test_codecs", "test_memory", "test_options")
    assert sum("[Ends(" in name for name in passed) > 10
    assert sum("ends" in name for name in passed) >= 3


def test_a_mask_is_a_file_and_a_line(kit):
    line = "from .first_joints import FirstJoints"
    kit.follow("skelkit/ops/masks/first_joints.py", "MASKS", '"first_joints": FirstJoints', line)
    printed = kit.script(
        """
        from skelkit.viz.panels import masking

        mask = sk.masks.MASKS["first_joints"](ratio=0.16)
        x = train.batch(slice(0, 2), frames=24)
        hidden = mask(x, train.skeleton)
        left = sk.masks.hide(x, joints=hidden)
        print("hidden:", hidden.sum(1).tolist(), float(left[:, :, :, :4].abs().max()))
        panel = masking(train)
        print("in the panel:", any("first joints" in str(c.options) for c in panel.controls.values()
                                   if hasattr(c, "options")))
        """
    )
    assert "hidden: [4, 4] 0.0" in printed
    assert "in the panel: True" in printed
    assert any("every_mask" in name for name in kit.passed("first_joints", "test_masks"))
    assert len(kit.touched) == 2
