"""Watches the thinking block of a reply token by token, and ends it where a policy says so.

Nothing here knows a model: tokens are whole numbers, a tokenizer turns them into text. A rule says for each token
that the model proposes which token is really emitted, so it acts on the token drawn, greedy or sampled alike.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from humankind.spine.errors import ConfigError

OPEN, CLOSE = "<think>", "</think>"
"""Marks around the thinking block, as most open reasoning models have them."""

_LEAST = 2
"""Characters of the closing mark that tell its beginning from anything else: `</`."""


class Vocabulary:
    """Tokens and text of a tokenizer, as they continue a running text.

    Args:
        tokenizer: a transformers tokenizer, or anything with its `encode`, `decode`, `eos_token_id`, `unk_token_id`.
        stops: further tokens that end a reply.
    """

    def __init__(self, tokenizer: Any, stops: Iterable[int] = ()) -> None:
        self._tokenizer = tokenizer
        self._pieces: dict[int, str] = {}
        self._anchor = self._encode("x")
        ends = {tokenizer.eos_token_id, *stops}
        self.stops: frozenset[int] = frozenset(end for end in ends if end is not None)

    def ids(self, text: str) -> tuple[int, ...]:
        """Return the tokens of a text that follows other text; no space is put before it.

        Raises:
            ConfigError: the tokenizer has no tokens for it.
        """
        # SentencePiece writes a space before whatever comes first, so something else goes first.
        joined, alone = self._encode("x" + text), self._encode(text)
        cut = len(self._anchor)
        found = joined[cut:] if joined[:cut] == self._anchor else alone
        unknown = getattr(self._tokenizer, "unk_token_id", None)
        if not found or (unknown is not None and unknown in found):
            raise ConfigError(
                "the model's tokenizer cannot write a text that the policy needs",
                found=repr(text),
                expected="a tokenizer with a token for each of its parts",
            )
        return found

    def piece(self, token: int) -> str:
        """Return the text that a token adds to a running text."""
        if token not in self._pieces:
            # A token decoded alone may lose its leading space.
            before = self._tokenizer.decode(list(self._anchor))
            both = self._tokenizer.decode([*self._anchor, token])
            self._pieces[token] = both[len(before) :] if both.startswith(before) else self._tokenizer.decode([token])
        return self._pieces[token]

    def text(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens."""
        return self._tokenizer.decode(list(tokens))

    def _encode(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False))


@dataclass
class CloseMark:
    """Follows a running text and sees where the closing mark begins and where it is whole.

    >>> begun("a thought </"), begun("2 < 3"), begun("done</think> B")
    (True, False, True)
    """

    vocabulary: Vocabulary
    mark: str = CLOSE
    _tail: str = ""

    def begins(self, token: int) -> bool:
        """Say whether the text would end inside or behind the closing mark after this token."""
        return begun(self._tail + self.vocabulary.piece(token), self.mark)

    def take(self, token: int) -> None:
        """Add a token to the text."""
        self._tail = (self._tail + self.vocabulary.piece(token))[-4 * len(self.mark) :]

    @property
    def begun(self) -> bool:
        """Whether the text ends inside or behind the closing mark."""
        return begun(self._tail, self.mark)

    @property
    def whole(self) -> bool:
        """Whether the closing mark is complete."""
        return self.mark in self._tail


def begun(text: str, mark: str = CLOSE) -> bool:
    """Say whether a text holds the mark, or ends with at least two characters of its beginning."""
    return mark in text or any(text.endswith(mark[:n]) for n in range(_LEAST, len(mark)))


class Gate(Protocol):
    """Counts what should end the thinking."""

    count: int

    def closes(self, emitted: Sequence[int], proposed: int) -> bool:
        """Say whether `proposed` may not be emitted any more; counts it where it may."""
        ...


@dataclass
class ThinkingRule:
    """Which token is emitted while a model thinks; behind the block the model is free.

    Thinking ends by force once, for the first of these: the gate closes; the model itself begins the closing mark
    and there is a gate; the model ends its reply with the block open; the block has `cap` tokens.
    """

    vocabulary: Vocabulary
    forced: tuple[int, ...]
    """Tokens that are emitted when thinking ends by force; the closing mark is the last of them."""
    gate: Gate | None = None
    cap: int | None = None
    mark: str = CLOSE
    last: int | None = None
    """Token that ends the reply where thinking ends; what is forced is then left for the caller to write, so that the
    model need not be walked through it. None forces it and lets the model answer."""

    trigger: str = ""
    """What ended the thinking: `hesitation`, `close` (the model's own), `stop` (end of reply) or `cap`."""
    injected_at: int | None = None
    """How many tokens were emitted before the forced ones; None where none were forced."""
    n_thinking: int = 0
    """Tokens of thoughts, without what was forced and without the closing mark."""
    answer_at: int | None = None
    """Place of the first token behind the block; None while it is open."""
    _queue: deque[int] = field(default_factory=deque)
    _close: CloseMark = field(init=False)

    def __post_init__(self) -> None:
        self._close = CloseMark(self.vocabulary, self.mark)

    @property
    def hesitations(self) -> int:
        """How many hesitations were let through."""
        return self.gate.count if self.gate is not None else 0

    def next(self, generated: Sequence[int], proposed: int) -> int:
        """Return the token to emit.

        Args:
            generated: tokens of this reply so far, what was forced included.
            proposed: the token that the model would emit.
        """
        if self._queue:
            return self._queue.popleft()
        if self.answer_at is not None:
            return proposed if self.last is None else self.last
        trigger = self._trigger(generated, proposed)
        if trigger:
            self.trigger, self.injected_at = trigger, len(generated)
            self.answer_at = len(generated) + len(self.forced)
            if self.last is not None:
                return self.last
            self._queue.extend(self.forced)
            return self._queue.popleft()
        self._let(generated, proposed)
        return proposed

    def _trigger(self, generated: Sequence[int], proposed: int) -> str:
        """Return why thinking ends here; empty where it goes on."""
        begins = self._close.begins(proposed)
        if begins and self.gate is not None:
            return "close"
        if proposed in self.vocabulary.stops:
            return "stop"
        if self.gate is not None and self.gate.closes(generated, proposed):
            return "hesitation"
        if self.cap is not None and self.n_thinking >= self.cap and not begins:
            return "cap"
        return ""

    def _let(self, generated: Sequence[int], proposed: int) -> None:
        """Note a token that the model may emit."""
        self._close.take(proposed)
        if self._close.whole:
            self.trigger, self.answer_at = "close", len(generated) + 1
        elif not self._close.begun:
            self.n_thinking = len(generated) + 1
