"""A causal language model in a transformers folder: next-token logits, option likelihoods, batched generation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

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
        # A folder may recommend a temperature or penalties, which would change what greedy and sampling mean.
        self.model.generation_config = _bare(self.end_tokens, tokenizer.pad_token_id)

    @classmethod
    def load(cls, name: str | Path, device: str = "auto", dtype: Precision = "auto") -> LocalModel:
        """Return a model by the name of an embedded one (`smollm2`) or from a transformers folder.

        Args:
            name: of an embedded model, or a folder with config.json and safetensors.
            device: `auto`, `cpu` or `cuda`.
            dtype: `auto` takes the weights as they are stored.

        Raises:
            ConfigError: neither an embedded model nor a folder, or no such device or precision.
            DataError: the folder holds no model.
            MissingExtraError: torch or transformers is not installed, or the model's weights are not.
        """
        transformers, torch = require("llm", "transformers", "torch")
        folder = _folder_of(str(name))
        transformers.utils.logging.disable_progress_bar()
        if dtype not in get_args(Precision):
            raise ConfigError("there is no such precision", found=repr(dtype), expected=", ".join(get_args(Precision)))
        kind = "auto" if dtype == "auto" else getattr(torch, dtype)
        place = best_device(device)
        try:
            model = transformers.AutoModelForCausalLM.from_pretrained(
                folder, dtype=kind, local_files_only=True, use_safetensors=True
            )
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except Exception as error:  # each reader of a part has its own
            raise DataError(
                "this folder holds no language model that transformers can load",
                found=f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}",
                where=folder,
                expected="config.json, tokenizer files and *.safetensors of a causal language model",
                remedy=f"humankind models install {name}" if str(name) in MODELS else None,
            ) from None
        return cls(model.to(place), tokenizer, str(name))

    # -- prompts -------------------------------------------------------------------------------------------

    @cached_property
    def context_length(self) -> int:
        """The most tokens, prompt and completion together."""
        config = self.model.config.get_text_config()
        return int(getattr(config, "max_position_embeddings", None) or self.tokenizer.model_max_length)

    def render(self, messages: Sequence[Mapping[str, str]], continuation: str = "") -> str:
        """Return the text that asks for the next turn of a conversation.

        Args:
            messages: `role` and `content` of each turn, oldest first.
            continuation: how the answer begins already.
        """
        if self.tokenizer.chat_template:
            return f"{self._templated([dict(message) for message in messages])}{continuation}"
        said = "".join(f"{message['role'].capitalize()}: {message['content']}\n\n" for message in messages)
        return f"{said}Assistant: {continuation}" if continuation else f"{said}Assistant:"

    def _templated(self, turns: list[dict[str, str]]) -> str:
        from jinja2 import TemplateError

        try:
            return str(self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
        except TemplateError as error:
            raise ConfigError(
                "the model's chat template refuses this conversation",
                found=error,
                where=self.name,
                expected="roles as the template wants them; some take no system message",
            ) from None

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
        torch, transformers = require("llm", "torch", "transformers")
        from humankind.kits.llm.drawing import AllDone, RowDrawing
        from humankind.kits.llm.scoring import left_padded

        table, mask = left_padded(ids, self.model.device)
        draw = RowDrawing(decodings, prompts, self.end_tokens, self.text_of)
        with torch.inference_mode():
            self.model.generate(
                input_ids=table,
                attention_mask=mask,
                do_sample=False,
                max_new_tokens=decodings[0].max_new_tokens,
                logits_processor=transformers.LogitsProcessorList([draw]),
                stopping_criteria=transformers.StoppingCriteriaList([AllDone(draw)]),
            )
        return [
            self._finished(draw.generated[row], len(ids[row]), decodings[row], draw.rules[row])
            for row in range(len(prompts))
        ]

    def text_of(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens, special ones left out."""
        return str(self.tokenizer.decode(list(tokens), skip_special_tokens=True))

    def _finished(self, tokens: list[int], n_prompt: int, decoding: Decoding, rule: Any) -> Generation:
        reason = "length"
        if tokens and tokens[-1] in self.end_tokens:
            tokens, reason = tokens[:-1], "stop"
        text = self.text_of(tokens)
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


def _bare(end_tokens: list[int], pad_token: int | None) -> Any:
    (transformers,) = require("llm", "transformers")
    return transformers.GenerationConfig(eos_token_id=end_tokens or None, pad_token_id=pad_token or 0)


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
