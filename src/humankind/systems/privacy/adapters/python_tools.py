"""Plain Python functions as protected tools, for agents without a framework.

Calls are screened before the function runs; what a function brings in is returned with the instruction below it.

    from humankind.systems.privacy.adapters.conversation import Watch
    from humankind.systems.privacy.adapters.python_tools import protected

    watch = Watch(protection)  # one for each conversation

    @protected(watch)
    def send_mail(to: str, cc: list[str], text: str) -> str:
        return mail_server.send(to, cc, text)

    send_mail("desk@sol.example", [], "She has multiple sclerosis.")  # '[not sent: privacy] ...'
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable
from typing import Any

from humankind.systems.privacy.adapters.conversation import Watch
from humankind.systems.privacy.defense import ToolCall


def protected(watch: Watch, name: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator for functions, also asynchronous ones, that an agent calls.

    A blocked call returns the text that tells the agent why; the function does not run. A result that gets an
    instruction is returned as text, with the instruction below it; every other result as it is.

    Args:
        watch: the conversation.
        name: of the tool, where it is not the function's.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(function)
        tool = name or getattr(function, "__name__", "tool")
        schema = {"type": "object", "properties": {parameter: {} for parameter in signature.parameters}}

        def call_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> ToolCall:
            return watch.call(tool, _arguments(signature, args, kwargs), schema)

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            call = call_of(args, kwargs)
            if (told := watch.refused(call)) is not None:
                return told
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                watch.noted(call, f"error: {type(error).__name__}")
                raise
            return _with(result, watch.instruction(call, text_of(result)))

        @functools.wraps(function)
        async def run_async(*args: Any, **kwargs: Any) -> Any:
            call = call_of(args, kwargs)
            if (told := await watch.arefused(call)) is not None:
                return told
            try:
                result = await function(*args, **kwargs)
            except BaseException as error:
                watch.noted(call, f"error: {type(error).__name__}")
                raise
            return _with(result, await watch.ainstruction(call, text_of(result)))

        return run_async if inspect.iscoroutinefunction(function) else run

    return decorate


def text_of(result: Any) -> str:
    """Return a result as an agent reads it.

    >>> text_of("Hello."), text_of([{"from": "Ann"}])
    ('Hello.', '[{"from": "Ann"}]')
    """
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, default=str)


def _with(result: Any, instruction: str | None) -> Any:
    return result if instruction is None else f"{text_of(result)}\n\n{instruction}"


def _arguments(signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return arguments by name, as a schema would name them; those beyond the named ones stand beside them."""
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    told = dict(bound.arguments)
    for parameter in signature.parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            told.update(told.pop(parameter.name, {}))
    return told
