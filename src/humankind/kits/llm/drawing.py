"""Drawing the next token row by row inside a batch: sampling with each row's own generator, then its rule.

Written as a logits processor, so that it works with any `generate`: what is drawn becomes the only token left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from transformers import LogitsProcessor, StoppingCriteria

from humankind.kits.llm.rules import Decoding, TokenRule

_LONGEST_PIECE = 24
"""Tokens looked at for a stop text beyond its own length in characters: some tokens carry no character of their own."""


class RowDrawing(LogitsProcessor):
    """Leaves one token a row: the likeliest or a sampled one, or what the row's rule puts in its place.

    Args:
        decodings: of each row; temperature, top_p and stop texts as there, the same for all.
        prompts: text of each row, which with the seed settles its draws.
        end_tokens: after one of them a row is done, and its rule is asked no more.
        text_of: turns tokens into text, in which stop texts are looked for.
    """

    def __init__(
        self,
        decodings: Sequence[Decoding],
        prompts: Sequence[str],
        end_tokens: Sequence[int],
        text_of: Callable[[Sequence[int]], str],
    ) -> None:
        self.temperature, self.top_p, self.stop = decodings[0].temperature, decodings[0].top_p, decodings[0].stop
        self.rules: list[TokenRule | None] = [d.rule() if d.rule is not None else None for d in decodings]
        self.generators = [_generator(d.seed, prompt) for d, prompt in zip(decodings, prompts)]
        self.end_tokens, self.text_of = set(end_tokens), text_of
        self.generated: list[list[int]] = [[] for _ in decodings]
        self.done = [False] * len(decodings)

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Return scores with one finite entry a row; shapes (rows, tokens so far) and (rows, vocabulary)."""
        proposed = (self._sampled(scores) if self.temperature > 0 else scores.argmax(dim=1)).tolist()
        for row, token in enumerate(proposed):
            if self.done[row]:
                continue
            rule = self.rules[row]
            if rule is not None:
                proposed[row] = token = rule.next(self.generated[row], token)
            self.generated[row].append(token)
            self.done[row] = token in self.end_tokens or self._stopped(self.generated[row])
        left = torch.full_like(scores, -torch.inf)
        left[torch.arange(len(proposed)), torch.tensor(proposed)] = 0.0
        return left

    def _stopped(self, tokens: list[int]) -> bool:
        if not self.stop:
            return False
        end = self.text_of(tokens[-max(map(len, self.stop)) - _LONGEST_PIECE :])
        return any(stop in end for stop in self.stop)

    def _sampled(self, scores: Tensor) -> Tensor:
        probs = (scores.float() / self.temperature).softmax(dim=1).cpu()
        if self.top_p < 1:
            ordered, index = probs.sort(dim=1, descending=True)
            beyond = ordered.cumsum(dim=1) - ordered >= self.top_p  # the first token that reaches it stays
            probs = probs.scatter(1, index, ordered.masked_fill(beyond, 0.0))
        draws = [torch.multinomial(row, 1, generator=own) for row, own in zip(probs, self.generators)]
        return torch.cat(draws)


class AllDone(StoppingCriteria):
    """Ends each row when its drawing is done."""

    def __init__(self, drawing: RowDrawing) -> None:
        self.drawing = drawing

    def __call__(self, input_ids: Tensor, scores: Tensor, **kwargs: object) -> Tensor:
        """Return for each row whether it has ended."""
        return torch.tensor(self.drawing.done, device=input_ids.device)


def _generator(seed: int, prompt: str) -> torch.Generator:
    digest = hashlib.sha256(f"{seed}\0{prompt}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
