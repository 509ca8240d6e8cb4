"""Write docs/results.md from the recordings: python tests/results_page.py

Every number of the page is computed from a recording, and a section without a recording is left out. A
sentence about an outcome is chosen by a condition, so that the page stays true whatever is recorded.
"""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean

from skelkit.experiments import recordings, selection
from skelkit.experiments.continual import MANY_CLIPS
from skelkit.experiments.recordings import Recording
from skelkit.experiments.statistics import Comparison, compare_all
from skelkit.lessons.forgetting_recorded import between_learners
from skelkit.lessons.probing_recorded import charon_gains, replay_gains
from skelkit.utils.files import write_atomic

PAGE = Path(__file__).parents[1] / "docs" / "results.md"

README = PAGE.parents[1] / "README.md"
BEGIN, END = "<!-- from here on written by tests/results_page.py -->", "<!-- to here -->"
"""Comments around what this writes into the README."""

SETS = {
    "synthetic": "embedded",
    "precog": "PRECOG 2016",
    "bandai-namco-2": "Bandai-Namco",
}
"""Data set of a recording -> its name on the page."""

SOURCES = {
    "embedded": "ten of the synthetic actions",
    "PRECOG 2016": "by D. Jardim, Kinect v1, strikes by twelve subjects",
    "Bandai-Namco": "Research Motion Dataset 2, motion capture of three actors",
}
"""Where the data are from; a recording says how they were split."""

LEARNERS = {
    "fine-tuning": "fine-tuning (lower bound)",
    "ewc": "EWC",
    "lwf": "LwF",
    "er": "ER",
    "der++": "DER++",
    "icarl": "iCaRL",
    "charon": "CHARON",
    "joint": "joint training (upper bound)",
}

METHODS = {
    "scratch": "none",
    "two untrained": "none, two encoders",
    "autoencoder": "autoencoder",
    "skeleton2vec": "Skeleton2vec",
    "skeletonbt": "SkeletonBT",
    "pstl": "PSTL",
    "asma": "ASMa",
}

EVALUATIONS = {
    "knn": "k-NN",
    "linear": "linear evaluation",
    "finetune": "fine-tuned, all labels",
    "semi 10 %": "fine-tuned, 10 % of labels",
    "semi 1 %": "fine-tuned, 1 % of labels",
}

NO_DIFFERENCE = "not significantly different from"
"""What a comparison says that is not significant."""

Differences = Mapping[str, Sequence[float]]
Section = Callable[[Recording], str]
"""Writes a section from a recording."""


# -- parts of the page --------------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *rows])


def prose(*sentences: str) -> str:
    """A paragraph in lines of at most 110 characters."""
    words = " ".join(" ".join(sentences).split())
    return textwrap.fill(words, 110, break_on_hyphens=False, break_long_words=False)


def page(*parts: str) -> str:
    """Parts of the page, one below the other."""
    return "\n\n".join(filter(None, parts))


def cell(found: Recording, label: str, metric: str = "faa") -> str:
    """Mean of a variant and its interval, without the unit; empty if it was not recorded."""
    return found.percent(label, metric).replace(" %", "") if found.of(label, metric) else ""


def accuracies(found: Recording, what: str, metric: str = "faa", **columns: str) -> str:
    """A table with a row for each variant.

    Args:
        columns: other recorded numbers, by name, and their headings; they are shown as means.
    """
    means = {title: found.means(name) for name, title in columns.items()}
    rows = [
        [label, cell(found, label, metric), *(f"{each[label]:,.0f}" for each in means.values())]
        for label in found.labels
    ]
    return table([what, "accuracy (%)", *means], rows)


def by_evaluation(found: Recording, labels: Mapping[str, str], ways: Mapping[str, str], what: str) -> str:
    """A table with a row for each variant and a column for each evaluation, in words."""
    rows = [[words, *(cell(found, label, way) for way in ways)] for label, words in labels.items()]
    return table([what, *ways.values()], rows)


def against(reference: str, heading: str, text: str, what: str, **columns: str) -> Section:
    """A section that compares every variant of a recording with one of them.

    Args:
        text: what was done, without the data set and the number of seeds.
        what: heading of the variants.
        columns: as for `accuracies`.
    """

    def write(found: Recording) -> str:
        return page(
            heading,
            prose(f"{text} Embedded data, {seeds(found)}."),
            accuracies(found, what, **columns),
            comparisons(found.differences_from(reference), f"compared with {reference}"),
        )

    return write


def comparisons(differences: Differences, what: str = "") -> str:
    """A table of paired differences, with p values that are corrected together."""
    found = compare_all({name: values for name, values in differences.items() if len(values) > 1})
    rows = [[name, in_points(each), in_short(each), each.verdict] for name, each in found.items()]
    return table([what, "difference (points)", "p", "verdict"], rows) if rows else ""


