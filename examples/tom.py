"""Ask a small language model who believes what, in stories whose answers are known, under S2F.

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

N_ASKED = 6


def main() -> None:
    """Make stories, look at one, try shortcuts, ask the model, look at its thoughts."""
    suite = generated(Making(n_questions=100, orders=(0, 1, 2), seed=1))
    print(f"{len(suite.questions)} questions, chance {suite.chance:.3f}\n")

    second = next(question for question in suite.questions if question.order == 2)
    print(f"{second.story}\n\nanswer: {second.answer}\n")

    # Under T2M a model would think about the first part alone; the second comes with the forced phrase.
    (trial,) = make_trials([second], {})
    parts = split(trial)
    print(f"shown at once: {parts.before.rpartition('Question: ')[2].strip()}")
    print(f"shown later:   {parts.later.strip().splitlines()[1]} ...\n")

    print("right without understanding anything")
    for name, accuracy, _chance in shortcuts_table(suite.questions).rows:
        print(f"  {accuracy:.3f}  {name}")

    config = TomConfig(suite="generated", policy="s2f:3", limit=N_ASKED, max_new_tokens=32, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        trials, replies = evaluate(config, suite, Path(folder))
    overall = figures(config, suite, trials, replies).overall
    print(f"\nS2F: {overall.right} of {overall.scored} right, 95 % interval {overall.low:.3f} to {overall.high:.3f}")
    print(f"one of its replies:\n{replies[0].text.strip()}")


if __name__ == "__main__":
    main()
