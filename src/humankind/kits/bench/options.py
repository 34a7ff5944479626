"""Options that the verbs of systems which ask language models share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[str | None, typer.Option("--model", help="As Inspect names it.", show_default="humankind/smollm2")]
Way = Annotated[str | None, typer.Option("--way", help="auto, likelihood, constrained or text.", show_default="auto")]
Temperature = Annotated[
    float | None, typer.Option("--temperature", min=0, help="0 takes the likeliest token.", show_default="0")
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="Folder that `evaluate --out` wrote.")]