def in_points(each: Comparison) -> str:
    """Mean and interval, without the unit."""
    return each.difference.replace(" points", "")


def in_short(each: Comparison) -> str:
    """The p value for a cell of a table."""
    return each.p_words.removeprefix("p = ").replace("p < ", "< ")


def each_seed(found: Recording, label: str) -> str:
    """Accuracy of each seed, in order of seed."""
    return ", ".join(f"{100 * value:.1f}" for value in found.of(label))


def seeds(found: Recording) -> str:
    """Number of seeds in words."""
    return f"{len({run['seed'] for run in found.runs})} seeds"


def read(experiment: str, dataset: str = "synthetic") -> Recording | None:
    """A recording of the project; None if there is none, or one from before settings were stated."""
    found = recordings.read(experiment, dataset)
    return found if found and "settings" in found.about else None


def every(experiment: str) -> dict[str, Recording]:
    """Recordings of an experiment, by the name of the data set on the page."""
    return {words: found for name, words in SETS.items() if (found := read(experiment, name))}


def on_embedded(experiment: str, write: Section) -> str:
    """A section on an experiment on the embedded set; empty if it was not recorded."""
    found = read(experiment)
    return write(found) if found else ""


# -- headlines ----------------------------------------------------------------------------------------------


def headlines() -> str:
    """What the papers report, and what was found here."""
    compared: dict[str, Comparison] = {}
    for name, found in every("methods").items():
        for (better, worse), each in compare_all(between_learners(found)).items():
            if worse != "joint":
                compared[f"{in_words(better)} is better than {in_words(worse)} ({name})"] = each
    if found := read("pressure"):
        words = "In the same bytes, every fifth frame is better than whole clips (embedded, 30 classes)"
        compared |= compare_all({words: found.paired_differences("s = 5", "s = 1")})
    if found := read("components"):
        with_each = charon_gains(found)["Added to the other three"]
        compared |= compare_all(
            {f"CHARON is better with {words} (embedded)": values for words, values in with_each.items()}
        )
    for name, found in every("pretraining").items():
        pairs = (("asma", "pstl"), ("pstl", "skeletonbt"), ("asma", "two untrained"))
        compared |= compare_all(
            {
                f"{METHODS[better]} is better than {METHODS[worse].replace('none', 'no pre-training')}, "
                f"linear evaluation ({name})": found.paired_differences(better, worse, "linear")
                for better, worse in pairs
            }
        )
    if found := read("pairs"):
        words = "f and g are better than two encoders with random masks, concatenated (embedded)"
        compared |= compare_all({words: found.paired_differences("f and g", "two random", "joined")})
    if not compared:
        return ""
    rows = [[words, outcome(each), in_points(each), in_short(each)] for words, each in compared.items()]
    return page(
        "## What of the papers is confirmed here",
        prose(
            """Confirmed: the difference has the sign of the paper and is significant. Reversed: it is
            significant with the other sign. p is corrected for the comparisons of one recording. The papers
            use larger networks and data sets."""
        ),
        table(["headline", "here", "difference (points)", "p"], rows),
    )


