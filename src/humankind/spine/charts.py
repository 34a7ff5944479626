"""Draws `evidence.Chart` to inline SVG with matplotlib, for pages without scripts.

Text stays text, ids carry a prefix so that many charts share one page, and equal input gives equal bytes.
Titles and notes are left to the page.
"""

from __future__ import annotations

import io
import math
import re
import textwrap
import warnings
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from humankind.spine.errors import DataError
from humankind.spine.evidence import Chart, Series
from humankind.spine.numerals import column_decimals, decimals_for, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's palette, told apart by colour-blind readers; darkest first, so that print keeps them apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555")
_MARKERS = ("o", "s", "D", "^", "v", "P", "X")
_DASHES = ("-", "--", "-.", ":", (0, (6, 2, 1, 2, 1, 2)), (0, (3, 1)), (0, (1, 3)))
_INK, _QUIET, _GRID = "#1d1d1f", "#5c5c61", "#e4e4e7"
_FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', sans-serif"
_WIDTH = 9.0  # inches; the page scales it
_STYLE: Any = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",  # bundled, and wide: what fits in it fits in the font of the reader
    "font.size": 9.5,
    "text.color": _INK,
    "axes.labelcolor": _QUIET,
    "axes.edgecolor": _GRID,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.unicode_minus": True,
    "grid.color": _GRID,
    "grid.linewidth": 0.7,
    "xtick.color": _QUIET,
    "ytick.color": _QUIET,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
}


