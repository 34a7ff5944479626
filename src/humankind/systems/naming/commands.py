"""`humankind naming`: suggest, check, explain, compare, parse, retrieve, bench, data build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from humankind.spine.verbs import (
    Json,
    Out,
    Preset,
    Resume,
    Seed,
    Settings,
    config_of,
    emit,
    new_app,
    verb_run,
    with_settings,
)

app = new_app(
    help="NAMeGEn: Chinese names that meet many wishes at once, each from a verse, with explanations that are checked.",
    no_args_is_help=True,
)

_CONFIG = with_settings("humankind.systems.naming.config:NamingConfig")
_BENCH = with_settings("humankind.systems.naming.bench_config:BenchConfig")
_MANY = "may be repeated."

Name = Annotated[str, typer.Argument(metavar="NAME", help="A full Chinese name, surname first.")]
Surname = Annotated[str | None, typer.Option("--surname", help="One character or a compound surname.")]
Sex = Annotated[str | None, typer.Option("--sex", help="boy or girl.")]
Birth = Annotated[str | None, typer.Option("--birth", help="2024-03-05, 2024-03-05T08:20, 2024-03; lunar:2024-8-15.")]
Wish = Annotated[list[str] | None, typer.Option("--wish", help=f"A word of meaning, such as 勇敢; {_MANY}")]
Backend = Annotated[
    str | None,
    typer.Option("--backend", help="rules, a model as Inspect names it, or hybrid:MODEL.", show_default="rules"),
]
Scheme = Annotated[
    str | None,
    typer.Option("--scheme", help="Five elements by meaning, strokes, sound or a CSV file.", show_default="meaning"),
]


@app.command("suggest", cls=_CONFIG)
def suggest(
    text: Annotated[str | None, typer.Argument(metavar="[REQUEST]", help="What parents ask, in Chinese.")] = None,
    surname: Surname = None,
    sex: Sex = None,
    birth: Birth = None,
    wish: Wish = None,
    generation: Annotated[
        str | None, typer.Option("--generation", help="Its character: 文, or 文2 for slot 2.")
    ] = None,
    require: Annotated[str | None, typer.Option("--require", help="Characters that the name must hold.")] = None,
    forbid: Annotated[str | None, typer.Option("--forbid", help="Characters that it must not hold.")] = None,
    length: Annotated[int | None, typer.Option("--length", help="Characters of the given name: 1 or 2.")] = None,
    structure: Annotated[str | None, typer.Option("--structure", help="左右, 上下, 包围, 独体 ...")] = None,
    radical: Annotated[str | None, typer.Option("--radical", help="One character has it: 木, 氵 ...")] = None,
    without: Annotated[list[str] | None, typer.Option("--without-radical", help=f"None has it; {_MANY}")] = None,
    element: Annotated[str | None, typer.Option("--element", help="Elements wished: 水木.")] = None,
    poem: Annotated[str | None, typer.Option("--poem", help="Title of a poem.")] = None,
    poet: Annotated[str | None, typer.Option("--poet", help="Author of the poem.")] = None,
    book: Annotated[str | None, typer.Option("--book", help="诗经, 楚辞, 唐诗, 宋词 ...")] = None,
    n: Annotated[
        int | None, typer.Option("-n", "--n-names", min=1, help="Names for a request.", show_default="the preset's")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="CSV or JSON lines of requests: `text`, or the fields of a form.")
    ] = None,
    format: Annotated[str, typer.Option("--format", help="table, json, markdown or html.")] = "table",
    save: Annotated[Path | None, typer.Option("--save", help="File for the names in that format.")] = None,
    backend: Backend = None,
    scheme: Scheme = None,
    preset: Preset = "small",
    settings: Settings = None,
    seed: Seed = None,
    out: Out = None,
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Suggest names for a free request, a form, or a file of requests (--file, which leaves a run folder)."""
    from humankind.systems.naming import pages, workflow
    from humankind.systems.naming.config import NamingConfig

    config = config_of(NamingConfig, preset, settings, seed, n_names=n, backend=backend, scheme=scheme)
    workflow.check_format(format, save)
    fields = {
        "surname": surname, "sex": sex, "birth": birth, "wishes": wish, "generation": generation, "required": require,
        "forbidden": forbid, "given_length": length, "structure": structure, "radical": radical,
        "without_radicals": without, "elements_wished": element, "poem": poem, "author": poet, "book": book,
    }  # fmt: skip
    if file is not None:
        workflow.alone(file, text, fields)
        items = workflow.requests_in(file)
        with verb_run("naming", config, out, resume) as (run, progress):
            found = workflow.suggest_in(run, config, items, progress)
            told = workflow.batch_told(run, found)
    else:
        workflow.no_folder(out, resume)
        found = [workflow.suggest_one(config, workflow.one_request(text, fields))]
        told = found[0].model_dump(mode="json")
    if save is not None:
        workflow.save_page(save, found, format)
    if format == "json" or json:
        emit(told, True, "")
    else:
        emit(told, False, lambda: pages.rendered(found, format) if save is None else f"{len(found)} saved to {save}")
    if any(one.problem for one in found):
        raise typer.Exit(1)


@app.command("check")
def check(
    name: Name,
    sex: Sex = None,
    birth: Birth = None,
    elder: Annotated[list[str] | None, typer.Option("--elder", help=f"Full name of an elder; {_MANY}")] = None,
    generation: Annotated[
        str | None, typer.Option("--generation", help="Its character: 文, or 文2 for slot 2.")
    ] = None,
    scheme: Scheme = None,
    zodiac: Annotated[bool, typer.Option("--zodiac", help="Look at the folk rules of the zodiac, too.")] = False,
    json: Json = False,
) -> None:
    """Check a name for sound, homophones, meaning, law, sex and family; exit code 1 for a serious warning."""
    from humankind.systems.naming import inquiries, telling

    found = inquiries.checked(name, sex, birth, elder, generation, scheme, zodiac)
    emit(found, json, lambda: telling.told_check(found))
    if any(one["level"] == "serious" for one in found["warnings"]):
        raise typer.Exit(1)


