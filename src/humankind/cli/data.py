"""`humankind data`: what data sets there are, what they permit, which are here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from humankind.spine import sources
from humankind.spine.catalog import CATALOG
from humankind.spine.verbs import Json, emit, new_app

if TYPE_CHECKING:
    from humankind.spine.progress import Progress

app = new_app(help="List, get and verify data sets.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A data set that `humankind data list` shows.")]


@app.command("list")
def list_sources(json: Json = False) -> None:
    """List all data sets: licence, permitted use, whether they are here."""
    rows = [
        {
            "name": known.name,
            "licence": known.licence,
            "permitted": sorted(known.permitted),
            "status": sources.status(known.name),
            "systems": list(known.systems),
            "title": known.title,
            "how_to_get": sources.remedy(known.name),
        }
        for known in CATALOG.values()
    ]

    def text() -> str:
        lines = [f"{'name':<22}{'status':<10}{'permitted':<17}licence"]
        lines += [
            f"{row['name']:<22}{row['status']:<10}{' + '.join(row['permitted']):<17}{row['licence']}" for row in rows
        ]
        return "\n".join(lines)

    emit({"data": rows}, json, text)


@app.command("get")
def get(
    name: Name,
    from_path: Annotated[Path | None, typer.Option("--from", help="Local file or folder to take it from.")] = None,
    json: Json = False,
) -> None:
    """Fetch a data set, or take a local copy; check it and keep it where the systems look."""
    from humankind.spine.progress import for_person

    with for_person() as progress:
        fetched = None if from_path is not None else _package(name, progress)
        folder = fetched or sources.get(name, from_path, progress)
    emit({"name": name, "path": str(folder)}, json, f"{name}: {folder}")


def _package(name: str, progress: Progress) -> Path | None:
    """Return where a data set that comes as a package of npm was fetched to, None for others."""
    if name != "chinese-poetry":
        return None
    from humankind.systems.naming.fetching import package_path

    return package_path(progress)


@app.command("path")
def path(name: Name, json: Json = False) -> None:
    """Print the folder of a data set."""
    folder = sources.locate(name)
    emit({"name": name, "path": str(folder)}, json, str(folder))


@app.command("verify")
def verify(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="All that are here if none is given.")] = None,
    json: Json = False,
) -> None:
    """Compare the files of a data set with their known checksums."""
    if name is not None:
        sources.verify(name)
    names = [name] if name is not None else [known for known in CATALOG if sources.status(known) != "absent"]
    found = {known: sources.status(known) for known in names}
    checked = {known: len(CATALOG[known].files) for known in names}

    def text() -> str:
        told = {known: f"{number} file{'s' * (number > 1)} compared" for known, number in checked.items()}
        told |= {known: "its checksums are not known to us" for known, number in checked.items() if not number}
        return "\n".join(f"{known:<22}{state:<10}{told[known]}" for known, state in found.items())

    emit({"data": found, "files_compared": checked}, json, text)
    if "damaged" in found.values():
        raise typer.Exit(1)
