"""Draws `evidence.Chart` to inline SVG with matplotlib, for pages without scripts.

Text stays text, ids carry a prefix so that many charts share one page, and equal input gives equal bytes.
Titles and notes are left to the page, and so are colours: each stands behind a CSS property (`--ink`, `--series-1`)
that a page may set for a dark ground.
"""

from __future__ import annotations

import io
import math
import textwrap
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from humankind.spine.errors import DataError
from humankind.spine.evidence import Chart, Series
from humankind.spine.inline_svg import clean, inline
from humankind.spine.numerals import column_decimals, decimals_for, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's palette, told apart by colour-blind readers; darkest first, so that print keeps them apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555")
_MARKERS = ("o", "s", "D", "^", "v", "P", "X")
_DASHES = ("-", "--", "-.", ":", (0, (6, 2, 1, 2, 1, 2)), (0, (3, 1)), (0, (1, 3)))
_INK, _QUIET, _GRID, _PAPER = "#1d1d1f", "#5c5c61", "#e4e4e7", "#ffffff"
_PROPERTIES = {_INK: "--ink", _QUIET: "--quiet", _GRID: "--line", _PAPER: "--paper"} | {
    colour.lower(): f"--series-{number}" for number, colour in enumerate(COLOURS, 1)
}
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


@dataclass(frozen=True)
class Sheet:
    """The room that a drawing has; the page scales it."""

    name: str
    width: float
    """Inches."""
    row_label: int
    """Characters in a line of a row's label."""
    axis_labels: int
    """Characters of all labels under an axis side by side."""
    most_values: int
    """Bars up to which each has its value written above."""
    key_columns: int
    """Names of series side by side above the drawing."""


WIDE = Sheet("wide", width=9.0, row_label=38, axis_labels=96, most_values=16, key_columns=5)
NARROW = Sheet("narrow", width=4.2, row_label=18, axis_labels=40, most_values=4, key_columns=2)
"""For telephones: the same text on half the width, where the wide drawing would be cut or too small to read."""


def svg(chart: Chart, prefix: str, sheet: Sheet = WIDE) -> str:
    """Return the chart as an `<svg>` element to be put into an HTML page.

    Args:
        chart: what to draw; every series needs as many y as x, and as many ends of intervals or none.
        prefix: starts every id in the drawing; letters, digits and hyphens, unique within the page.
        sheet: the room there is.

    Raises:
        DataError: the chart is empty, or the lengths within a series differ.
    """
    import matplotlib
    from matplotlib.figure import Figure

    _check(chart)
    buffer = io.StringIO()
    with matplotlib.rc_context(_STYLE | {"svg.hashsalt": prefix}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the reader's browser has the glyph
        warnings.filterwarnings("ignore", message="constrained_layout not applied")  # labels longer than the sheet
        figure = Figure(figsize=(sheet.width, _height(chart, sheet)), layout="constrained")
        _DRAW[chart.kind](figure.add_subplot(), chart, sheet)
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", transparent=True, metadata=metadata)
    return inline(buffer.getvalue(), prefix, chart.title, sheet.name, _PROPERTIES)


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


def _height(chart: Chart, sheet: Sheet) -> float:
    key = 0.25 * math.ceil(len(chart.series) / sheet.key_columns) if len(chart.series) > 1 else 0
    if chart.kind == "dots":
        lines = [_wrapped(row, sheet.row_label).count("\n") + 1 for row in _categories(chart)]
        return 1.0 + sum(max(0.12 + 0.18 * n, 0.22 * len(chart.series)) for n in lines) + key
    return 3.5 if sheet is WIDE else 2.8 + key


# -- the three kinds ---------------------------------------------------------------------------------------


def _draw_dots(axes: Axes, chart: Chart, sheet: Sheet) -> None:
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
            axes.plot(y, row, _MARKERS[number % len(_MARKERS)], color=colour, markersize=7, markeredgecolor=_PAPER)
            axes.text(
                1.015,
                row,
                write(y, decimals),
                transform=axes.get_yaxis_transform(),
                va="center",
                color=colour if many else _INK,
            )
    axes.set_yticks(range(len(rows)), [_wrapped(row, sheet.row_label) for row in rows])
    axes.tick_params(axis="y", labelcolor=_INK)
    axes.set_ylim(len(rows) - 0.45, -0.55)
    axes.grid(axis="y", linewidth=0.4)
    axes.margins(x=0.06)
    _name_axes(axes, chart.y_label, chart.x_label, sheet)
    _key(axes, chart, sheet, _MARKERS)


def _draw_bars(axes: Axes, chart: Chart, sheet: Sheet) -> None:
    groups = _categories(chart)
    width = 0.72 / len(chart.series)
    decimals = _chart_decimals(chart)
    few = len(groups) * len(chart.series) <= sheet.most_values
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
    _side_by_side(axes, groups, sheet)
    axes.tick_params(axis="x", labelcolor=_INK)
    axes.axhline(0, color=_QUIET, linewidth=0.8)
    axes.grid(axis="x", visible=False)
    axes.margins(y=0.1)
    _name_axes(axes, chart.x_label, chart.y_label, sheet)
    _key(axes, chart, sheet, ("s",))


def _draw_lines(axes: Axes, chart: Chart, sheet: Sheet) -> None:
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
            markeredgecolor=_PAPER,
        )
        drawn = [(place, value) for place, value in zip(x, y) if not math.isnan(value)]
        if drawn:
            ends.append((*max(drawn), number))
    if not numeric:
        _side_by_side(axes, places, sheet)
    axes.grid(axis="x", visible=False)
    axes.margins(x=0.02, y=0.08)
    _mark(axes, chart)
    _name_axes(axes, chart.x_label, chart.y_label, sheet)
    if len(chart.series) <= 8 and sheet is WIDE:
        _name_ends(axes, chart, ends)
    else:
        _key(axes, chart, sheet, ("",))


