"""Log-probabilities of continuations, computing each shared beginning once.

The same story is asked with six option orders, and every option continues the same prompt: so most tokens are shared.
Sequences with a common beginning form a group; its beginning goes through the model once, and the rest of each sequence
continues from that key-value cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from humankind.kits.llm.rules import OptionScore
from humankind.spine.errors import ConfigError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

_WORTH = 16
"""Tokens that sharing must save before it is done."""
_ROWS = 32
"""Sequences continued at once."""
_TOKENS = 16_384
"""Tokens held at once, beginnings counted for each sequence."""
_CHECKED = "_humankind_head_is_linear"
"""Attribute of a model whose logits were found to be what `_read` takes them for."""


@dataclass(frozen=True)
class Job:
    """Tokens to run, and which next tokens are asked for where."""

    ids: tuple[int, ...]
    wants: tuple[tuple[int, int], ...]
    """(position, token): the log-probability of `token` after `ids[: position + 1]`."""

    @property
    def first(self) -> int:
        """The first position that is asked about."""
        return min(position for position, _ in self.wants)


def jobs_of(prompt: Sequence[int], options: Sequence[Sequence[int]]) -> list[tuple[Job, list[int]]]:
    """Return the jobs for all options of a prompt, each with the options it answers, in the order of its `wants`.

    Args:
        prompt: its tokens, at least one.
        options: tokens of each option, at least one each.
    """
    if all(len(option) == 1 for option in options):
        last = len(prompt) - 1
        return [(Job(tuple(prompt), tuple((last, option[0]) for option in options)), list(range(len(options))))]
    jobs = []
    for number, option in enumerate(options):
        start = len(prompt) - 1
        wants = tuple((start + place, token) for place, token in enumerate(option))
        jobs.append((Job((*prompt, *option[:-1]), wants), [number] * len(option)))
    return jobs


def common_length(a: Sequence[int], b: Sequence[int]) -> int:
    """Return how many tokens two sequences share at the beginning.

    >>> common_length([1, 2, 3], [1, 2, 4, 5])
    2
    """
    n = min(len(a), len(b))
    return next((place for place in range(n) if a[place] != b[place]), n)


@dataclass
class Group:
    """Jobs that share a beginning of `shared` tokens."""

    jobs: list[int]
    shared: int


def grouped(jobs: Sequence[Job]) -> list[Group]:
    """Return the jobs in groups, joined wherever a common beginning saves work."""
    groups: list[Group] = []
    for number in sorted(range(len(jobs)), key=lambda n: jobs[n].ids):
        job = jobs[number]
        if groups:
            group = groups[-1]
            # Sorted: what the last member shares with this one, all members share at least up to `group.shared`.
            shared = min(group.shared, common_length(jobs[group.jobs[-1]].ids, job.ids), job.first)
            lost = (group.shared - shared) * (len(group.jobs) - 1)
            if shared - lost >= _WORTH:
                group.jobs.append(number)
                group.shared = shared
                continue
        groups.append(Group([number], job.first))
    return groups


def batches(jobs: Sequence[Job], groups: Sequence[Group]) -> list[list[Group]]:
    """Return the groups in batches of similar length that fit the limits; a group that is too large is cut."""
    pieces = [
        Group(group.jobs[start : start + _ROWS], group.shared)
        for group in groups
        for start in range(0, len(group.jobs), _ROWS)
    ]
    pieces.sort(key=lambda group: (max(len(jobs[n].ids) for n in group.jobs), group.shared))
    found: list[list[Group]] = []
    rows = 0
    for group in pieces:
        longest = max(len(jobs[n].ids) for n in group.jobs)
        if not found or rows + len(group.jobs) > _ROWS or (rows + len(group.jobs)) * longest > _TOKENS:
            found.append([])
            rows = 0
        found[-1].append(group)
        rows += len(group.jobs)
    return found


def run(model: PreTrainedModel, jobs: Sequence[Job]) -> list[list[float]]:
    """Return for each job the log-probabilities that it asks for, in the order of its `wants`."""
    results: list[list[float]] = [[] for _ in jobs]
    for batch in batches(jobs, grouped(jobs)):
        _run_batch(model, jobs, batch, results)
    return results


def _run_batch(model: PreTrainedModel, jobs: Sequence[Job], batch: Sequence[Group], results: list[list[float]]) -> None:
    """Run the beginnings of a batch, then what follows from their cache."""
    import torch

    device = model.device
    rows = [(row, number) for row, group in enumerate(batch) for number in group.jobs]
    starts, start_mask = left_padded([jobs[group.jobs[0]].ids[: group.shared] for group in batch], device)
    rests, rest_mask = left_padded([jobs[n].ids[batch[row].shared :] for row, n in rows], device)
    places = (rest_mask.cumsum(1) - 1).clamp(min=0) + torch.tensor([[batch[row].shared] for row, _ in rows]).to(device)
    kept = max(len(jobs[n].ids) - jobs[n].first for _, n in rows)
    mask = rest_mask
    arguments: dict[str, Any] = {}
    with torch.inference_mode():
        if starts.shape[1]:
            positions = (start_mask.cumsum(1) - 1).clamp(min=0)
            before = model.base_model(
                input_ids=starts, attention_mask=start_mask, position_ids=positions, use_cache=True
            )
            cache = before.past_key_values
            which = torch.tensor([row for row, _ in rows], device=device)
            cache.batch_select_indices(which)
            mask = torch.cat([start_mask[which], rest_mask], dim=1)
            arguments = {"past_key_values": cache}
        after = model.base_model(input_ids=rests, attention_mask=mask, position_ids=places, **arguments)
        hidden = after.last_hidden_state[:, -kept:]
        for row, (_, number) in enumerate(rows):
            results[number] = _read(model, hidden[row], jobs[number])


def _read(model: PreTrainedModel, hidden: Any, job: Job) -> list[float]:
    """Return what a job wants from the last hidden vectors, the last of which belongs to its last token.

    Logits of 20 have steps of an eighth in bfloat16, so that likely options would often tie. The wanted tokens' own
    logits are taken in float32; only the sum over the vocabulary is left to the model's precision.
    """
    import torch

    back = len(hidden) - len(job.ids)
    rows = torch.tensor([back + position for position, _ in job.wants], device=hidden.device)
    tokens = torch.tensor([token for _, token in job.wants], device=hidden.device)
    head = cast("torch.nn.Linear", model.get_output_embeddings())
    different, place = torch.unique(rows, return_inverse=True)
    logits = head(hidden[different]).float()
    own = (hidden[rows].float() * head.weight[tokens].float()).sum(-1)
    if head.bias is not None:
        own = own + head.bias[tokens].float()
    return (own - logits.logsumexp(dim=-1)[place]).tolist()


def _check_head(model: PreTrainedModel) -> None:
    """Raise ConfigError where a model's logits are more than its head times its hidden vectors (capped, scaled)."""
    import torch

    if getattr(model, _CHECKED, False):
        return
    ids = torch.tensor([[1, 2, 3]], device=model.device)
    with torch.inference_mode():
        whole = model(input_ids=ids).logits[0, -1].float()
        hidden = model.base_model(input_ids=ids).last_hidden_state[0, -1]
        ours = cast("torch.nn.Linear", model.get_output_embeddings())(hidden).float()
    gap = (whole.log_softmax(-1) - ours.log_softmax(-1)).abs().max()
    if not gap < 0.05:
        raise ConfigError(
            "options cannot be scored with this model: its logits are more than a matrix product",
            found=model.config.model_type,
            remedy="use way=text",
        )
    setattr(model, _CHECKED, True)


