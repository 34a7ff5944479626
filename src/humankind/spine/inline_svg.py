"""Makes a drawing that matplotlib wrote to a file into a part of a page: ids of its own, colours of the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

_FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', sans-serif"


def inline(document: str, prefix: str, title: str, kind: str, properties: Mapping[str, str]) -> str:
    """Return the drawing without prolog, namespaces, metadata and page-wide style, as one `<svg>` element.

    Args:
        document: the SVG file.
        prefix: starts every id, so that many drawings share one page.
        title: what the drawing is called for those who do not see it.
        kind: class of the element beside `chart`.
        properties: colour in the file, as `#1d1d1f`, to the CSS property that the page may set it by, as `--ink`; the
            colour stays where the page does not.
    """
    root = ElementTree.fromstring(document)
    for parent in list(root.iter()):
        for child in [child for child in parent if _local(child.tag) in {"metadata", "style"}]:
            parent.remove(child)
    for element in root.iter():
        element.tag = _local(element.tag)
        element.attrib = {_local(key): _attribute(_local(key), value, prefix) for key, value in element.items()}
        if "style" in element.attrib:
            element.attrib["style"] = _coloured(element.attrib["style"], properties)
        element.tail = None
    box = root.attrib["viewBox"]
    root.attrib = {
        "class": f"chart {kind}",
        "viewBox": box,
        "role": "img",
        "aria-label": clean(title),
        "style": "stroke-linejoin: round; stroke-linecap: butt",
    }
    return ElementTree.tostring(root, encoding="unicode")


def clean(text: str) -> str:
    """Return the text without the characters that XML refuses."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\N{REPLACEMENT CHARACTER}", text)


def _attribute(key: str, value: str, prefix: str) -> str:
    if key == "id":
        return f"{prefix}-{value}"
    if key == "href":
        return value.replace("#", f"#{prefix}-", 1)
    if key == "style":
        return re.sub(r"(font(?:-family)?:[^;]*?)'DejaVu Sans'[^;]*", rf"\g<1>{_FONTS}", value)
    return value.replace("url(#", f"url(#{prefix}-")


def _coloured(style: str, properties: Mapping[str, str]) -> str:
    """Return the style with known colours left to the page, which may be dark."""

    def named(match: re.Match[str]) -> str:
        name = properties.get(match[0].lower())
        return match[0] if name is None else f"var({name}, {match[0]})"

    return re.sub(r"#[0-9a-fA-F]{6}\b", named, style)


def _local(name: str) -> str:
    return name.rpartition("}")[2]
