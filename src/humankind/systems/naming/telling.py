"""What the verbs say to a person: checks, names, requests, poems and benchmarks as plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from humankind.systems.naming.agents import OBJECTIVE_NAMES
from humankind.systems.naming.pages import LEVELS, closer
from humankind.systems.naming.shown import ShownName

if TYPE_CHECKING:
    from humankind.systems.naming.benching import BenchFound

_WORDS = {
    "surname": "姓", "sex": "性别", "birth": "出生", "wishes": "期望", "given_length": "名的字数",
    "total_length": "全名字数", "structure": "结构", "radical": "偏旁", "without_radicals": "避开的偏旁",
    "generation": "字辈", "required": "须用之字", "forbidden": "忌用之字", "ancestors": "避讳的长辈", "poem": "诗题",
    "author": "作者", "book": "诗集", "verse": "诗句", "dynasty": "朝代", "season": "季节", "festival": "节日",
    "zodiac_claimed": "所说生肖", "elements_wished": "所求五行", "elements_unwanted": "所忌五行",
    "wants_elements": "讲究五行", "tones": "平仄", "sounds": "读音", "simple": "易写", "unusual": "少重名",
    "lunar": "农历", "zodiac": "生肖", "festivals": "节日", "solar_term": "节气", "pillars": "四柱",
    "missing": "所缺五行",
}  # fmt: skip


def told_check(found: Mapping[str, Any]) -> str:
    """Return the warnings on a name as text."""
    lines = [f"{found['name']}  {found.get('pinyin', '')}  {found.get('tones', '')}".rstrip()]
    elements = "，".join(f"{char}{element or '不论'}" for char, element in found["elements"].items())
    lines.append(f"五行：{elements}（{found['scheme']}）")
    lines += [f"{LEVELS[one['level']]}：{one['text']}" for one in found["warnings"]]
    return "\n".join(lines if found["warnings"] else [*lines, "没有要提醒的。"])


def told_name(one: ShownName) -> str:
    """Return one name in full."""
    scores = "，".join(f"{name}{value:.2f}" for name, value in zip(OBJECTIVE_NAMES, one.objectives, strict=False))
    return "\n".join([*closer(one), *([f"  评分：{scores}；总分{one.score:.2f}"] if one.score is not None else [])])


def told_comparison(names: Sequence[ShownName]) -> str:
    """Return names side by side, one line an objective."""
    lines = [f"{'':　<6}" + "".join(f"{one.name:　<6}" for one in names)]
    for k, title in enumerate(OBJECTIVE_NAMES):
        values = [one.objectives[k] if one.objectives else None for one in names]
        lines.append(f"{title:　<6}" + "".join(f"{'–' if v is None else format(v, '.2f'):<12}" for v in values))
    totals = "".join(f"{'–' if one.score is None else format(one.score, '.2f'):<12}" for one in names)
    lines += [f"{'总分':　<6}{totals}"]
    for one in names:
        lines += ["", *closer(one)]
    return "\n".join(lines)


def told_request(found: Mapping[str, Any]) -> str:
    """Return what a request was understood to ask as text."""
    lines = [f"{_WORDS.get(key, key)}：{_said(value)}" for key, value in found["understood"].items()]
    lines += [f"{_WORDS.get(key, key)}：{_said(value)}" for key, value in found["calendar"].items()]
    told = "，".join(f"{name}{value}（{found['weights'][name]:.0%}）" for name, value in found["preferences"].items())
    lines.append(f"偏好：{told}")
    return "\n".join([*lines, *(f"注意：{note['text']}" for note in found["notes"])])


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        return "-".join(
            f"{part:02}" if isinstance(part, int) else str(part) for part in value.values() if part is not None
        )
    if isinstance(value, list | tuple):
        return "、".join(map(str, value))
    return {"boy": "男", "girl": "女"}.get(str(value), str(value))


def told_poems(poems: Sequence[Mapping[str, Any]]) -> str:
    """Return retrieved poems, the fitting verse first."""
    if not poems:
        return "没有找到。"
    return "\n".join(
        f"{one['score']:.3f}  {one['verse']}  {one['dynasty']}·{one['author']}《{one['title']}》" for one in poems
    )


def told_corpora(corpora: Sequence[Mapping[str, Any]]) -> str:
    """Return the corpora on this machine, with the setting that takes each."""
    return "\n".join(
        f"{one['name']:<9}{one['poems']:>8,} poems  {one['path']}  {one['setting']}".rstrip() for one in corpora
    )


def told_bench(found: BenchFound) -> str:
    """Return a benchmark as a table of ways, then the differences from the method."""
    measures = ("emoc", "imoc", "cmoc", "O1", "O2", "O3", "O4", "O5", "acc", "coverage")
    lines = [
        f"{found.suite}: {found.requests} requests, {found.backend}, {found.seconds:.0f} s",
        "",
        f"{'way':<22}" + "".join(f"{name:>9}" for name in measures) + f"{'distinct':>10}{'rounds':>8}",
    ]
    for one in found.summaries:
        figures = [one.figure(name) for name in measures]
        cells = "".join(f"{'–' if figure is None else format(figure.value, '.1f'):>9}" for figure in figures)
        lines.append(f"{one.strategy:<22}{cells}{one.counts['distinct_given']:>10.2f}{one.rounds:>8.2f}")
    if found.gaps:
        lines += ["", "the method minus each way, on the same requests (95 % interval; p by sign flips, Holm)"]
        for gap in found.gaps:
            figure = gap.difference
            ends = "" if figure.low is None or figure.high is None else f"  [{figure.low:+.2f}, {figure.high:+.2f}]"
            lines.append(f"  {gap.other:<22}{gap.measure:<9}{figure.value:+7.2f}{ends}  p {gap.p_value:.4f}")
    if found.agreement:
        told = ", ".join(f"{name} {value:.2f}" for name, value in found.agreement.items())
        lines += ["", f"rules and judge, Pearson's r: {told}"]
    return "\n".join([*lines, *(["", *found.remarks] if found.remarks else [])])
