"""Ask a small language model who believes what, in stories whose answers are known, with and without S2F.

    python examples/tom.py

The stories are made here, by a generator that tracks who saw what; the model comes with the extra `llm`. It has 135
million parameters and answers near chance: what matters is that every step is there to be looked at.
"""

import tempfile
from pathlib import Path

from humankind.systems.tom.config import TomConfig
from humankind.systems.tom.evaluate import evaluate, figures
from humankind.systems.tom.shortcuts import shortcuts_table
from humankind.systems.tom.suites import Making, generated
from humankind.systems.tom.t2m import split
from humankind.systems.tom.trials import make_trials

N_ASKED = 10


def main() -> None:
    """Make stories, look at one, try shortcuts, ask the model, look at its thoughts."""
    suite = generated(Making(n_questions=100, orders=(0, 1, 2), seed=1))
    print(f"{len(suite.questions)} questions, chance {suite.chance:.3f}\n")

    second = next(question for question in suite.questions if question.order == 2)
    print(second.story, "\n\n", second.text, sep="")
    print("options:", ", ".join(second.options))
    print("answer: ", second.answer, "\n")

    print("accuracy without understanding anything")
    for name, accuracy, chance in shortcuts_table(suite.questions).rows:
        print(f"  {accuracy:.3f}  {name}")

    # T2M: the model thinks about this part; the options come with the forced phrase.
    (trial,) = make_trials([second], {})
    print(
        "\nhidden while thinking:",
        not any(option in split(trial).before.split("Question")[1] for option in second.options),
    )

    for policy in ("plain", "s2f:3"):
        config = TomConfig(suite="generated", policy=policy, limit=N_ASKED, max_new_tokens=48, seed=1)
        with tempfile.TemporaryDirectory() as folder:
            trials, replies = evaluate(config, suite, Path(folder))
        overall = figures(config, suite, trials, replies).overall
        told = "none" if overall.low is None else f"{overall.low:.3f} to {overall.high:.3f}"
        print(
            f"\n{policy}: {overall.right} of {overall.scored} right, 95 % interval {told}, chance {overall.chance:.3f}"
        )
    print(f"one of its thoughts: {replies[0].text.strip()}")


if __name__ == "__main__":
    main()
