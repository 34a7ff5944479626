"""Three published networks to compare with: RETAIN, GAMENet, and SafeDrug without its molecules.

Written from their papers (Choi et al. 2016; Shang et al. 2019; Yang et al. 2021). All see what HypeMed sees: diagnoses
and procedures up to the present visit, drugs up to the one before.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from humankind.spine.progress import SILENT, Progress
from humankind.systems.medication.choosing import best_threshold
from humankind.systems.medication.config import RecurrentSection
from humankind.systems.medication.data import Cohort
from humankind.systems.medication.ddi import DDIGraph
from humankind.systems.medication.hypergraph import clique_expansion
from humankind.systems.medication.objective import interaction_rate, prediction_loss
from humankind.systems.medication.threads import threads_for
from humankind.systems.medication.train import DECISION, best_jaccard
from humankind.systems.medication.visits import Codes, Visits, hypergraph_of, laid_out, log_odds

_DRUG_MARGIN = 0.05


class CodeSum(nn.Module):
    """The sum of the vectors of a visit's codes."""

    def __init__(self, n_codes: int, dim: int) -> None:
        super().__init__()
        self.table = nn.Embedding(n_codes, dim)
        nn.init.normal_(self.table.weight, std=0.1)

    def forward(self, codes: Codes, n_visits: int) -> Tensor:
        """Return (n_visits, dim)."""
        rows = self.table(codes.codes)
        return rows.new_zeros(n_visits, rows.shape[1]).index_add(0, codes.owners, rows)


class Courses:
    """Flat visits as padded courses and back: (n_visits, d) <-> (n_patients, longest, d)."""

    def __init__(self, visits: Visits) -> None:
        _, self.patient, count = torch.unique_consecutive(visits.patients, return_inverse=True, return_counts=True)
        starts = count.cumsum(0) - count
        self.place = torch.arange(visits.n_visits, device=count.device) - starts[self.patient]
        self.shape = (len(count), int(count.max()))
        self.first = self.place == 0

    def padded(self, rows: Tensor) -> Tensor:
        """Return rows as courses, zeros where a course has ended."""
        table = rows.new_zeros(*self.shape, rows.shape[1])
        table[self.patient, self.place] = rows
        return table

    def flat(self, table: Tensor) -> Tensor:
        """Return the rows of courses in the visits' order."""
        return table[self.patient, self.place]

    def shifted(self, rows: Tensor) -> Tensor:
        """Return for each visit the row of the visit before, zeros for first visits."""
        before = rows.roll(1, dims=0)
        return before.masked_fill(self.first.unsqueeze(1), 0.0)


class Retain(nn.Module):
    """RETAIN: two recurrent attentions, one number and one vector for each visit, over the visits so far."""

    def __init__(self, sizes: tuple[int, int, int], dim: int, dropout: float) -> None:
        super().__init__()
        self.sums = nn.ModuleList(CodeSum(size, dim) for size in sizes)
        self.visit_rnn, self.code_rnn = nn.GRU(dim, dim, batch_first=True), nn.GRU(dim, dim, batch_first=True)
        self.alpha, self.beta, self.last = nn.Linear(dim, 1), nn.Linear(dim, dim), nn.Linear(dim, sizes[2])
        self.dropout = nn.Dropout(dropout)

    def forward(self, visits: Visits) -> Tensor:
        """Return logits (n_visits, n_drugs)."""
        n, courses = visits.n_visits, Courses(visits)
        seen = self.sums[0](visits.codes["diagnosis"], n) + self.sums[1](visits.codes["procedure"], n)
        v = courses.padded(self.dropout(seen + courses.shifted(self.sums[2](visits.codes["drug"], n))))
        scores, gates = self.alpha(self.visit_rnn(v)[0]).squeeze(2), self.beta(self.code_rnn(v)[0]).tanh()
        causal = torch.ones(v.shape[1], v.shape[1], dtype=torch.bool, device=v.device).tril()
        weights = scores.unsqueeze(1).expand(-1, v.shape[1], -1).masked_fill(~causal, -torch.inf).softmax(dim=2)
        return self.last(self.dropout(courses.flat(weights @ (gates * v))))


