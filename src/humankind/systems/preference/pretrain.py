"""The first lesson of a small decoder, in place of the pre-training that a large one brings along.

Half of the lessons are a context and a weak summary of it (`reading.read`), the other half a summary of a single
choice and the response chosen: so the decoder has read contexts, written summaries, and seen that responses go with
them. No question that is asked later is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from humankind.spine.progress import Progress
from humankind.systems.preference import objectives, reading, wording
from humankind.systems.preference.language import Language, batch_of
from humankind.systems.preference.networks import SummaryRewardModel, pair_scores
from humankind.systems.preference.records import Pair, Talk

Draw = Callable[[np.random.Generator], Sequence[Talk]]
"""Returns a context for a lesson."""


_ANSWERS = 0.5
"""Share of lessons that are a response."""


@dataclass(frozen=True)
class Lessons:
    """How long the first lesson is."""

    steps: int = 700
    batch_size: int = 64
    learning_rate: float = 2e-3
    longest: int = 1_024


def pretrain(language: Language, draw: Draw, lessons: Lessons, rng: np.random.Generator, progress: Progress) -> float:
    """Teach a decoder in place and return the last loss, in nats a token."""
    optimiser = torch.optim.AdamW(language.decoder.parameters(), lr=lessons.learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, lessons.learning_rate, total_steps=lessons.steps)
    language.decoder.train()
    loss = torch.tensor(float("nan"))
    with progress.task("first lesson", lessons.steps) as task:
        for _ in range(lessons.steps):
            rows = [_lesson(language, draw(rng), lessons.longest, rng) for _ in range(lessons.batch_size)]
            ids, attention = batch_of([tokens for tokens, _ in rows], language.codec.pad)
            labels = ids.masked_fill(attention == 0, -100)
            for number, (_, n_read) in enumerate(rows):
                labels[number, :n_read] = -100
            loss = language.decoder(input_ids=ids, attention_mask=attention, labels=labels, use_cache=False).loss
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(language.decoder.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            task.advance()
    language.decoder.eval()
    return float(loss.detach())


def match(
    model: SummaryRewardModel, draw: Draw, lessons: Lessons, rng: np.random.Generator, progress: Progress
) -> float:
    """Teach a small reward model which of two responses goes with a summary, in place; return the last loss in nats.

    Summaries are read from one of the two responses, taken at random, whoever preferred which.
    """
    optimiser = torch.optim.AdamW(model.parameters(), lr=lessons.learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, lessons.learning_rate, total_steps=lessons.steps)
    loss = torch.tensor(float("nan"))
    with progress.task("which response goes with a summary", lessons.steps) as task:
        for _ in range(lessons.steps):
            pairs = [_either_way(draw(rng), rng) for _ in range(lessons.batch_size)]
            scores = pair_scores(model, [reading.read([pair], rng, grasp=1.0) for pair in pairs], pairs)
            loss = objectives.pairwise_loss(*scores)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            task.advance()
    return float(loss.detach())


def _either_way(context: Sequence[Talk], rng: np.random.Generator) -> Pair:
    pairs = [talk for talk in context if isinstance(talk, Pair)]
    pair = pairs[int(rng.integers(len(pairs)))]
    return pair.turned() if rng.random() < 0.5 else pair


def _lesson(
    language: Language, context: Sequence[Talk], longest: int, rng: np.random.Generator
) -> tuple[list[int], int]:
    """Return the tokens of a lesson and how many of them are only read."""
    codec = language.codec
    pairs = [talk for talk in context if isinstance(talk, Pair)]
    if pairs and rng.random() < _ANSWERS:
        pair = pairs[int(rng.integers(len(pairs)))]
        summary = reading.read([pair], rng)
        read = len(codec.ids(wording.conversation_text(summary, pair.prompt)))
        return codec.judged(summary, pair.prompt, pair.chosen), read
    prompt = codec.summary_prompt(context, longest)
    return [*prompt, *codec.ids(f" {reading.read(context, rng)}"), codec.end], len(prompt)