@app.command("explain")
def explain(
    name: Name,
    text: Annotated[str | None, typer.Option("--request", help="The request that it answers.")] = None,
    sex: Sex = None,
    birth: Birth = None,
    wish: Wish = None,
    scheme: Scheme = None,
    json: Json = False,
) -> None:
    """Explain a name with verified facts: verse, meaning, elements, sound."""
    from humankind.systems.naming import inquiries, telling

    found = inquiries.explained(name, text, {"sex": sex, "birth": birth, "wishes": wish}, scheme)
    emit(found.model_dump(mode="json"), json, lambda: telling.told_name(found))


@app.command("compare")
def compare(
    names: Annotated[list[str], typer.Argument(metavar="NAME NAME ...", help="Full Chinese names.")],
    text: Annotated[str | None, typer.Option("--request", help="The request that they answer.")] = None,
    sex: Sex = None,
    birth: Birth = None,
    wish: Wish = None,
    scheme: Scheme = None,
    json: Json = False,
) -> None:
    """Compare names objective by objective."""
    from humankind.systems.naming import inquiries, telling

    found = inquiries.compared(names, text, {"sex": sex, "birth": birth, "wishes": wish}, scheme)
    emit({"names": [one.model_dump(mode="json") for one in found]}, json, lambda: telling.told_comparison(found))


@app.command("parse")
def parse(
    text: Annotated[str, typer.Argument(metavar="REQUEST", help="What parents ask, in Chinese.")],
    json: Json = False,
) -> None:
    """Show what a request was understood to ask, with weights and what is doubtful."""
    from humankind.systems.naming import inquiries, telling

    found = inquiries.understood(text)
    emit(found, json, lambda: telling.told_request(found))


@app.command("retrieve")
def retrieve(
    wish: Annotated[str, typer.Argument(metavar="WISH", help="Any text: wishes, an image, part of a verse.")],
    n: Annotated[int, typer.Option("-n", "--top", min=1, help="Poems.")] = 5,
    poet: Annotated[str | None, typer.Option("--poet", help="Only this author.")] = None,
    dynasty: Annotated[str | None, typer.Option("--dynasty", help="Only this dynasty.")] = None,
    book: Annotated[str | None, typer.Option("--book", help="Only this collection.")] = None,
    holding: Annotated[str | None, typer.Option("--holding", help="The verse holds one of these characters.")] = None,
    corpus: Annotated[
        Path | None, typer.Option("--corpus", help="Folder of `data build`.", show_default="shipped")
    ] = None,
    json: Json = False,
) -> None:
    """Find poems and verses for a wish, by shared characters and by meaning."""
    from humankind.systems.naming import inquiries, telling

    found = inquiries.retrieved(wish, n, poet, dynasty, book, holding, corpus)
    emit({"poems": found}, json, lambda: telling.told_poems(found))


@app.command("bench", cls=_BENCH)
def bench(
    suite: Annotated[
        str | None,
        typer.Option("--suite", help="own, cbnames, or the path of a file of CBNames.", show_default="own"),
    ] = None,
    ways: Annotated[
        str | None,
        typer.Option("--ways", help="all, baselines, ablations, or names with commas.", show_default="all"),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=0, help="Most requests; 0: all.", show_default="the preset's")
    ] = None,
    backend: Backend = None,
    judge: Annotated[
        str | None, typer.Option("--judge", metavar="MODEL", help="Model that scores, too.", show_default="none")
    ] = None,
    preset: Preset = "small",
    settings: Settings = None,
    seed: Seed = None,
    out: Out = None,
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Run requests through the method, baselines and ablations; score them without a judge, or with one."""
    from humankind.systems.naming import telling, workflow
    from humankind.systems.naming.bench_config import BenchConfig

    config = config_of(
        BenchConfig, preset, settings, seed, suite=suite, ways=ways, limit=limit, backend=backend, judge=judge
    )
    cases = workflow.cases_for(config)
    with verb_run("naming", config, out, resume) as (run, progress):
        found = workflow.bench_in(run, config, cases, progress)
    emit({"run": str(run.path), **found.model_dump(mode="json")}, json, lambda: telling.told_bench(found))


@app.command("data")
def data(
    action: Annotated[
        str, typer.Argument(metavar="build|show", help="build: make a corpus of poems; show: which there are.")
    ],
    full: Annotated[bool, typer.Option("--full", help="All 345,000 poems, into the data folder.")] = False,
    package: Annotated[
        Path | None,
        typer.Option("--from", help="Folder or tarball of chinese-poetry.", show_default="on this machine, or by npm"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder (--full) or file to write.", show_default="the data folder")
    ] = None,
    json: Json = False,
) -> None:
    """Build the corpus of poems from the npm package chinese-poetry, or show which corpora there are."""
    from humankind.spine.progress import for_person
    from humankind.systems.naming import telling, workflow

    workflow.check_action(action)
    if action == "show":
        corpora = workflow.corpora()
        emit({"corpora": corpora}, json, lambda: telling.told_corpora(corpora))
        return
    with for_person() as progress:
        found = workflow.built(full, package, out, progress)
    emit(found, json, lambda: f"{found['poems']:,} poems in {found['path']} ({found['seconds']} s)")
