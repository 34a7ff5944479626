"""Reading one JSON object out of a model's reply, and refusing everything else with a reason it can act on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from humankind.kits.bench.thinking import split_thinking
from humankind.spine.config import Section

Form = TypeVar("Form", bound=Section)
LONGEST = 40_000
"""Characters of a reply, at most."""
_FENCE = re.compile(r"```[a-zA-Z]*\s*\n?(.*?)```", re.S)
_REFUSED = re.compile(
    "^\\W*(?:抱歉|对不起|很遗憾|不好意思|我(?:无法|不能)|作为一?[个名]?(?:AI|人工智能)"
    "|I['’]?m sorry|I am sorry|Sorry|I can(?:no|['’])t)",
    re.IGNORECASE,
)


class UnusableReply(Exception):
    """A reply that does not fill its form; says in Chinese what is wrong with it."""

    def __init__(self, problem: str, kind: Literal["unusable", "empty", "refusal", "cut"] = "unusable") -> None:
        self.kind: Literal["unusable", "empty", "refusal", "cut"] = kind
        super().__init__(problem)


def filled(form: type[Form], reply: str) -> Form:
    """Return the form that a reply fills.

    Raises:
        UnusableReply: no JSON object, several that differ, or one that does not fit the form.

    >>> from humankind.systems.naming.replies import Rewrite
    >>> filled(Rewrite, '```json\\n{"rewrite": "all"}\\n```').rewrite
    'all'
    """
    try:
        return form.model_validate(object_in(reply))
    except ValidationError as error:
        told = "；".join(_told(one) for one in error.errors(include_url=False, include_input=False)[:3])
        raise UnusableReply(told) from None


def object_in(reply: str) -> dict[str, Any]:
    """Return the JSON object of a reply: the reply itself, or what its fence holds, or the last object in its words.

    >>> object_in('<think>{"a": 1}</think>好的：{"name": "李安"}')
    {'name': '李安'}
    """
    _, answer = split_thinking(reply)
    if answer is None:
        raise UnusableReply("思考部分没有结束，也没有给出结果", "cut")
    if not answer.strip():
        raise UnusableReply("回答是空的", "empty")
    if len(answer) > LONGEST:
        raise UnusableReply("回答太长")
    problem = ""
    for text in (answer.strip(), *reversed(_FENCE.findall(answer))):
        try:
            value = _loads(text)
        except UnusableReply as error:
            problem = str(error)
            continue
        if isinstance(value, dict):
            return value
    objects = list(_objects(answer))
    if objects:
        return objects[-1]
    if _REFUSED.search(answer):
        raise UnusableReply("拒绝回答；请求只是为孩子起名，请给出结果", "refusal")
    raise UnusableReply(f"回答里没有完整的JSON对象（{problem}）" if "{" in answer else "回答里没有JSON对象")


def shape(form: type[Section]) -> str:
    """Return the keys of a form with what belongs into each, as a model is shown them.

    >>> from humankind.systems.naming.replies import Rewrite
    >>> shape(Rewrite)
    '{"rewrite": "all：重起名字；explanation：只改解释"}'
    """
    schema = form.model_json_schema()
    return json.dumps(_shape(schema, schema.get("$defs", {})), ensure_ascii=False)


def _shape(schema: dict[str, Any], known: dict[str, Any]) -> Any:
    if "$ref" in schema:
        schema = {**known[schema["$ref"].rsplit("/", 1)[-1]], **{k: v for k, v in schema.items() if k != "$ref"}}
    if "properties" in schema:
        return {name: _shape(part, known) for name, part in schema["properties"].items()}
    inner = next((part for part in schema.get("prefixItems", []) or [schema.get("items")] if part), None)
    if inner is not None:
        count = schema.get("minItems") if schema.get("minItems") == schema.get("maxItems") else None
        one = _shape(inner, known)
        plain = isinstance(one, str) and not one
        told = schema.get("description", "") if plain else one
        return [told, f"……共{count}项" if count else "……"]
    return schema.get("description", "")


def _loads(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise UnusableReply("JSON嵌套太深") from None
    except ValueError as error:
        raise UnusableReply(f"JSON有误：{error}") from None


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the outermost objects that stand in a text."""
    decoder = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)
    at = text.find("{")
    tries = 0
    while at >= 0 and tries < 200:
        tries += 1
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            if isinstance(value, dict):
                yield value
        at = text.find("{", end)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("同一个键出现两次")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} 不是JSON")


def _told(error: Any) -> str:
    place = ".".join(str(step) for step in error["loc"])
    problems = {"missing": "缺少", "extra_forbidden": "多余的键"}
    problem = problems.get(error["type"], error["msg"])
    return f"{place}：{problem}" if place else problem