def left_padded(sequences: Sequence[Sequence[int]], device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Return sequences as one table, filled on the left, and its mask."""
    import torch

    width = max(len(ids) for ids in sequences)
    table = torch.zeros(len(sequences), width, dtype=torch.long)
    mask = torch.zeros(len(sequences), width, dtype=torch.long)
    for row, ids in enumerate(sequences):
        if ids:
            table[row, width - len(ids) :] = torch.tensor(ids)
            mask[row, width - len(ids) :] = 1
    return table.to(device), mask.to(device)


def option_scores(
    model: PreTrainedModel, prompts: Sequence[Sequence[int]], options: Sequence[Sequence[Sequence[int]]]
) -> list[list[OptionScore]]:
    """Return the score of each option of each prompt.

    Args:
        model: a causal language model.
        prompts: tokens of each prompt.
        options: tokens of each option of each prompt.
    """
    _check_head(model)
    plan = [(number, *made) for number, prompt in enumerate(prompts) for made in jobs_of(prompt, options[number])]
    found = run(model, [job for _, job, _ in plan])
    totals = [[0.0] * len(own) for own in options]
    for (number, _, answers), values in zip(plan, found):
        for option, value in zip(answers, values):
            totals[number][option] += value
    return [
        [OptionScore(total, len(option)) for total, option in zip(own, options[number])]
        for number, own in enumerate(totals)
    ]
