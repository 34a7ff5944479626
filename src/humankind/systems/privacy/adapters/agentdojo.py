"""The defence in AgentDojo's pipelines.

    from agentdojo.agent_pipeline import AgentPipeline, InitQuery, ToolsExecutionLoop, ToolsExecutor
    from humankind.systems.privacy.adapters.agentdojo import Instructions, Protected, system_message

    loop = ToolsExecutionLoop([ToolsExecutor(), Instructions(protection), llm])
    inner = AgentPipeline([system_message("You are an assistant.", protection), InitQuery(), llm, loop])
    pipeline = Protected(inner, protection)  # screens every function that anything in it runs
    suite.run_task_with_pipeline(pipeline, user_task, injection_task=None, injections={})

`Protected` also stands around AgentDojo's own ground-truth pipeline, which runs functions without a loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentdojo.agent_pipeline import SystemMessage
from agentdojo.agent_pipeline.base_pipeline_element import BasePipelineElement
from agentdojo.agent_pipeline.tool_execution import tool_result_to_str
from agentdojo.functions_runtime import EmptyEnv, Env, FunctionCall, FunctionReturnType, FunctionsRuntime
from agentdojo.types import ChatMessage, ChatUserMessage, get_text_content_as_str, text_content_block_from_string

from humankind.systems.privacy.adapters.conversation import Transcript, Watch
from humankind.systems.privacy.protection import Protection

State = tuple[str, FunctionsRuntime, Env, Sequence[ChatMessage], dict]
"""What goes from one element of a pipeline to the next."""


class Protected(BasePipelineElement):
    """A pipeline whose functions run only where the defence allows it.

    Args:
        pipeline: any element that runs functions, or several as one.
        protection: whose defence screens.
    """

    def __init__(self, pipeline: BasePipelineElement, protection: Protection) -> None:
        self.pipeline, self.protection = pipeline, protection
        self.name = getattr(pipeline, "name", None)

    def query(
        self,
        query: str,
        runtime: FunctionsRuntime,
        env: Env = EmptyEnv(),  # noqa: B008  # ty: ignore[invalid-parameter-default]
        messages: Sequence[ChatMessage] = (),
        extra_args: dict = {},  # noqa: B006
    ) -> State:
        """Return what the pipeline returns for a query."""
        screened = ScreenedRuntime(runtime, Watch(self.protection))
        query, _, env, messages, extra_args = self.pipeline.query(query, screened, env, messages, extra_args)
        return query, runtime, env, messages, extra_args


class Instructions(BasePipelineElement):
    """Adds the one instruction after results that brought content in; stands between the executor and the model.

    Args:
        protection: whose defence instructs.
    """

    def __init__(self, protection: Protection) -> None:
        self.protection = protection

    def query(
        self,
        query: str,
        runtime: FunctionsRuntime,
        env: Env = EmptyEnv(),  # noqa: B008  # ty: ignore[invalid-parameter-default]
        messages: Sequence[ChatMessage] = (),
        extra_args: dict = {},  # noqa: B006
    ) -> State:
        """Return the conversation with its instruction, if the latest results get one."""
        told = self.protection.instruction(transcript(messages, self.protection).messages)
        if told is not None:
            said = ChatUserMessage(role="user", content=[text_content_block_from_string(told)])
            messages = [*messages, said]
        return query, runtime, env, messages, extra_args


class ScreenedRuntime(FunctionsRuntime):
    """A runtime that screens calls. A blocked one returns the text that says why, and no error.

    Args:
        runtime: holds the functions.
        watch: the conversation.
    """

    def __init__(self, runtime: FunctionsRuntime, watch: Watch) -> None:
        super().__init__()
        self.functions, self.watch = runtime.functions, watch

    def run_function(
        self, env: Any, function: str, kwargs: Mapping[str, Any], raise_on_error: bool = False
    ) -> tuple[FunctionReturnType, str | None]:
        """Return result and error of a function, or the refusal of a call that may not be made."""
        try:
            given = {name: self._value(env, value) for name, value in kwargs.items()}
        except Exception as error:
            if raise_on_error:
                raise
            return "", f"{type(error).__name__}: {error}"
        call = self.watch.call(function, given, self._schema(function))
        if (told := self.watch.refused(call)) is not None:
            return told, None
        try:
            result, error = super().run_function(env, function, given, raise_on_error)
        except Exception as failure:
            self.watch.noted(call, f"error: {type(failure).__name__}")
            raise
        self.watch.noted(call, error or _text(result))
        return result, error

    def _value(self, env: Any, value: Any) -> Any:
        """Return an argument, that of a nested call once it is made: what goes out is what is screened."""
        if isinstance(value, FunctionCall):
            return self.run_function(env, value.function, value.args, raise_on_error=True)[0]
        return value

    def _schema(self, function: str) -> Any:
        known = self.functions.get(function)
        return known.parameters.model_json_schema() if known is not None else None


def system_message(text: str, protection: Protection) -> SystemMessage:
    """Return the first element of a pipeline, with what the defence adds to the system prompt."""
    return SystemMessage(protection.start(text))


def transcript(messages: Sequence[ChatMessage], protection: Protection) -> Transcript:
    """Return a conversation of AgentDojo's messages as defences see it, one entry for each."""
    written = Transcript(protection)
    for number, message in enumerate(messages):
        text = get_text_content_as_str(message["content"] or [])
        if message["role"] == "tool":
            call = message["tool_call"]
            written.returned(call.id or f"{number}", message["error"] or text, call.function)
        elif message["role"] == "assistant":
            made = message["tool_calls"] or []
            written.said("assistant", text, [(call.function, dict(call.args), call.id or "") for call in made])
        else:
            written.said(message["role"], text)
    return written


def _text(result: Any) -> str:
    try:
        return tool_result_to_str(result)
    except Exception:  # what the formatter cannot write down is still a result
        return str(result)