def and_list(words: Sequence[str]) -> str:
    """Words as a list in a sentence."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def in_words(learner: str) -> str:
    """Name of a learner in a sentence."""
    return LEARNERS[learner].split(" (")[0]


def summary() -> str:
    """CHARON on every data set in one sentence each, for the README."""
    lines = []
    for name, each in every("methods").items():
        groups: dict[str, list[str]] = {}
        for (learner, other), one in compare_all(between_learners(each)).items():
            if learner == "charon":
                how = ("better than" if one.mean > 0 else "worse than") if one.significant else NO_DIFFERENCE
                groups.setdefault(how, []).append(f"{in_words(other)} ({each.percent(other)})")
        clauses = [f"{how} {and_list(listed)}" for how, listed in groups.items()]
        lines.append(f"* {name}: CHARON reaches {each.percent('charon')}; {'; '.join(clauses)}.")
    return "\n".join(
        textwrap.fill(line, 110, subsequent_indent="  ", break_on_hyphens=False) for line in lines
    )


def outcome(each: Comparison) -> str:
    """Whether a difference that should be positive is confirmed."""
    if not each.significant:
        return "not confirmed"
    return "**confirmed**" if each.mean > 0 else "**reversed**"


# -- continual learning -------------------------------------------------------------------------------------


def methods() -> str:
    """All learners on the data sets."""
    found = every("methods")
    if not found:
        return ""
    rows = [[words, *(cell(each, learner) for each in found.values())] for learner, words in LEARNERS.items()]
    against = [
        [f"{name}: {in_words(a)} - {in_words(b)}", in_points(one), in_short(one), one.verdict]
        for name, each in found.items()
        for (a, b), one in compare_all(between_learners(each)).items()
    ]
    low = [
        name
        for name, each in found.items()
        if min(each.means().items(), key=lambda m: m[1])[0] != "fine-tuning"
    ]
    each = next(iter(found.values()))
    return page(
        prose(
            f"""Final average accuracy after all tasks, in %, over {seeds(each)}. Tasks have two classes
            each. All memories have the same size in bytes, that of twenty uncompressed clips, and all
            learners take the same number of steps in a task. Their settings were chosen on validation
            subjects of the embedded data, and are the same on all data sets."""
        ),
        table(["learner", *found], rows),
        table(["difference", "points", "p", "verdict"], against),
        prose("p is corrected for the comparisons of a data set."),
        prose(
            f"Fine-tuning is meant as the lower bound, but has not the lowest mean on: {', '.join(low)}."
            if low
            else "Fine-tuning has the lowest mean on every data set."
        ),
    )


def components(found: Recording) -> str:
    """What each component adds, to CHARON and to the other learners."""
    charon = {f"{w}, {c.lower()}": v for c, of in charon_gains(found).items() for w, v in of.items()}
    others = {f"{caption}: {n}": v for caption, of in replay_gains(found).items() for n, v in of.items()}
    return page(
        "### Components of CHARON, and of the other learners",
        prose(
            f"""Every learner with a memory, with and without each component that it can have, at equal
            bytes and equal steps (embedded data, {seeds(found)}). DER++ with compression, probing and logit
            refresh is CHARON without masking. Masking includes the reconstruction."""
        ),
        comparisons(charon, "CHARON"),
        comparisons(others, "learner"),
        accuracies(found, "learner and components", stored="clips stored"),
    )


def stem_effect(found: Recording) -> list[float]:
    """What the published stem, which reads hidden tuples too, adds to CHARON: points for each seed."""
    published = "charon, as published, stem on all tuples"
    return found.paired_differences(published, "charon, over outputs, scale 1")


def attention(found: Recording) -> str:
    """Axis of the softmax and first scale."""
    rows = {}
    for learner in ("charon", "joint"):
        name = in_words(learner)
        for scale in ("1", "10"):
            ends = [f"{learner}, over {axis}, scale {scale}" for axis in ("outputs", "inputs")]
            rows[f"{name}, scale {scale}: over outputs (published) - inputs"] = found.paired_differences(
                *ends
            )
        for axis in ("inputs", "outputs"):
            ends = [f"{learner}, over {axis}, scale {scale}" for scale in ("1", "10")]
            rows[f"{name}, over {axis}: scale 1 (published) - 10"] = found.paired_differences(*ends)
    return page(
        "### Attention: axis of the softmax and first scale of the scores",
        prose(
            f"""The network normalises over the output tokens and starts at scale 1, as published (embedded
            data, {seeds(found)}). In the published network the stem also reads the hidden tuples."""
        ),
        accuracies(found, "network"),
        comparisons(rows | {"CHARON: stem on all tuples (published) - visible ones": stem_effect(found)}),
    )


ON_EMBEDDED: dict[str, Section] = {
    "components": components,
    "pressure": against(
        "s = 1",
        "### A memory under pressure",
        f"""CHARON on {MANY_CLIPS // 2:,} training clips of all thirty actions. The memory has the bytes of
        four uncompressed clips; even compressed it keeps at most one clip in twenty.""",
        "memory",
        stored="clips stored",
    ),
    "ratios": against(
        "0%", "### Mask ratio", "CHARON on all ten classes at once, without probing.", "mask ratio"
    ),
    "attention": attention,
    "extras": against("CHARON", "### CHARON with one change at a time", "", "variant"),
}
"""Experiment on the embedded data -> its section."""


def chosen() -> str:
    """How the settings were chosen."""
    parts = [
        page(
            f"#### {words}, {name}",
            prose("On validation subjects; the test clips were not used."),
            table(
                ["learner and setting", "mean (%)", "each seed"],
                [
                    [label, f"{100 * mean(found.of(label)):.1f}", each_seed(found, label)]
                    for label in found.labels
                ],
            ),
        )
        for experiment, words in (("steps", "Steps of a task"), ("grid", "Learning rate and weights"))
        for name, found in every(experiment).items()
    ]
    rule = prose(
        """Learners with a memory, and joint training, have the published first scale of the attention and the
        learning rate of the preset unless another one is better on the validation subjects of all three data
        sets: none is. Means of two seeds differ by ten points and more without any cause."""
    )
    return page("### How the settings were chosen", rule, *parts) if parts else ""


# -- self-supervised learning -------------------------------------------------------------------------------


def pretraining() -> str:
    """All methods of pre-training on the data sets."""
    parts = []
    for name, found in every("pretraining").items():
        known = {label: words for label, words in METHODS.items() if label in found.labels}
        pairs = [("asma", "pstl"), ("asma", "two untrained"), ("pstl", "skeletonbt"), ("pstl", "scratch")]
        against = {
            f"{METHODS[a]} - {METHODS[b]}, {words}": found.paired_differences(a, b, way)
            for way, words in EVALUATIONS.items()
            for a, b in pairs
            if {a, b} <= known.keys()
        }
        aligned = {label: words for label, words in known.items() if found.of(label, "aligned")}
        parts.append(
            page(
                f"### Methods on {name} data",
                prose(
                    f"""Test accuracy in %, {seeds(found)}. The same encoder, clips, steps and augmentation
                    for all. Linear evaluation is one layer on frozen features; two encoders are
                    concatenated."""
                ),
                by_evaluation(found, known, EVALUATIONS, "pre-training"),
                by_evaluation(found, aligned, {"aligned": "linear evaluation"}, "two encoders, aligned")
                if aligned
                else "",
                comparisons(against),
            )
        )
    return page(*parts)


def curves() -> str:
    """Accuracy by steps of pre-training and of fine-tuning, on validation subjects."""
    ways = {"knn": "k-NN", "linear": "linear"}
    ways |= {f"finetune, {n} steps": f"fine-tuned, {n}" for n in selection.TUNING_STEPS}
    parts = [
        page(
            f"#### Steps, {name}",
            table(
                ["pre-training", *ways.values()],
                [[label, *(mean_and_seeds(found, label, way) for way in ways)] for label in found.labels],
            ),
        )
        for name, found in every("curves").items()
    ]
    rule = prose(
        """Accuracy in % on validation subjects, mean and each seed; the test clips were not used. Preset
        `laptop` takes 450 steps of pre-training, the smallest number with which linear evaluation is not
        below that of first weights, and 675 steps of fine-tuning, because first weights go on gaining until
        then."""
    )
    return page("### Steps of pre-training and of fine-tuning", rule, *parts) if parts else ""


def mean_and_seeds(found: Recording, label: str, way: str) -> str:
    """Mean of an accuracy in % and that of each seed; empty if it was not measured."""
    values = [100 * value for value in found.of(label, way)]
    return f"{mean(values):.1f} ({', '.join(f'{v:.0f}' for v in values)})" if values else ""


def mirrored() -> str:
    """Mirrored views where classes tell left from right."""
    found = read("mirrored", "precog")
    if not found:
        return ""
    ways = {"knn": "k-NN", "linear": "linear evaluation", "finetune": "fine-tuned"}
    return page(
        "### Mirrored views",
        prose(
            f"""Half of the training views are mirrored, as published. PSTL on PRECOG, whose classes include
            *left punch* and *right punch* ({seeds(found)}). skelkit does not mirror if class names tell
            left from right."""
        ),
        by_evaluation(found, {label: label for label in found.labels}, ways, "views"),
        comparisons(
            {
                f"not mirrored - mirrored, {words}": found.paired_differences("not mirrored", "mirrored", way)
                for way, words in ways.items()
            }
        ),
    )


def write() -> str:
    """The whole page."""
    intro = prose(
        """Every number here is the mean over several seeds with its 95 % interval (Student's t), at preset
        `laptop`: small networks on small data sets. Each seed has test clips of its own: on the
        embedded data 2,000 new ones, on recordings those of other subjects (three seeds in a row test
        every subject once). So an interval counts both seeds and clips. Differences are paired by seed;
        their p values are corrected by Holm's method for all rows of a table, or of one data set in it.
        Where a difference is not significant, the table says how large it would have had to be."""
    )
    where = prose(
        """The runs, with command, settings, machine, date and every prediction, are in
        [`notebooks/recorded/`](../notebooks/recorded); `skelkit record` repeats them. This page is
        written from them by `python tests/results_page.py`."""
    )
    data = "\n".join(
        f"* {name}: {SOURCES[name]}; {found.about['divided']}" for name, found in every("methods").items()
    )
    continual = [methods(), *(on_embedded(name, section) for name, section in ON_EMBEDDED.items()), chosen()]
    selfsup = [pretraining(), curves(), mirrored()]
    return page(
        "# Results",
        intro,
        data,
        where,
        headlines(),
        *(["## Continual learning", *continual] if any(continual) else []),
        *(["## Self-supervised learning", *selfsup] if any(selfsup) else []),
    )


if __name__ == "__main__":
    write_atomic(PAGE, f"{write()}\n".encode())
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    write_atomic(README, f"{before}{BEGIN}\n{summary()}\n{END}{rest.partition(END)[2]}".encode())
