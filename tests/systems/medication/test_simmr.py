"""Nothing leaks: not a later visit, not a batch-mate, not the drugs to be predicted, not a visit's own memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch

from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.data import CodeSets, Cohort
from humankind.systems.medication.hypemed import HypeMed
from humankind.systems.medication.medrep import Embeddings
from humankind.systems.medication.objective import total_loss
from humankind.systems.medication.simmr import SimMR
from humankind.systems.medication.visits import laid_out, owners_of, training_visits, windows

MakeCohort = Callable[..., Cohort]
SETTINGS = ["embedding_dim=8", "n_heads=2", "dropout=0", "simmr.n_neighbours=4"]


def fresh(cohort: Cohort, *settings: str) -> SimMR:
    config = HypeMedConfig.from_preset("tiny", [*SETTINGS, *settings])
    generator = torch.Generator().manual_seed(3)
    embeddings = {
        kind: Embeddings(
            torch.randn(cohort.sets(kind).n_codes, 8, generator=generator),
            torch.randn(cohort.n_visits, 8, generator=generator),
        )
        for kind in ("diagnosis", "procedure", "drug")
    }
    torch.manual_seed(0)
    model = SimMR(embeddings, torch.zeros(cohort.n_drugs), owners_of(cohort), config)
    # As after some training: at the start the gate and the drugs' vectors let little through.
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return model.eval()


@pytest.fixture(scope="module")
def cohort(make_cohort: MakeCohort) -> Cohort:
    return make_cohort(20, seed=0)


def logits(model: SimMR, cohort: Cohort) -> torch.Tensor:
    with torch.no_grad():
        return model(laid_out(cohort, {})).logits


def changed(cohort: Cohort, kind: str, visit: int) -> Cohort:
    """Return the cohort with the codes of one visit and kind replaced by their complement."""
    sets = cohort.sets(kind)  # ty: ignore[invalid-argument-type]
    rows = [set(sets.of(v)) for v in range(len(sets))]
    rows[visit] = set(range(sets.n_codes)) - rows[visit]
    field = {"diagnosis": "diagnoses", "procedure": "procedures", "drug": "drugs"}[kind]
    return cohort.with_sets(**{field: CodeSets.from_sets(sets.codes, rows)})


@pytest.mark.parametrize("channels", ["both", "history", "retrieval"])
@pytest.mark.parametrize("kind", ["diagnosis", "procedure", "drug"])
def test_a_later_visit_or_another_patient_changes_nothing(
    cohort: Cohort, kind: str, channels: str, make_cohort: MakeCohort
) -> None:
    model = fresh(cohort, f"simmr.channels={channels}")
    new = make_cohort(6, seed=9, prefix="n")
    before = logits(model, new)
    for visit in range(new.n_visits):
        after = logits(model, changed(new, kind, visit))
        same_patient = new.patient_of == new.patient_of[visit]
        # Drugs act from the next visit on, diagnoses and procedures at once.
        reached = same_patient & (new.position > new.position[visit] - (kind != "drug"))
        torch.testing.assert_close(after[~reached], before[~reached], atol=1e-5, rtol=0)


def test_but_diagnoses_of_the_visit_and_drugs_of_the_last_one_matter(cohort: Cohort, make_cohort: MakeCohort) -> None:
    model = fresh(cohort)
    new = make_cohort(6, seed=9, prefix="n")
    before = logits(model, new)
    second = int(np.flatnonzero(new.position == 1)[0])
    assert (logits(model, changed(new, "diagnosis", second))[second] - before[second]).abs().max() > 1e-3
    assert (logits(model, changed(new, "drug", second - 1))[second] - before[second]).abs().max() > 1e-3


def test_alone_as_in_a_batch(cohort: Cohort, make_cohort: MakeCohort) -> None:
    model = fresh(cohort)
    new = make_cohort(6, seed=9, prefix="n")
    together = logits(model, new)
    for patient in range(new.n_patients):
        alone = logits(model, new.subset([patient]))
        torch.testing.assert_close(alone, together[list(new.visits_of(patient))], atol=1e-5, rtol=0)


def test_the_window_ends() -> None:
    index, present = windows(torch.tensor([0, 0, 0, 0, 1]), 3)
    assert index[3].tolist() == [3, 2, 1]
    assert present.tolist()[2:] == [[True] * 3, [True] * 3, [True, False, False]]


def test_own_memory_row_has_no_part_in_training_logits(cohort: Cohort) -> None:
    model = fresh(cohort)
    patients = np.arange(cohort.n_patients)
    visits = training_visits(cohort, patients)
    with torch.no_grad():
        before = model(visits)
        for visit in (0, 7, cohort.n_visits - 1):
            kept = {kind: row.data[visit].clone() for kind, row in model.memory.items()}
            for row in model.memory.values():
                row.data[visit] = 1e3
            after = model(visits)
            torch.testing.assert_close(after.logits[visit], before.logits[visit], atol=1e-5, rtol=0)
            for kind, row in model.memory.items():
                row.data[visit] = kept[kind]


def test_neither_the_visit_nor_a_later_one_of_the_patient_is_retrieved(cohort: Cohort) -> None:
    model = fresh(cohort, "simmr.n_neighbours=60")
    with torch.no_grad():
        output = model(training_visits(cohort, np.arange(cohort.n_patients)[::-1].copy()))
    order = np.concatenate([np.asarray(cohort.visits_of(p)) for p in range(cohort.n_patients)[::-1]])
    for place, visit in enumerate(order):
        found = output.neighbours[place][output.present[place]].numpy()
        own = set(np.flatnonzero(cohort.patient_of == cohort.patient_of[visit]))
        allowed = set(range(cohort.n_visits)) - {v for v in own if cohort.position[v] >= cohort.position[visit]}
        assert set(found) <= allowed
        assert len(found) == min(60, len(allowed))


def test_a_known_patient_by_name_is_the_same_person(cohort: Cohort) -> None:
    model = fresh(cohort, "simmr.n_neighbours=60")
    memory = {name: number for number, name in enumerate(cohort.patient_ids)}
    with torch.no_grad():
        output = model(laid_out(cohort, memory))
    for visit in range(cohort.n_visits):
        found = output.neighbours[visit][output.present[visit]].numpy()
        own_later = (cohort.patient_of == cohort.patient_of[visit]) & (cohort.position >= cohort.position[visit])
        assert not own_later[found].any()


def test_only_retrieved_visits_matter(cohort: Cohort, make_cohort: MakeCohort) -> None:
    model = fresh(cohort)
    new = make_cohort(3, seed=5, prefix="n").subset([0])
    with torch.no_grad():
        output = model(laid_out(new, {}))
        used = set(output.neighbours[output.present].tolist())
        unused = next(v for v in range(cohort.n_visits) if v not in used)
        model.memory["drug"].data[unused] += 5
        torch.testing.assert_close(model(laid_out(new, {})).logits, output.logits, atol=1e-6, rtol=0)
        model.memory["drug"].data[next(iter(used))] += 5
        assert (model(laid_out(new, {})).logits - output.logits).abs().max() > 1e-3


def test_memory_smaller_than_the_neighbours_asked_for(make_cohort: MakeCohort) -> None:
    few = make_cohort(2, seed=1)
    model = fresh(few, "simmr.n_neighbours=50")
    with torch.no_grad():
        output = model(laid_out(make_cohort(3, seed=2, prefix="n"), {}))
    assert output.logits.isfinite().all()
    assert (output.present.sum(1) == few.n_visits).all()
    torch.testing.assert_close(output.weights.sum(1), torch.ones(len(output.weights)))


def test_gradients_are_finite_with_empty_visits(cohort: Cohort) -> None:
    bare = changed(cohort, "procedure", 0)
    empty = CodeSets.from_sets(bare.procedures.codes, [[] for _ in range(bare.n_visits)])
    bare = bare.with_sets(procedures=empty)
    model = fresh(bare).train()
    visits = training_visits(bare, np.arange(bare.n_patients))
    interacts = torch.ones(bare.n_drugs, bare.n_drugs) - torch.eye(bare.n_drugs)
    loss, _ = total_loss(model, model(visits), visits, interacts, 0.5, 0.06)
    loss.backward()
    assert loss.isfinite()
    for name, parameter in model.named_parameters():
        assert parameter.grad is None or parameter.grad.isfinite().all(), name


def test_channels_switch_off_what_they_say(cohort: Cohort, make_cohort: MakeCohort) -> None:
    new = make_cohort(4, seed=2, prefix="n")
    for channels, gate in (("history", [1.0, 0.0]), ("retrieval", [0.0, 1.0])):
        with torch.no_grad():
            output = fresh(cohort, f"simmr.channels={channels}")(laid_out(new, {}))
        assert (output.gate == torch.tensor(gate)).all()
    model = fresh(cohort, "simmr.channels=history")
    before = logits(model, new)
    model.memory["drug"].data += 3
    assert torch.equal(logits(model, new), before)


def test_patients_in_both_parts_are_refused(cohort: Cohort) -> None:
    from humankind.spine.errors import DataError

    with pytest.raises(DataError, match="two parts"):
        HypeMed().fit(cohort, cohort.subset([0]))


def test_output_has_no_hidden_target(make_cohort: MakeCohort) -> None:
    """The vector of the given drugs is there for the loss; no other field may depend on it."""
    cohort = make_cohort(8, seed=4)
    model = fresh(cohort)
    last = int(np.flatnonzero(cohort.patient_of == 0)[-1])
    with torch.no_grad():
        one, other = (vars(model(laid_out(c, {}))) for c in (cohort, changed(cohort, "drug", last)))
    for name in (field.name for field in dataclasses.fields(type(model(laid_out(cohort, {}))))):
        same = torch.allclose(one[name][last].float(), other[name][last].float(), atol=1e-6)
        assert same == (name != "given"), name
