"""Plain generation through llama.cpp, inside this process: fast on a CPU, no logits of whole vocabularies."""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from humankind.spine.errors import ConfigError, InternalError
from humankind.spine.extras import require
from humankind.spine.resources import n_threads

_LOADING = threading.Lock()


class LlamaCpp:
    """A GGUF file, loaded once; calls may come from any thread and are answered one after the other.

    Side by side they would be a fifth faster, but their arithmetic would then depend on one another: at temperature 0
    most completions of 40 tokens came out otherwise in a second run. For the same reason nothing is kept of the last
    call: reusing the beginning that two prompts share moves log-probabilities by up to .1, and 5 of 200 greedy
    completions came out otherwise when the calls came in another order.

    The runtime also opens a port on the loopback address, which cannot be switched off; a key of this process, drawn at
    random and told to nobody, keeps others from using it.
    """

    def __init__(self, file: Path, context_length: int) -> None:
        (xllamacpp,) = require("llm", "xllamacpp")
        settings = xllamacpp.CommonParams()
        settings.model.path = str(file)
        settings.n_parallel = 1
        settings.n_ctx = context_length
        settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = threads()
        settings.api_keys = [secrets.token_hex(16)]
        settings.verbosity = 0
        self.file, self.context_length = file, context_length
        self.server = xllamacpp.Server(settings)

    def chat(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a chat-completions request, both as OpenAI writes them.

        Raises:
            ConfigError: the prompt does not fit, or the request is wrong; says what the runtime said.
        """
        return self._asked(self.server.handle_chat_completions, {"cache_prompt": False, **request})

    def complete(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a completions request on a rendered prompt."""
        return self._asked(self.server.handle_completions, {"cache_prompt": False, **request})

    def _asked(self, handle: Callable[[dict[str, Any]], Any], request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer; the runtime hands most errors back as answers, here all are raised."""
        try:
            answer = handle(request)
        except ValueError as error:
            raise ConfigError("llama.cpp refused the request", found=error, where=self.file.name) from None
        told = json.loads(answer) if isinstance(answer, str) else answer
        error = told.get("error")
        if not error:
            return told
        if error.get("type") == "exceed_context_size_error":
            raise ConfigError(
                "the prompt does not fit the model's context",
                found=f"{error.get('n_prompt_tokens')} tokens",
                where=self.file.name,
                expected=f"at most {error.get('n_ctx')} tokens, answer included",
                remedy="shorten the prompt, or use a model with a longer context",
            )
        if 400 <= int(error.get("code", 500)) < 500:
            raise ConfigError("llama.cpp refused the request", found=error.get("message"), where=self.file.name)
        raise InternalError("llama.cpp failed", found=error.get("message"), where=self.file.name)


def threads() -> int:
    """Return how many threads to compute with: the cores of this process, or fewer where OMP_NUM_THREADS says so."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return min(n_threads(), int(wanted)) if wanted.isdigit() and int(wanted) else n_threads()


def loaded(file: Path, context_length: int) -> LlamaCpp:
    """Return the model of a file, loaded on first use and kept for the life of the process."""
    with _LOADING:
        return _load(file, context_length)


@lru_cache(maxsize=2)
def _load(file: Path, context_length: int) -> LlamaCpp:
    return LlamaCpp(file, context_length)
