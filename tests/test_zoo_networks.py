"""The trained networks that ship with the kit are what their cards say."""

import pytest

from skelkit import zoo
from skelkit.zoo import card as cards


@pytest.mark.parametrize("name", zoo.RECIPES)
def test_an_entry_is_as_accurate_as_its_card_says(name):
    if not cards.path_of(name).exists():
        pytest.skip(f"{name} has not been made yet")
    card = next(card for card in zoo.list() if card.name == name)
    wrong = (zoo.check(name)["accuracy"] - card.results["accuracy"]) * card.results["clips"]
    assert abs(wrong) < 2.5, "another processor rounds one or two clips differently, not more"


def test_all_entries_together_are_at_most_10_mb():
    assert sum(path.stat().st_size for path in cards.folder().glob("*")) <= 10e6