class Query(nn.Module):
    """What GAMENet and SafeDrug ask with: two recurrent networks over diagnoses and procedures."""

    def __init__(self, sizes: tuple[int, int, int], dim: int, dropout: float) -> None:
        super().__init__()
        self.sums = nn.ModuleList(CodeSum(size, dim) for size in sizes[:2])
        self.rnns = nn.ModuleList(nn.GRU(dim, dim, batch_first=True) for _ in range(2))
        self.mix = nn.Sequential(nn.ReLU(), nn.Linear(2 * dim, dim))
        self.dropout = nn.Dropout(dropout)

    def forward(self, visits: Visits, courses: Courses) -> Tensor:
        """Return (n_visits, dim)."""
        parts = []
        for kind, of_codes, rnn in zip(("diagnosis", "procedure"), self.sums, self.rnns):
            rows = self.dropout(of_codes(visits.codes[kind], visits.n_visits))
            parts.append(courses.flat(rnn(courses.padded(rows))[0]))
        return self.mix(torch.cat(parts, dim=1))


class GraphConvolution(nn.Module):
    """Two rounds over a fixed graph of drugs, each drug started by its own vector."""

    def __init__(self, adjacency: Tensor, dim: int, dropout: float) -> None:
        super().__init__()
        with_self = adjacency + torch.eye(len(adjacency))
        scale = with_self.sum(1).rsqrt()
        self.register_buffer("step", with_self * scale[:, None] * scale[None, :])
        self.first = nn.Parameter(torch.randn(len(adjacency), dim) * 0.1)
        self.second = nn.Linear(dim, dim)
        self.dropout = nn.Dropout(dropout)

    step: Tensor

    def forward(self) -> Tensor:
        """Return (n_drugs, dim)."""
        return self.step @ self.second(self.dropout((self.step @ self.first).relu()))


class GAMENet(nn.Module):
    """GAMENet: a memory of drugs (given together, minus interacting), and the patient's own earlier visits as keys."""

    def __init__(
        self, sizes: tuple[int, int, int], dim: int, dropout: float, together: Tensor, interacts: Tensor
    ) -> None:
        super().__init__()
        self.query = Query(sizes, dim, dropout)
        self.together = GraphConvolution(together, dim, dropout)
        self.interacting = GraphConvolution(interacts, dim, dropout)
        self.share = nn.Parameter(torch.tensor(0.1))
        self.hidden = nn.Sequential(nn.ReLU(), nn.Linear(3 * dim, 2 * dim), nn.ReLU())
        self.last = nn.Linear(2 * dim, sizes[2])

    def forward(self, visits: Visits) -> Tensor:
        """Return logits (n_visits, n_drugs)."""
        courses = Courses(visits)
        q = self.query(visits, courses)
        memory = self.together() - self.share * self.interacting()
        known = (q @ memory.T).softmax(dim=1) @ memory
        keys, values = courses.padded(q), courses.padded(visits.targets(len(memory)))
        earlier = torch.ones(keys.shape[1], keys.shape[1], dtype=torch.bool, device=q.device).tril(-1)
        scores = (keys @ keys.transpose(1, 2)).masked_fill(~earlier, -1e9)
        weights = scores.softmax(dim=2) * earlier  # a first visit has no earlier one: weights of zero
        own = courses.flat(weights @ values) @ memory
        return self.last(self.hidden(torch.cat([q, known, own], dim=1)))


class SafeDrug(nn.Module):
    """SafeDrug's query and its loss; the two encoders of molecules are left out, so drugs are plain outputs."""

    def __init__(self, sizes: tuple[int, int, int], dim: int, dropout: float) -> None:
        super().__init__()
        self.query = Query(sizes, dim, dropout)
        self.last = nn.Linear(dim, sizes[2])

    def forward(self, visits: Visits) -> Tensor:
        """Return logits (n_visits, n_drugs)."""
        return self.last(self.query(visits, Courses(visits)))


