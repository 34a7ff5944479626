"""What the verbs of the model do between the command line and HypeMed: cohorts in, run folders and plain facts out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from humankind.spine.errors import ConfigError, DataError, RunError
from humankind.spine.progress import Progress
from humankind.spine.runs import Run, folder_once
from humankind.spine.verbs import about
from humankind.systems.medication.answers import NOTICE
from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.data import Cohort, Kind, Visit
from humankind.systems.medication.ddi import DDIGraph
from humankind.systems.medication.hypemed import HypeMed
from humankind.systems.medication.prepare import prepare
from humankind.systems.medication.split import split_by_patient

if TYPE_CHECKING:
    from pydantic import ValidationError

MODEL = "model"
PATIENTS = "patients.json"
PARTS = ("train", "validation", "test")
FRACTIONS = (0.7, 0.1, 0.2)
NO_LIST = "none"


# -- data in ----------------------------------------------------------------------------------------------


def read(path: Path, source: str | None) -> Cohort:
    """Return the cohort of a folder that `prepare` wrote, or of tables where their layout is named."""
    with about(path):
        return Cohort.load(path) if source is None else prepare(path, source).cohort


def interactions(cohort: Cohort, wanted: str | None) -> DDIGraph:
    """Return the interacting pairs over a cohort's drugs.

    Args:
        cohort: whose drugs.
        wanted: path of a CSV; `none` for no list at all; None for the default list.

    Raises:
        DataError: the list is not there or not readable.
    """
    codes = cohort.drugs.codes
    if wanted == NO_LIST:
        return DDIGraph.from_pairs(codes, ())
    if wanted is not None:
        return DDIGraph.from_csv(Path(wanted), codes, source=Path(wanted).stem)
    try:
        return DDIGraph.default(codes)
    except DataError as error:
        error.where = "--ddi"
        error.remedy = f"{error.remedy}; or name a CSV of your own; or do without a list: --ddi none"
        raise


def split(cohort: Cohort, seed: int) -> dict[str, Cohort]:
    """Return training, validation and test patients, 70, 10 and 20 %, drawn by the seed."""
    return dict(zip(PARTS, split_by_patient(cohort, FRACTIONS, seed)))


def read_visits(path: Path, source: str | None, patients: Sequence[str]) -> Cohort:
    """Return the visits of patients, from JSON or from a cohort.

    Args:
        path: a JSON file with a list of visits, `{"diagnoses": [...], "procedures": [...], "drugs": [...]}` each,
            first visit first; or what `read` takes.
        source: as for `read`.
        patients: which patients of a cohort; all of them where none is named.
    """
    if not path.exists():
        raise DataError("there is no such file or folder", found=path, expected="a JSON list of visits, or a cohort")
    if source is None and path.is_file():
        if patients:
            raise ConfigError("a file of visits is of one patient", found=f"--patient {patients[0]}", where=path)
        with about(path):
            return Cohort.from_visits({"patient": _visits(path)})
    cohort = read(path, source)
    with about("--patient"):
        return cohort.subset([cohort.patient_index(name) for name in patients]) if patients else cohort


def _visits(path: Path) -> list[Visit]:
    from pydantic import TypeAdapter, ValidationError

    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        found = TypeAdapter(list[Visit]).validate_python(read.get("visits") if isinstance(read, dict) else read)
    except (OSError, ValueError) as error:
        raise DataError(
            "the visits cannot be read",
            found=_first_fault(error) if isinstance(error, ValidationError) else error,
            expected='[{"diagnoses": ["ICD10CM:I50.9"], "procedures": [], "drugs": ["C03C"]}, ...], first visit first',
        ) from None
    if not found:
        raise DataError("there is no visit", expected="at least the present one")
    _check_order(found)
    return [_written(visit, number) for number, visit in enumerate(found, 1)]


def _check_order(visits: Sequence[Visit]) -> None:
    """Raise DataError where a visit is earlier than one before it: the order given is the order used."""
    last = None
    for number, visit in enumerate(visits, 1):
        if last is not None and visit.time is not None and visit.time < last:
            raise DataError(
                "the visits are not in order of time",
                found=f"visit {number} at {visit.time:g}, after one at {last:g}",
                expected="first visit first",
            )
        last = last if visit.time is None else visit.time


def _first_fault(error: ValidationError) -> str:
    """Return where the first fault of a list of visits lies, counted from 1, and what it is."""
    first = error.errors()[0]
    steps = [str(step + 1) if isinstance(step, int) else step for step in first["loc"]]
    return f"visit {', '.join(steps)}: {first['msg']}" if steps else first["msg"]


def _written(visit: Visit, number: int) -> Visit:
    """Return a visit with its codes as a cohort has them: dots, system in front; what is no code is refused."""
    from humankind.systems.medication.codes import written_code

    fields: dict[str, tuple[str, ...]] = {}
    kinds: tuple[tuple[str, Kind], ...] = (("diagnoses", "diagnosis"), ("procedures", "procedure"), ("drugs", "drug"))
    for field, kind in kinds:
        given = getattr(visit, field)
        if not all(code.strip() for code in given):
            raise DataError(f"a {kind} code is empty", found=f"visit {number}: {list(given)}", remedy="leave it out")
        written = [written_code(code, kind) for code in given]
        if kind == "drug":  # what is no ATC code stays as it is: the model will not know it, and says so
            fields[field] = tuple(code or text for code, text in zip(written, given))
            continue
        if None in written:
            wrong = given[written.index(None)]
            fault = "is none of the system in front of it" if ":" in wrong else "could be of ICD-9 and of ICD-10"
            raise DataError(
                f"a {kind} code {fault}",
                found=f"visit {number}: {wrong!r}",
                expected="a code as in 428.0 or ICD10CM:I50.9; the system in front where both have it: ICD9CM:V10.1",
            )
        fields[field] = tuple(code for code in written if code)
    return visit.model_copy(update=fields)


# -- training ---------------------------------------------------------------------------------------------


def train_in(run: Run, config: HypeMedConfig, cohort: Cohort, ddi: DDIGraph, progress: Progress) -> HypeMed:
    """Return HypeMed trained inside a run folder on 70 % of a cohort's patients, chosen on 10 %.

    Stages are kept in artifacts/stages until the model is in artifacts/model, with the ids of all parts beside it.
    """
    run.check_data(**cohort.facts(), interactions=ddi.n_pairs)
    if (run.artifacts / MODEL).exists():
        model = HypeMed.load(run.artifacts / MODEL)
    else:
        parts = split(cohort, config.seed)
        stages = run.artifacts / "stages"
        model = HypeMed(config).fit(parts["train"], parts["validation"], ddi, folder=stages, progress=progress)
        folder_once(run.artifacts / MODEL, lambda folder: _fill(model, parts, folder))
    shutil.rmtree(run.artifacts / "stages", ignore_errors=True)  # several times the model's size, of no more use
    if not any(line.get("event") == "chosen" for line in run.metrics()):  # killed before its last words
        for line in model.course.log:
            run.log(event="validation", **line)
        run.log(event="chosen", epoch=model.course.best_epoch, threshold=model.threshold)
    return model


def _fill(model: HypeMed, parts: dict[str, Cohort], folder: Path) -> None:
    ids = {name: list(part.patient_ids) for name, part in parts.items()}
    (folder / PATIENTS).write_text(json.dumps(ids, indent=1) + "\n", encoding="utf-8")
    model.save(folder)


def choices_of(model: HypeMed) -> dict[str, Any]:
    """Return sizes of the training data and what validation chose."""
    return {
        "patients": model.training.n_patients,
        "visits": model.training.n_visits,
        "drugs": model.training.n_drugs,
        "interacting_pairs": model.ddi.n_pairs,
        "epoch": model.course.best_epoch,
        "validation_jaccard": model.course.best_jaccard,
        "threshold": model.threshold,
        "notice": NOTICE,
    }


# -- a trained model --------------------------------------------------------------------------------------


def load_model(path: Path) -> HypeMed:
    """Return the model in a run folder, or in a folder that `HypeMed.save` wrote."""
    folder = model_folder(path)
    with about(folder):
        try:
            return HypeMed.load(folder)
        except (SafetensorError, LookupError, TypeError, ValueError, AttributeError, RuntimeError, OSError) as error:
            raise RunError(
                "the model in this folder is damaged",
                found=f"{type(error).__name__}: {error}",
                where=folder,
                remedy="train it anew, or copy the whole folder again",
            ) from None


def model_folder(path: Path) -> Path:
    """Return the model's own folder inside a run folder; the path itself where it is no run folder."""
    inside = path / "artifacts" / MODEL
    return inside if inside.is_dir() else path


