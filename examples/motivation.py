"""Ask why people act: the embedded model on a few scenarios, and what a model that always says C would score.

    python examples/motivation.py

Needs the embedded language model (`humankind models install smollm2`). Nothing leaves this machine. It takes about half
a minute: three questions for each of three people, every answer read from the likelihood of the six letters.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from humankind.kits.bench.questions import Reply
from humankind.spine.progress import SILENT
from humankind.systems.motivation.config import MotivationConfig
from humankind.systems.motivation.data import load
from humankind.systems.motivation.evaluate import ask_all, score, trials_of
from humankind.systems.motivation.protocol import make_trials


def main() -> None:
    """Show a question, ask a model, and score it beside a constant letter."""
    own = load("own")
    print(f"{len(own.scenarios)} scenarios, {len(own.questions)} questions\n")

    config = MotivationConfig(protocol="quick", limit=3)
    trials = trials_of(config, own)
    print(trials[0].prompt, "\n")

    with TemporaryDirectory() as folder:
        replies = ask_all(config, trials, Path(folder), SILENT)
    for trial, reply in zip(trials[:3], replies):
        said = trial.question.options[reply.choice] if reply.choice is not None else reply.unscored
        print(f"{trial.question.category}: {said} ({'right' if reply.right else 'wrong'})")

    found = score(config, "own", trials, replies)
    print(f"\nthe model, {found.trials} trials, read by {found.way}")
    for figure in found.figures:
        print(f"  {figure.label:<26} {figure.value:.3f}")

    # Six orders of the options put every option behind every letter once.
    everything = make_trials(own.questions, "paper", "base")
    third = [Reply(trial=t.id, choice=t.shown[2], right=t.shown[2] == t.question.gold) for t in everything]
    print(f"\nalways C, {len(everything)} trials")
    for figure in score(config, "own", everything, third).figures:
        print(f"  {figure.label:<26} {figure.value:.3f}")


if __name__ == "__main__":
    main()