class Recurrent:
    """One of the three networks, trained and used like every other baseline.

    Args:
        name: `retain`, `gamenet` or `safedrug`.
        ddi: interacting pairs; GAMENet's memory and both later networks' losses use them.
        settings: sizes and rates.
        seed: of the start, the order and the dropout.
    """

    network: Retain | GAMENet | SafeDrug
    threshold: float

    def __init__(self, name: str, ddi: DDIGraph, settings: RecurrentSection, seed: int = 0) -> None:
        self.name, self.ddi, self.settings, self.seed = name, ddi, settings, seed
        self.best_epoch = 0
        self.target = 1.0

    def fit(self, cohort: Cohort, validation: Cohort, progress: Progress = SILENT) -> Recurrent:
        """Return self, trained: the pass with the best validation Jaccard, then its best threshold."""
        interacts = torch.from_numpy(self.ddi.matrix.toarray()).float()
        self.target = self.ddi.target(self.settings.target_ddi, cohort.drugs)
        best, highest = {}, -1.0
        held_out = laid_out(validation, {})
        given = held_out.targets(cohort.n_drugs) > 0
        told = progress.task(self.name, self.settings.epochs)
        with torch.random.fork_rng(), threads_for(cohort.n_visits), told as task:
            torch.manual_seed(self.seed)
            self.network = self._fresh(cohort, interacts)
            optimiser = torch.optim.Adam(self.network.parameters(), lr=self.settings.learning_rate, fused=True)
            for epoch in range(1, self.settings.epochs + 1):
                self._one_pass(cohort, interacts, optimiser, epoch)
                found = best_jaccard(self._probs(held_out), given)
                if found > highest:
                    highest, self.best_epoch = found, epoch
                    best = {name: value.clone() for name, value in self.network.state_dict().items()}
                task.advance()
                if epoch - self.best_epoch >= self.settings.patience:
                    break
        self.network.load_state_dict(best)
        self.threshold = best_threshold(self.scores(validation), validation.drugs, validation.patient_of)
        return self

    def scores(self, cohort: Cohort) -> np.ndarray:
        """Return the probability of each drug at each visit, float32 (n_visits, n_drugs)."""
        return self._probs(laid_out(cohort, {})).numpy()

    @torch.no_grad()
    def _probs(self, visits: Visits) -> Tensor:
        self.network.eval()
        return self.network(visits).sigmoid()

    def _fresh(self, cohort: Cohort, interacts: Tensor) -> Retain | GAMENet | SafeDrug:
        sizes = (cohort.diagnoses.n_codes, cohort.procedures.n_codes, cohort.n_drugs)
        dim, dropout = self.settings.embedding_dim, self.settings.dropout
        if self.name == "gamenet":
            network = GAMENet(sizes, dim, dropout, _given_together(cohort), interacts)
        else:
            network = {"retain": Retain, "safedrug": SafeDrug}[self.name](sizes, dim, dropout)
        network.last.bias.data.copy_(log_odds(cohort))  # as for HypeMed: else many passes go to what is frequent
        return network

    def _one_pass(self, cohort: Cohort, interacts: Tensor, optimiser: torch.optim.Optimizer, epoch: int) -> None:
        self.network.train()
        order = np.random.default_rng((self.seed, epoch)).permutation(cohort.n_patients)
        for start in range(0, len(order), self.settings.batch_size):
            batch = laid_out(cohort.subset(order[start : start + self.settings.batch_size]), {})
            loss = self._loss(self.network(batch), batch.targets(cohort.n_drugs), interacts)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    def _loss(self, logits: Tensor, targets: Tensor, interacts: Tensor) -> Tensor:
        """Return the prediction loss; above the target rate, SafeDrug's and GAMENet's share for interacting pairs."""
        predicted = prediction_loss(logits, targets, _DRUG_MARGIN)
        if self.name == "retain":
            return predicted
        rate = interaction_rate(logits.detach().sigmoid() >= DECISION, interacts)
        share = min(1.0, max(0.0, 1 - (rate - self.target) / self.settings.ddi_gain))
        p = logits.sigmoid()
        pairs = ((p @ interacts) * p).sum() * 0.0005 / len(logits)
        return share * predicted + (1 - share) * pairs


def _given_together(cohort: Cohort) -> Tensor:
    """Return 0/1 for drugs that were given at one visit of the cohort, (n_drugs, n_drugs)."""
    pairs = clique_expansion(hypergraph_of(cohort, "drug"))
    table = torch.zeros(cohort.n_drugs, cohort.n_drugs)
    first, second = pairs.nodes[: pairs.n_edges], pairs.nodes[pairs.n_edges :]
    table[first, second] = table[second, first] = 1.0
    return table