_DRAW = {"dots": _draw_dots, "bars": _draw_bars, "lines": _draw_lines}


# -- parts -------------------------------------------------------------------------------------------------


def _name_axes(axes: Axes, under: str, beside: str, sheet: Sheet) -> None:
    axes.set_xlabel(textwrap.fill(clean(under), round(12 * sheet.width)))
    axes.set_ylabel(textwrap.fill(clean(beside), 38))


def _mark(axes: Axes, chart: Chart) -> None:
    """Draw the vertical lines, named above the curves on the side where there is more room, each on its own line."""
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom, top + (top - bottom) * 0.07 * len(chart.marks))
    for number, (place, text) in enumerate(chart.marks):
        late = place > (left + right) / 2
        axes.axvline(place, color=_QUIET, linewidth=1, linestyle=(0, (2, 2)))
        axes.annotate(
            clean(text), (place, 1), (-3 if late else 3, -2 - 12 * number), xycoords=("data", "axes fraction"),
            textcoords="offset points", va="top", ha="right" if late else "left", fontsize=8.5, color=_QUIET,
        )  # fmt: skip


def _side_by_side(axes: Axes, labels: list[str], sheet: Sheet) -> None:
    """Name the places along x, slanted where words would not fit side by side."""
    room = sheet.axis_labels // len(labels)
    longest = max((len(word) for label in labels for word in label.split()), default=0)
    if longest <= max(room, 4):
        axes.set_xticks(range(len(labels)), [_wrapped(label, max(room, 4)) for label in labels])
    else:
        slanted = [_wrapped(label, sheet.row_label) for label in labels]
        axes.set_xticks(range(len(labels)), slanted, rotation=40, ha="right", rotation_mode="anchor")


def _name_ends(axes: Axes, chart: Chart, ends: list[tuple[float, float, int]]) -> None:
    """Write each line's name beside its last point, moved apart where they would overlap."""
    bottom, top = axes.get_ylim()
    ordered = sorted(ends, key=lambda end: end[1])
    wanted = [(y - bottom) / (top - bottom) for _, y, _ in ordered]
    for place, (_, _, number) in zip(spread(wanted, gap=0.075), ordered):
        axes.text(
            1.012, place, clean(chart.series[number].name), transform=axes.transAxes, va="center",
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


def _key(axes: Axes, chart: Chart, sheet: Sheet, markers: tuple[str, ...]) -> None:
    """Name the series above the drawing; an empty marker stands for the line itself."""
    from matplotlib.lines import Line2D

    if len(chart.series) < 2:
        return
    handles = [
        Line2D(
            [], [], color=COLOURS[number % len(COLOURS)], marker=(marker := markers[number % len(markers)]),
            linestyle="none" if marker else _DASHES[number % len(_DASHES)],
            label=_wrapped(series.name, sheet.row_label),
        )
        for number, series in enumerate(chart.series)
    ]  # fmt: skip
    columns = min(len(handles), sheet.key_columns)
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
    return textwrap.fill(clean(text), width) or " "
