"""S2F, slow to fast (Gong et al., 2026): once hesitation piles up, thinking ends and the model chooses by intuition.

Of the words of hesitation those count that are one token of the model. When `threshold - 1` of them were emitted and
the model proposes one more, or when it begins to close its thinking block by itself, a line that asks for an intuitive
choice and the closing mark are emitted instead, once; then the model answers freely.

The released code looks at the likeliest token even where another is drawn; here it is the token really drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from humankind.spine.errors import ConfigError
from humankind.systems.tom.thinking import CLOSE, ThinkingRule, Vocabulary

WAIT = ("wait", "Wait", " wait", " Wait")
"""The paper's words of hesitation."""

THRESHOLD = 3
"""Threshold of both released wrappers; the demo has 5."""

PHRASES = {
    "en": "I have thought about this enough; now I go with my first intuition.",
    "zh": "我已经想得够多了，现在凭第一直觉来选。",
}
"""What is forced at the end of thinking, in our words, by language."""

Sequences = tuple[tuple[int, ...], ...]


@dataclass
class HesitationGate:
    """Lets `threshold - 1` hesitations through and stops the next."""

    sequences: Sequences
    """Tokens of each hesitation; most have one."""
    threshold: int
    count: int = 0
    """Hesitations let through."""

    def __post_init__(self) -> None:
        if self.threshold < 1:
            raise ConfigError("the threshold of hesitation is below 1", found=self.threshold, expected="1 or more")
        self._by_last = {sequence[-1]: [] for sequence in self.sequences}
        for sequence in self.sequences:
            self._by_last[sequence[-1]].append(sequence[:-1])

    def closes(self, emitted: Sequence[int], proposed: int) -> bool:
        """Say whether `proposed` would complete the hesitation that is one too many; count it where it is not."""
        heads = self._by_last.get(proposed)
        if heads is None or not any(_ends_with(emitted, head) for head in heads):
            return False
        if self.count >= self.threshold - 1:
            return True
        self.count += 1
        return False


def _ends_with(emitted: Sequence[int], head: tuple[int, ...]) -> bool:
    return not head or tuple(emitted[-len(head) :]) == head


def hesitations(vocabulary: Vocabulary, words: Iterable[str] = WAIT) -> Sequences:
    """Return the tokens of words of hesitation.

    Those that are one token count, as in the paper. Where a tokenizer splits all of them, the sequences of their tokens
    count instead; a word is then stopped before its last token.

    Raises:
        ConfigError: there is no word.
    """
    written = dict.fromkeys(_written(vocabulary, word) for word in words)
    known = [ids for ids in written if ids]
    single = [ids for ids in known if len(ids) == 1]
    if not known:
        raise ConfigError(
            "the model's tokenizer writes none of the words of hesitation",
            found=", ".join(map(repr, words)),
            expected="at least one word that it can write",
        )
    return tuple(single or known)


def phrases_of(vocabulary: Vocabulary, phrases: Iterable[str]) -> Sequences:
    """Return the tokens of phrases of hesitation of any length (`hold on`), each alone and behind a space.

    An extension: the paper counts single tokens.
    """
    both = (form for phrase in phrases for form in (phrase, f" {phrase}"))
    return tuple(dict.fromkeys(ids for form in both if (ids := _written(vocabulary, form))))


def _written(vocabulary: Vocabulary, text: str) -> tuple[int, ...]:
    try:
        return vocabulary.ids(text)
    except ConfigError:
        return ()


def forced_text(language: str = "en", shown: str = "", mark: str = CLOSE) -> str:
    """Return what is emitted at the end of thinking: a line of intuition, what is shown only now, the closing mark.

    >>> forced_text().endswith("</think>")
    True
    """
    phrase = PHRASES["zh" if language.startswith("zh") else "en"]
    return f"\n{phrase}\n{shown}{mark}"


def s2f_rule(
    vocabulary: Vocabulary, threshold: int = THRESHOLD, *, forced: str = "", sequences: Sequences = ()
) -> ThinkingRule:
    """Return the rule of one reply under S2F.

    Args:
        vocabulary: of the model.
        threshold: hesitation that is stopped, at least 1.
        forced: text emitted at the end of thinking; by default `forced_text()`.
        sequences: tokens of hesitations; by default the paper's words.
    """
    return ThinkingRule(
        vocabulary,
        forced=vocabulary.ids(forced or forced_text()),
        gate=HesitationGate(sequences or hesitations(vocabulary), threshold),
    )