def svg(chart: Chart, prefix: str) -> str:
    """Return the chart as an `<svg>` element to be put into an HTML page.

    Args:
        chart: what to draw; every series needs as many y as x, and as many ends of intervals or none.
        prefix: starts every id in the drawing; letters, digits and hyphens, unique within the page.

    Raises:
        DataError: the chart is empty, or the lengths within a series differ.
    """
    import matplotlib
    from matplotlib.figure import Figure

    _check(chart)
    buffer = io.StringIO()
    with matplotlib.rc_context(_STYLE | {"svg.hashsalt": prefix}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the reader's browser has the glyph
        figure = Figure(figsize=(_WIDTH, _height(chart)), layout="constrained")
        _DRAW[chart.kind](figure.add_subplot(), chart)
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", transparent=True, metadata=metadata)
    return _inline(buffer.getvalue(), prefix, chart.title)


def _check(chart: Chart) -> None:
    if not any(y is not None for series in chart.series for y in series.y):
        raise DataError("a chart has nothing to draw", where=chart.title)
    for series in chart.series:
        lengths = {len(series.x), len(series.y)} | {len(ends) for ends in (series.low, series.high) if ends}
        if len(lengths) > 1 or bool(series.low) != bool(series.high):
            raise DataError(
                "a series of a chart has parts of different lengths",
                found=f"x {len(series.x)}, y {len(series.y)}, low {len(series.low)}, high {len(series.high)}",
                where=f"{chart.title}, {series.name}",
            )


def _height(chart: Chart) -> float:
    if chart.kind == "dots":
        rows = len(_categories(chart))
        return 1.0 + rows * max(0.3, 0.22 * len(chart.series)) + (0.25 if len(chart.series) > 1 else 0)
    return 3.5


# -- the three kinds ---------------------------------------------------------------------------------------


def _draw_dots(axes: Axes, chart: Chart) -> None:
    """One row for each category, best read from the top; the value stands at the right end of the row."""
    rows = _categories(chart)
    many = len(chart.series) > 1
    decimals = _chart_decimals(chart)
    for number, series in enumerate(chart.series):
        colour, shift = COLOURS[number % len(COLOURS)], _dodge(number, len(chart.series), 0.5)
        for label, y, low, high in _points(series):
            row = rows.index(label) + shift
            if low is not None:
                axes.plot([low, high], [row, row], color=colour, linewidth=2.2, alpha=0.45, solid_capstyle="round")
            axes.plot(y, row, _MARKERS[number % len(_MARKERS)], color=colour, markersize=7, markeredgecolor="white")
            axes.text(
                1.015,
                row,
                write(y, decimals),
                transform=axes.get_yaxis_transform(),
                va="center",
                color=colour if many else _INK,
            )
    axes.set_yticks(range(len(rows)), [_wrapped(row, 38) for row in rows])
    axes.tick_params(axis="y", labelcolor=_INK)
    axes.set_ylim(len(rows) - 0.45, -0.55)
    axes.grid(axis="y", linewidth=0.4)
    axes.margins(x=0.06)
    axes.set_xlabel(_clean(chart.y_label))
    axes.set_ylabel(_clean(chart.x_label))
    _key(axes, chart, _MARKERS)


def _draw_bars(axes: Axes, chart: Chart) -> None:
    groups = _categories(chart)
    width = 0.72 / len(chart.series)
    decimals = _chart_decimals(chart)
    few = len(groups) * len(chart.series) <= 16
    for number, series in enumerate(chart.series):
        colour, shift = COLOURS[number % len(COLOURS)], _dodge(number, len(chart.series), 0.72)
        for label, y, low, high in _points(series):
            place = groups.index(label) + shift
            axes.bar(place, y, width * 0.92, color=colour)
            if low is not None:
                axes.plot([place, place], [low, high], color=_INK, linewidth=1.1, alpha=0.75)
            if few:
                top = max(y, high) if high is not None else y
                axes.annotate(
                    write(y, decimals),
                    (place, max(top, 0)),
                    (0, 3),
                    textcoords="offset points",
                    ha="center",
                    color=_INK,
                    fontsize=8.5,
                )
    axes.set_xticks(range(len(groups)), [_wrapped(group, max(8, 96 // len(groups))) for group in groups])
    axes.tick_params(axis="x", labelcolor=_INK)
    axes.axhline(0, color=_QUIET, linewidth=0.8)
    axes.grid(axis="x", visible=False)
    axes.margins(y=0.1)
    axes.set_xlabel(_clean(chart.x_label))
    axes.set_ylabel(_clean(chart.y_label))
    _key(axes, chart, ("s",))


def _draw_lines(axes: Axes, chart: Chart) -> None:
    numeric = all(not isinstance(x, str) for series in chart.series for x in series.x)
    places = _categories(chart)
    ends: list[tuple[float, float, int]] = []
    for number, series in enumerate(chart.series):
        x = [float(x) if numeric else places.index(str(x)) for x in series.x]
        y = [math.nan if value is None else value for value in series.y]
        colour = COLOURS[number % len(COLOURS)]
        if series.low:
            axes.fill_between(x, series.low, series.high, color=colour, alpha=0.14, linewidth=0)
        axes.plot(
            x,
            y,
            color=colour,
            linewidth=2,
            linestyle=_DASHES[number % len(_DASHES)],
            marker=_MARKERS[number % len(_MARKERS)] if len(x) <= 12 else None,
            markersize=5,
            markeredgecolor="white",
        )
        drawn = [(place, value) for place, value in zip(x, y) if not math.isnan(value)]
        if drawn:
            ends.append((*max(drawn), number))
    for place, text in chart.marks:
        axes.axvline(place, color=_QUIET, linewidth=1, linestyle=(0, (2, 2)))
        axes.annotate(
            _clean(text), (place, 1), (3, -2), xycoords=("data", "axes fraction"), textcoords="offset points",
            va="top", fontsize=8.5, color=_QUIET,
        )  # fmt: skip
    if not numeric:
        axes.set_xticks(range(len(places)), [_wrapped(place, max(8, 96 // len(places))) for place in places])
    axes.grid(axis="x", visible=False)
    axes.margins(x=0.02, y=0.08)
    axes.set_xlabel(_clean(chart.x_label))
    axes.set_ylabel(_clean(chart.y_label))
    if len(chart.series) <= 8:
        _name_ends(axes, chart, ends)
    else:
        _key(axes, chart, ("",))


_DRAW = {"dots": _draw_dots, "bars": _draw_bars, "lines": _draw_lines}


# -- parts -------------------------------------------------------------------------------------------------


def _name_ends(axes: Axes, chart: Chart, ends: list[tuple[float, float, int]]) -> None:
    """Write each line's name beside its last point, moved apart where they would overlap."""
    bottom, top = axes.get_ylim()
    ordered = sorted(ends, key=lambda end: end[1])
    wanted = [(y - bottom) / (top - bottom) for _, y, _ in ordered]
    for place, (_, _, number) in zip(spread(wanted, gap=0.075), ordered):
        axes.text(
            1.012, place, _clean(chart.series[number].name), transform=axes.transAxes, va="center",
            color=COLOURS[number % len(COLOURS)], fontweight="bold",
        )  # fmt: skip


def spread(wanted: list[float], gap: float) -> list[float]:
    """Return ascending positions moved apart by at least `gap`, pushed back below 1 where there is room.

    >>> [round(place, 2) for place in spread([0.5, 0.5, 0.98], gap=0.1)]
    [0.5, 0.6, 0.98]
    """
    places: list[float] = []
    for place in wanted:
        places.append(max(place, places[-1] + gap) if places else place)
    ceiling = 1.0
    for index in reversed(range(len(places))):
        places[index] = min(places[index], ceiling)
        ceiling = places[index] - gap
    return places


def _key(axes: Axes, chart: Chart, markers: tuple[str, ...]) -> None:
    """Name the series above the drawing; an empty marker stands for the line itself."""
    from matplotlib.lines import Line2D

    if len(chart.series) < 2:
        return
    handles = [
        Line2D(
            [], [], color=COLOURS[number % len(COLOURS)], marker=(marker := markers[number % len(markers)]),
            linestyle="none" if marker else _DASHES[number % len(_DASHES)], label=_clean(series.name),
        )
        for number, series in enumerate(chart.series)
    ]  # fmt: skip
    columns = min(len(handles), 5)
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=columns,
        borderaxespad=0.2,
        handlelength=1.4,
    )


def _categories(chart: Chart) -> list[str]:
    """Return the labels along x in order of first appearance."""
    return list(dict.fromkeys(_label(x) for series in chart.series for x in series.x))


def _points(series: Series) -> list[tuple[str, float, float | None, float | None]]:
    lows = series.low or (None,) * len(series.x)
    highs = series.high or (None,) * len(series.x)
    return [(_label(x), y, low, high) for x, y, low, high in zip(series.x, series.y, lows, highs) if y is not None]


def _label(x: float | str) -> str:
    return x if isinstance(x, str) else f"{x:g}"


def _chart_decimals(chart: Chart) -> int:
    """Return one number of decimals for all values of a chart, so that they line up."""
    points = [point for series in chart.series for point in _points(series)]
    measured = sorted(decimals_for(y, low, high) for _, y, low, high in points if low is not None)
    return measured[len(measured) // 2] if measured else column_decimals(y for _, y, _, _ in points)


def _dodge(number: int, of: int, room: float) -> float:
    return (number - (of - 1) / 2) * room / of


def _wrapped(text: str, width: int) -> str:
    return textwrap.fill(_clean(text), width) or " "


def _clean(text: str) -> str:
    """Return the text without the characters that XML refuses."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\N{REPLACEMENT CHARACTER}", text)


# -- from a file to a part of a page -----------------------------------------------------------------------


def _inline(document: str, prefix: str, title: str) -> str:
    """Return the drawing without prolog, namespaces, metadata and page-wide style, its ids prefixed."""
    root = ElementTree.fromstring(document)
    for parent in list(root.iter()):
        for child in [child for child in parent if _local(child.tag) in {"metadata", "style"}]:
            parent.remove(child)
    for element in root.iter():
        element.tag = _local(element.tag)
        element.attrib = {_local(key): _attribute(_local(key), value, prefix) for key, value in element.items()}
        element.tail = None
    box = root.attrib["viewBox"]
    root.attrib = {
        "class": "chart",
        "viewBox": box,
        "role": "img",
        "aria-label": _clean(title),
        "style": "stroke-linejoin: round; stroke-linecap: butt",
    }
    return ElementTree.tostring(root, encoding="unicode")


def _attribute(key: str, value: str, prefix: str) -> str:
    if key == "id":
        return f"{prefix}-{value}"
    if key == "href":
        return value.replace("#", f"#{prefix}-", 1)
    if key == "style":
        return re.sub(r"(font(?:-family)?:[^;]*?)'DejaVu Sans'[^;]*", rf"\g<1>{_FONTS}", value)
    return value.replace("url(#", f"url(#{prefix}-")


def _local(name: str) -> str:
    return name.rpartition("}")[2]
