"""Suggest drugs for a visit: simulated patients, HypeMed, interacting pairs, similar visits, a lower interaction rate.

    python examples/medication.py

The visits are made up, with rules and interactions planted, and the codes mean nothing. Research software, not medical
advice. Half a minute on one core.
"""

from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.evaluate import evaluation
from humankind.systems.medication.hypemed import HypeMed
from humankind.systems.medication.metrics import visit_figures
from humankind.systems.medication.simulate import SimulationConfig, simulate
from humankind.systems.medication.split import split_by_patient
from humankind.systems.medication.tuned import tuned


def main() -> None:
    """Train, recommend, measure."""
    made = simulate(SimulationConfig(n_visits=1_000), seed=0)
    train, validation, test = split_by_patient(made.cohort, (0.7, 0.1, 0.2), seed=0)
    print(f"{train.n_patients} patients to learn from, {train.n_visits} visits, {train.n_drugs} drugs\n")

    config = HypeMedConfig.from_preset("tiny")
    model = HypeMed(config).fit(train, validation, made.ddi)

    # The last visit of a patient with a history; what was given at it is not looked at.
    someone = next(patient for patient in range(test.n_patients) if len(test.visits_of(patient)) > 2)
    found = model.recommend(test.subset([someone]))[-1]
    print("suggested:", ", ".join(f"{drug.code} {drug.probability:.2f}" for drug in found.drugs))
    for pair in found.interactions:
        print(f"  {pair.a} interacts with {pair.b}: {pair.severity} ({pair.source})")
    course, similar = found.gate
    print(f"own course counts {course:.2f}, similar visits {similar:.2f}; the nearest of these:")
    for near in found.neighbours[:3]:
        print(f"  weight {near.weight:.2f}: patient {near.patient_id} was given {', '.join(near.drugs)}")
    print(f"{found.notice}\n")

    rival = tuned("logistic regression", train, validation, made.ddi, config.recurrent, seed=0)
    probs, scores = model.predict(test), rival.model.scores(test)
    sets = {
        "HypeMed": (probs, model.choose(probs)),
        "HypeMed, at most .06 interacting": (probs, model.choose(probs, target_ddi=0.06)),
        "logistic regression": (scores, rival.chosen_sets(scores)),
    }
    print("mean over test patients           Jaccard   95 % interval   interacting pairs")
    for name, (likely, chosen) in sets.items():
        figures = evaluation(test, visit_figures(test.drugs, likely, chosen, made.ddi), seed=0)
        jaccard, rate = figures.of("jaccard"), figures.of("ddi_rate", "pooled")
        print(f"{name:<34} {jaccard.value:.3f}   {jaccard.low:.3f} to {jaccard.high:.3f}   {rate.value:.3f}")


if __name__ == "__main__":
    main()
