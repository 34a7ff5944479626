"""Suggested names as text for a screen, as Markdown, and as one HTML page that stands alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from humankind.systems.naming.agents import OBJECTIVE_NAMES
from humankind.systems.naming.shown import ShownName, ShownRound, ShownSource, Suggested

LEVELS = {"serious": "严重", "caution": "注意", "info": "提示"}
FORMATS = ("table", "json", "markdown", "html")
_CLOSER = 3
"""Names that are told in full below the table."""


def rendered(found: Sequence[Suggested], format: str) -> str:
    """Return names in one of `FORMATS`."""
    if format == "markdown":
        return as_markdown(found)
    if format == "html":
        return as_html(found)
    if format == "json":
        return json.dumps([one.model_dump(mode="json") for one in found], ensure_ascii=False, indent=1) + "\n"
    return "\n\n".join(as_text(one) for one in found)


def as_text(found: Suggested) -> str:
    """Return names for a screen: a table of all, then the first three in full, then the trace."""
    lines = [*_head(found)]
    if found.names:
        lines += ["", f"{'#':>2}  {'姓名':　<5}{'拼音':<22}{'总分':>5}  " + " ".join(OBJECTIVE_NAMES)]
        lines += [_row(place, one) for place, one in enumerate(found.names, start=1)]
        for one in found.names[:_CLOSER]:
            lines += ["", *closer(one)]
    if found.trace:
        lines += ["", "迭代过程", *(_round(one) for one in found.trace)]
    return "\n".join(lines)


def _head(found: Suggested) -> list[str]:
    lines = [f"请求：{found.text}"] if found.text else []
    lines += [f"注意：{note}" for note in found.notes]
    if found.problem:
        lines.append(f"没有名字：{found.problem}")
    weights = "，".join(f"{goal.name}{goal.preference}（{goal.weight:.0%}）" for goal in found.goals)
    if weights:
        lines.append(f"偏好：{weights}")
    return lines + [f"{name}：{value}" for name, value in found.facts.items()]


def _row(place: int, one: ShownName) -> str:
    score = "  –  " if one.score is None else f"{one.score:5.2f}"
    by_objective = " ".join(f"{value:^8.2f}" for value in one.objectives)
    return f"{place:>2}  {one.name:　<5}{one.pinyin:<22}{score}  {by_objective}"


def closer(one: ShownName) -> list[str]:
    """Return the lines that tell everything of a name."""
    lines = [f"{one.name}  {one.pinyin}  {one.tones}"]
    if one.source:
        lines.append(f"  {one.source.cited}：{marked(one.source, '【', '】')}")
    lines += [f"  {name}：{text}" for name, text in zip(OBJECTIVE_NAMES, one.explanation, strict=False)]
    return lines + [f"  {LEVELS[warning.level]}：{warning.text}" for warning in one.warnings]


def _round(one: ShownRound) -> str:
    scores = [
        f"{name} {score:.3f}（阈值 {bar:.3f}）"
        for name, score, bar in (
            ("解释", one.implicit, one.implicit_threshold),
            ("目标", one.explicit, one.explicit_threshold),
        )
        if score is not None and bar is not None
    ]
    parts = [f"第{one.round}轮 {one.name}", *scores, one.flag, *one.changes]
    return "  " + "；".join(parts)


def marked(source: ShownSource, before: str, after: str) -> str:
    """Return the verse with the characters of the name between marks.

    >>> source = ShownSource(title="", author="", dynasty="", verse="明月松间照", positions=(0, 2))
    >>> marked(source, "[", "]")
    '[明]月[松]间照'
    """
    return "".join(f"{before}{text}{after}" if held else text for text, held in source.pieces)


# -- Markdown -----------------------------------------------------------------------------------------------


def as_markdown(found: Sequence[Suggested]) -> str:
    """Return names as Markdown, one section a request."""
    return "\n".join(line for one in found for line in _markdown(one))


def _markdown(found: Suggested) -> list[str]:
    lines = [f"# {found.id or '起名建议'}", "", f"> {_plain(found.text)}", ""]
    lines += [f"- 注意：{_plain(note)}" for note in found.notes]
    if found.problem:
        lines += ["", f"**没有名字**：{_plain(found.problem)}"]
    lines += [f"- {name}：{value}" for name, value in found.facts.items()]
    if found.names:
        lines += ["", "| # | 姓名 | 拼音 | 总分 | " + " | ".join(OBJECTIVE_NAMES) + " | 出处 |", "|" + "---|" * 10]
        lines += [_markdown_row(place, one) for place, one in enumerate(found.names, start=1)]
    for one in found.names:
        lines += ["", f"## {one.name} {one.pinyin}", ""]
        if one.source:
            lines += [f"{one.source.cited}：{marked(one.source, '**', '**')}", ""]
        lines += [f"{k}. **{name}**：{_plain(text)}" for k, (name, text) in _numbered(one)]
        lines += [f"- {LEVELS[warning.level]}：{_plain(warning.text)}" for warning in one.warnings]
    if found.trace:
        lines += ["", "## 迭代过程", "", *(f"- {_plain(_round(one).strip())}" for one in found.trace)]
    return [*lines, ""]


def _markdown_row(place: int, one: ShownName) -> str:
    scores = [f"{value:.2f}" for value in one.objectives] or ["–"] * len(OBJECTIVE_NAMES)
    score = "–" if one.score is None else f"{one.score:.2f}"
    cited = one.source.cited if one.source else "–"
    return "| " + " | ".join([str(place), one.name, one.pinyin, score, *scores, cited]) + " |"


def _numbered(one: ShownName) -> list[tuple[int, tuple[str, str]]]:
    return list(enumerate(zip(OBJECTIVE_NAMES, one.explanation, strict=False), start=1))


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is: no tags, no tables, no new lines."""
    for char in "\\`*_[]<>|#":
        text = text.replace(char, f"\\{char}")
    return " ".join(text.split())


# -- HTML ---------------------------------------------------------------------------------------------------


def as_html(found: Sequence[Suggested]) -> str:
    """Return one page with the names of every request; no script, no request to anywhere, style inside."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    import humankind.spine.report as report

    folders = [Path(__file__).parent / "templates", Path(report.__file__).parent / "templates"]
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("names.html.j2")
    return template.render(requests=list(found), objectives=OBJECTIVE_NAMES, levels=LEVELS, numbered=_numbered)
