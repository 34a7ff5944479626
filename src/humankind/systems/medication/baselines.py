"""Plain recommenders under the same protocol: popularity, the previous visit, logistic regression, nearest visits.

Each learns from a training cohort and scores every drug for every visit of another one from the visit's diagnoses and
procedures and from earlier visits; the visit's own drugs are never looked at. None needs torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from humankind.spine.errors import DataError
from humankind.systems.medication.data import CodeSets, Cohort

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_BLOCK = 1 << 24  # similarities held at a time


class Recommender(Protocol):
    """What learns from a cohort and scores drugs."""

    def fit(self, train: Cohort) -> Self:
        """Learn from the training cohort and return itself."""
        ...

    def scores(self, cohort: Cohort) -> np.ndarray:
        """Return how likely each drug is for each visit, float32 in 0 to 1, shape (n_visits, n_drugs)."""
        ...


def previous_drugs(cohort: Cohort) -> CodeSets:
    """Return the drugs of the visit before each visit; the empty set for first visits."""
    previous = cohort.previous
    later = np.flatnonzero(previous >= 0)
    drugs = cohort.drugs.select(previous[later])
    return CodeSets.from_pairs(cohort.drugs.codes, later[drugs.visit_of], drugs.indices, cohort.n_visits)


def features(cohort: Cohort) -> csr_matrix:
    """Return visits x (diagnoses, procedures, drugs of the previous visit), 0/1 float32."""
    from scipy.sparse import hstack

    parts = (cohort.diagnoses, cohort.procedures, previous_drugs(cohort))
    return hstack([part.matrix() for part in parts]).tocsr()


@dataclass
class Popularity:
    """Scores a drug by the share of training visits that have it."""

    def fit(self, train: Cohort) -> Self:
        """Learn from the training cohort and return itself."""
        self.rates = rates(train.drugs)
        return self

    def scores(self, cohort: Cohort) -> np.ndarray:
        """Return the same scores for every visit."""
        _check_drugs(cohort, len(self.rates))
        return np.tile(self.rates, (cohort.n_visits, 1))


@dataclass
class PreviousVisit:
    """Repeats the drugs of the previous visit; for first visits: popularity.

    The scores of later visits are (given before + popularity) / 2, so that .5 tells repeated drugs from others.
    """

    def fit(self, train: Cohort) -> Self:
        """Learn from the training cohort and return itself."""
        self.rates = rates(train.drugs)
        return self

    def scores(self, cohort: Cohort) -> np.ndarray:
        """Return the scores."""
        _check_drugs(cohort, len(self.rates))
        table = np.tile(self.rates, (cohort.n_visits, 1))
        later = cohort.previous >= 0
        table[later] *= np.float32(0.5 - 1e-6)  # a drug that every training visit has stays below .5
        before = previous_drugs(cohort)
        table[before.visit_of, before.indices] += 0.5
        return np.clip(table, 0, 1)


@dataclass
class Logistic:
    """One logistic regression a drug, on the visit's codes and the drugs of the previous visit."""

    C: float = 1.0
    """Inverse strength of the l2 penalty."""

    def fit(self, train: Cohort) -> Self:
        """Learn from the training cohort and return itself."""
        from humankind.spine.extras import require

        (linear_model,) = require("medication", "sklearn.linear_model")
        X, given = features(train), train.drugs.matrix().tocsc()
        self.rates = rates(train.drugs)
        self.weights = np.zeros((X.shape[1], train.n_drugs), np.float32)
        self.intercepts = np.zeros(train.n_drugs, np.float32)
        # A drug that all or no training visits have needs no model: its score is its rate.
        self.learned = np.flatnonzero((self.rates > 0) & (self.rates < 1))
        for drug in self.learned:
            target = given[:, [drug]].toarray().ravel()
            model = linear_model.LogisticRegression(C=self.C, solver="liblinear", random_state=0).fit(X, target)
            self.weights[:, drug], self.intercepts[drug] = model.coef_[0], model.intercept_[0]
        return self

    def scores(self, cohort: Cohort) -> np.ndarray:
        """Return the probabilities."""
        from scipy.special import expit

        _check_drugs(cohort, len(self.rates))
        X = features(cohort)
        if X.shape[1] != len(self.weights):
            raise DataError(
                "the visits have other vocabularies than the training data",
                found=f"{X.shape[1]} codes",
                expected=f"{len(self.weights)}",
                remedy="align the visits with the training cohort first",
            )
        table = np.tile(self.rates, (cohort.n_visits, 1))
        table[:, self.learned] = expit(X @ self.weights[:, self.learned] + self.intercepts[self.learned])
        return table


@dataclass
class NearestVisits:
    """Averages the drugs of the training visits nearest by cosine of TF-IDF over the same features.

    Neighbours count by their similarity. Popularity, a thousand times lighter, orders what the neighbours leave equal.
    """

    k: int = 10
    """Neighbours; all training visits where there are fewer."""

    def fit(self, train: Cohort) -> Self:
        """Learn from the training cohort and return itself."""
        X = features(train)
        frequency = np.bincount(X.indices, minlength=X.shape[1])
        self.idf = (np.log((1 + X.shape[0]) / (1 + frequency)) + 1).astype(np.float32)
        self.keys, self.drugs, self.rates = self._embedded(X), train.drugs.matrix(), rates(train.drugs)
        return self

    def scores(self, cohort: Cohort) -> np.ndarray:
        """Return the weighted shares."""
        _check_drugs(cohort, len(self.rates))
        queries = self._embedded(features(cohort))
        table = np.empty((cohort.n_visits, cohort.n_drugs), np.float32)
        step = max(1, _BLOCK // self.keys.shape[0])
        for start in range(0, cohort.n_visits, step):
            rows = slice(start, min(start + step, cohort.n_visits))
            table[rows] = self._blended((queries[rows] @ self.keys.T).toarray())
        return table

    def _blended(self, similarity: np.ndarray) -> np.ndarray:
        k = min(self.k, similarity.shape[1])
        nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
        weight = np.take_along_axis(similarity, nearest, axis=1)
        weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
        blended = np.zeros((len(similarity), len(self.rates)), np.float32)
        for place in range(k):
            blended += self.drugs[nearest[:, place]].multiply(weight[:, [place]]).toarray()
        return (blended + 1e-3 * self.rates) / np.float32(1 + 1e-3)

    def _embedded(self, X: csr_matrix) -> csr_matrix:
        from scipy.sparse import diags
        from scipy.sparse.linalg import norm

        weighted = X @ diags(self.idf)
        return (diags(1 / np.maximum(norm(weighted, axis=1), 1e-9)) @ weighted).astype(np.float32).tocsr()


BASELINES: dict[str, Callable[[], Recommender]] = {
    "popularity": Popularity,
    "previous visit": PreviousVisit,
    "logistic regression": Logistic,
    "nearest visits": NearestVisits,
}
"""By the names of reports."""


def rates(drugs: CodeSets) -> np.ndarray:
    """Return the share of visits that have each drug, float32 of length n_drugs."""
    return (np.bincount(drugs.indices, minlength=drugs.n_codes) / max(len(drugs), 1)).astype(np.float32)


def _check_drugs(cohort: Cohort, n_drugs: int) -> None:
    if cohort.n_drugs != n_drugs:
        raise DataError(
            "the visits have another drug vocabulary than the training data",
            found=f"{cohort.n_drugs} drugs",
            expected=f"{n_drugs}",
            remedy="align the visits with the training cohort first",
        )
