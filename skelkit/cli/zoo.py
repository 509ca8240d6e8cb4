"""`skelkit zoo`: list the trained networks, make them, check them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from .. import zoo
from ..utils.validation import one_of
from .command import Command


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("action", choices=("list", "make", "check"), help="what to do")
    parser.add_argument("names", nargs="*", metavar="NAME", help="entries. Default: all")
    parser.add_argument("--seed", type=int, default=zoo.SEED, help=f"of make. Default: {zoo.SEED}")


def _run(options: Namespace) -> int:
    wrong = 0
    names = options.names or ([c.name for c in zoo.list()] if options.action != "make" else zoo.RECIPES)
    known = {card.name: card for card in zoo.list()}
    for name in names:
        one_of(name, zoo.RECIPES, "entry of the zoo")
        if options.action == "make":
            print(zoo.make(name, options.seed))
        elif options.action == "check":
            found = zoo.check(name)
            same = found == known[name].results
            wrong += not same
            print(f"{name}: {'as its card says' if same else f'{found}, its card: {known[name].results}'}")
        else:
            print(known.get(name, f"{name}: not made yet; run: skelkit zoo make {name}"))
    return 1 if wrong else 0


COMMAND = Command(
    name="zoo",
    help="list, make or check the trained networks that ship with the kit",
    description="Trained networks on the embedded data, each with a card that says how it was made. Making "
    "one trains it again; checking measures its accuracy again with the stored weights.",
    add_arguments=_add_arguments,
    run=_run,
)
