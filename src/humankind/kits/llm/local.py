"""A causal language model in a transformers folder: next-token logits, option likelihoods, batched generation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from humankind.kits.llm.registry import MODELS, embedded
from humankind.kits.llm.rules import Decoding, Generation, OptionScore
from humankind.kits.llm.weights import transformers_folder
from humankind.spine.errors import ConfigError, DataError
from humankind.spine.extras import require
from humankind.spine.resources import device as best_device

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Precision = Literal["auto", "float32", "bfloat16"]
_BATCH = 16
"""Completions drawn at once."""


class LocalModel:
    """A model and its tokenizer on this machine; make one with `load`."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, name: str) -> None:
        self.model, self.tokenizer, self.name = model.eval(), tokenizer, name
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token

    @classmethod
    def load(cls, name: str | Path, device: str = "auto", dtype: Precision = "auto") -> LocalModel:
        """Return a model by the name of an embedded one (`smollm2`) or from a transformers folder.

        Args:
            name: of an embedded model, or a folder with config.json and safetensors.
            device: `auto`, `cpu` or `cuda`.
            dtype: `auto` takes the weights as they are stored.

        Raises:
            ConfigError: neither an embedded model nor a folder.
            DataError: the folder holds no model.
            MissingExtraError: torch or transformers is not installed, or the model's weights are not.
        """
        transformers, torch = require("llm", "transformers", "torch")
        folder = _folder_of(str(name))
        transformers.utils.logging.disable_progress_bar()
        kind = "auto" if dtype == "auto" else getattr(torch, dtype)
        try:
            model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=kind, local_files_only=True)
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise DataError(
                "this folder holds no language model that transformers can load",
                found=f"{type(error).__name__}: {str(error).splitlines()[0]}",
                where=folder,
                expected="config.json, tokenizer files and *.safetensors of a causal language model",
            ) from None
        return cls(model.to(best_device(device)), tokenizer, str(name))

    # -- prompts -------------------------------------------------------------------------------------------

    @cached_property
    def context_length(self) -> int:
        """The most tokens, prompt and completion together."""
        config = self.model.config
        return int(getattr(config, "max_position_embeddings", None) or self.tokenizer.model_max_length)

    def render(self, messages: Sequence[Mapping[str, str]], continuation: str = "") -> str:
        """Return the text that asks for the next turn of a conversation.

        Args:
            messages: `role` and `content` of each turn, oldest first.
            continuation: how the answer begins already.
        """
        if self.tokenizer.chat_template:
            turns = [dict(message) for message in messages]
            text = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
            return f"{text}{continuation}"
        said = "".join(f"{message['role'].capitalize()}: {message['content']}\n\n" for message in messages)
        return (
            f"{said}Assistant: {continuation}".rstrip(" ") if not continuation else f"{said}Assistant: {continuation}"
        )

    def tokens(self, text: str) -> list[int]:
        """Return the tokens of a text, special ones recognised and none added beyond a leading one the model wants."""
        ids = self.tokenizer(text, add_special_tokens=not self.tokenizer.chat_template)["input_ids"]
        return list(ids)

    def count(self, text: str) -> int:
        """Return how many tokens a text has."""
        return len(self.tokens(text))

    def _fitting(self, text: str, room: int) -> list[int]:
        ids = self.tokens(text)
        if not ids:
            raise ConfigError("the prompt is empty", expected="at least one token")
        if len(ids) + room > self.context_length:
            raise ConfigError(
                "the prompt does not fit the model's context",
                found=f"{len(ids)} tokens and {room} for the answer",
                where=self.name,
                expected=f"at most {self.context_length} tokens together",
                remedy="shorten the prompt, ask for fewer tokens, or use a model with a longer context",
            )
        return ids

    # -- logits --------------------------------------------------------------------------------------------

    def next_logits(self, prompts: Sequence[str]) -> Tensor:
        """Return the logits of the token after each prompt, float32 of shape (len(prompts), vocabulary)."""
        (torch,) = require("llm", "torch")
        rows = []
        for prompt in prompts:
            ids = torch.tensor([self._fitting(prompt, 1)], device=self.model.device)
            with torch.inference_mode():
                rows.append(self.model(input_ids=ids, logits_to_keep=1).logits[0, -1].float().cpu())
        return torch.stack(rows)

    def log_likelihoods(self, prompts: Sequence[str], options: Sequence[Sequence[str]]) -> list[list[OptionScore]]:
        """Return how likely each option is as continuation of its prompt.

        Where a tokenizer joins the end of the prompt with the beginning of an option, all options of that prompt are
        scored from the last token that they share, so that they stay comparable.

        Args:
            prompts: texts.
            options: the options of each prompt, none empty; a leading space belongs to the option.

        Raises:
            ConfigError: a prompt with its option is longer than the context, or an option is empty.
        """
        from humankind.kits.llm.scoring import option_scores

        starts, rests = [], []
        for prompt, own in zip(prompts, options, strict=True):
            start, rest = self._split(prompt, own)
            starts.append(start)
            rests.append(rest)
        return option_scores(self.model, starts, rests)

    def _split(self, prompt: str, options: Sequence[str]) -> tuple[list[int], list[list[int]]]:
        """Return the tokens that all options start from, and what each adds to them."""
        from humankind.kits.llm.scoring import common_length

        alone = self._fitting(prompt, 1)
        whole = [self._fitting(prompt + option, 0) for option in options]
        shared = min(common_length(alone, ids) for ids in whole)
        rest = [ids[shared:] for ids in whole]
        if not shared or any(not own for own in rest):
            raise ConfigError(
                "an option adds nothing to its prompt",
                found=repr([option for option, own in zip(options, rest) if not own][:1] or prompt[:40]),
                expected="a prompt, and options of at least one token",
            )
        return alone[:shared], rest

    # -- completions ---------------------------------------------------------------------------------------

    def generate(self, prompts: Sequence[str], decodings: Decoding | Sequence[Decoding]) -> list[Generation]:
        """Return one completion a prompt, in order.

        A row's completion depends on its prompt, its decoding and the weights, not on what else is in the batch (up to
        rounding: in low precision two nearly equal tokens may swap).

        Args:
            prompts: rendered texts.
            decodings: one for all, or one a prompt.

        Raises:
            ConfigError: a prompt and its answer do not fit the context.
        """
        own = [decodings] * len(prompts) if isinstance(decodings, Decoding) else list(decodings)
        ids = [self._fitting(prompt, d.max_new_tokens) for prompt, d in zip(prompts, own, strict=True)]
        made: dict[int, Generation] = {}
        for rows in _alike(ids, own):
            drawn = self._generate([prompts[r] for r in rows], [ids[r] for r in rows], [own[r] for r in rows])
            made.update(zip(rows, drawn))
        return [made[row] for row in range(len(prompts))]

    def _generate(
        self, prompts: Sequence[str], ids: Sequence[Sequence[int]], decodings: Sequence[Decoding]
    ) -> list[Generation]:
        (torch,) = require("llm", "torch")
        from humankind.kits.llm.drawing import RowDrawing
        from humankind.kits.llm.scoring import _left_padded

        table, mask = _left_padded(ids, self.model.device)
        draw = RowDrawing(decodings, prompts, table.shape[1], self.end_tokens)
        arguments: dict[str, Any] = {"stop_strings": list(decodings[0].stop)} if decodings[0].stop else {}
        with torch.inference_mode():
            self.model.generate(
                input_ids=table,
                attention_mask=mask,
                logits_processor=[draw],
                do_sample=False,
                max_new_tokens=decodings[0].max_new_tokens,
                pad_token_id=self.tokenizer.pad_token_id,
                eos_token_id=self.end_tokens,
                tokenizer=self.tokenizer,
                **arguments,
            )
        return [
            self._finished(draw.generated[row], len(ids[row]), decodings[row], draw.rules[row])
            for row in range(len(prompts))
        ]

    def _finished(self, tokens: list[int], n_prompt: int, decoding: Decoding, rule: Any) -> Generation:
        reason = "length"
        if tokens and tokens[-1] in self.end_tokens:
            tokens, reason = tokens[:-1], "stop"
        text = str(self.tokenizer.decode(tokens, skip_special_tokens=True))
        cuts = [text.index(stop) for stop in decoding.stop if stop in text]
        if cuts:
            text, reason = text[: min(cuts)], "stop"
        return Generation(text, tuple(tokens), n_prompt, reason, rule)

    @cached_property
    def end_tokens(self) -> list[int]:
        """Tokens that end a completion."""
        named = self.model.generation_config.eos_token_id
        listed = [named] if isinstance(named, int) else list(named or [])
        return sorted({token for token in (*listed, self.tokenizer.eos_token_id) if token is not None})


def _folder_of(name: str) -> Path:
    if name in MODELS:
        return transformers_folder(embedded(name))
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise ConfigError(
            "there is no such model on this machine",
            found=repr(name),
            expected=f"{', '.join(MODELS)}, or a folder with a transformers model",
            remedy="`humankind models list` shows the embedded ones",
        )
    return folder


def _alike(ids: Sequence[Sequence[int]], decodings: Sequence[Decoding]) -> Iterator[list[int]]:
    """Yield rows that may be drawn together: same settings, similar length, at most _BATCH."""

    def settings(row: int) -> tuple[Any, ...]:
        d = decodings[row]
        return (d.temperature, d.top_p, d.max_new_tokens, d.stop)

    order = sorted(range(len(ids)), key=lambda row: (settings(row), len(ids[row])))
    for _, rows in groupby(order, key=settings):
        same = list(rows)
        for start in range(0, len(same), _BATCH):
            yield same[start : start + _BATCH]