def unseen(path: Path, model: HypeMed, cohort: Cohort) -> Cohort:
    """Return the patients of a cohort that a model never saw.

    Those that training set aside, where the cohort is the one it was trained on; all, where it shares none with it.

    Raises:
        DataError: the cohort holds training patients beside strangers, or no other patient.
    """
    seen = {*model.training.patient_ids, *model.validation.patient_ids}
    own = set(cohort.patient_ids)
    if not own & seen:
        return cohort
    file = model_folder(path) / PATIENTS
    aside = _set_aside(file) if file.exists() else set()
    if not own <= seen | aside or not own & aside:
        raise DataError(
            "the cohort holds patients that the model learned from",
            found=f"{len(own & seen)} of {len(own)} patients were seen in training",
            remedy="give the cohort of the training, whose test patients are known, or one without its patients",
        )
    return cohort.subset([cohort.patient_index(name) for name in cohort.patient_ids if name in aside])


def _set_aside(file: Path) -> set[str]:
    """Return the ids of the patients that training left for testing."""
    try:
        return set(json.loads(file.read_text(encoding="utf-8"))["test"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise RunError(
            "the list of patients beside the model is damaged",
            found=f"{type(error).__name__}: {error}",
            where=file,
            expected='{"train": [...], "validation": [...], "test": [...]}',
            remedy="train the model anew, or copy the whole folder again",
        ) from None


# -- patients ---------------------------------------------------------------------------------------------


def recommend(model: HypeMed, visits: Cohort, target_ddi: float | None, every: bool) -> dict[str, Any]:
    """Return recommendations ready for JSON: for the last visit of each patient, or for every visit."""
    cohort, alignment = model.aligned(visits)
    found = model.recommend(cohort, target_ddi)
    patients = []
    for patient, name in enumerate(visits.patient_ids):
        own = visits.visits_of(patient)
        shown = own if every else own[-1:]
        patients.append(
            {"patient": name, "visits": [{"visit": visits.visit_ids[n], **found[n].as_dict()} for n in shown]}
        )
    return {
        "codes": alignment.told(),
        "codes_replaced": alignment.n_replaced,
        "codes_left_out": alignment.n_skipped,
        "patients": patients,
        "notice": NOTICE,
    }


def explain(model: HypeMed, visits: Cohort, top: int) -> dict[str, Any]:
    """Return the recommendation of the last visit and what moves when something that was known is taken away."""
    from humankind.systems.medication.explaining import without

    if visits.n_patients > 1:
        raise ConfigError(
            "there are several patients",
            found=f"{visits.n_patients}, for example {', '.join(visits.patient_ids[:3])}",
            where="--patient",
            remedy="name one",
        )
    cohort, _ = model.aligned(visits)
    return {**recommend(model, visits, None, every=False), "without": without(model, cohort, top)}
