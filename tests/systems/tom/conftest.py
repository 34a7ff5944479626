"""Small real tokenizers: one with a token for the closing mark and for words of hesitation, one of bytes alone."""

from __future__ import annotations

from typing import Any

import pytest

CORPUS = [
    "wait Wait let me think. wait, Wait! the ball is in the box. Ann thinks that Ben thinks it is in the box.",
    "I have thought about this enough; now I go with my first intuition. Wait. wait. and so on",
    "Options: A. zebra cupboard B. quince drawer Which option is right? Reply with its letter and nothing else.",
] * 20


def _byte_level(merges: bool, marks: bool) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600 if merges else 256,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|end|>"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS if merges else [], trainer)
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", pad_token="<|end|>")
    if marks:
        wrapped.add_tokens(["<think>", "</think>"])
    return wrapped


@pytest.fixture(scope="session")
def marked() -> Any:
    """Words as tokens, the closing mark one token."""
    return _byte_level(merges=True, marks=True)


@pytest.fixture(scope="session")
def unmarked() -> Any:
    """Words as tokens, the closing mark several."""
    return _byte_level(merges=True, marks=False)


@pytest.fixture(scope="session")
def bytewise() -> Any:
    """Every byte a token: no word of hesitation is one token."""
    return _byte_level(merges=False, marks=False)
