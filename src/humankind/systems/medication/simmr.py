"""SimMR, stage 2: a patient's own course and similar visits of others, behind a gate, to probabilities of drugs.

All visits of some patients go in at once, flat; every step looks only at visits of the same patient up to the present
one, and at the memory of training visits.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.convolution import Attention
from humankind.systems.medication.encoder import projection
from humankind.systems.medication.hypergraph import segment_softmax
from humankind.systems.medication.medrep import Embeddings
from humankind.systems.medication.retrieval import Owners, nearest_but
from humankind.systems.medication.visits import Codes, Visits, windows

_USES = {"both": (1.0, 1.0), "history": (1.0, 0.0), "retrieval": (0.0, 1.0)}
"""Whether the own course and similar visits count."""


@dataclass(frozen=True)
class Output:
    """What the model says of n visits."""

    logits: Tensor
    """(n, n_drugs)."""
    gate: Tensor
    """(n, 2): weight of the own course, weight of similar visits."""
    neighbours: Tensor
    """Rows of the memory, int64 (n, k)."""
    present: Tensor
    """Which neighbours there are, bool (n, k)."""
    weights: Tensor
    """Attention on each neighbour, (n, k); rows sum to 1 where a neighbour is present."""
    course: Tensor
    """h, (n, d)."""
    similar: Tensor
    """r, (n, d)."""
    query: Tensor
    """q, (n, d)."""
    given: Tensor
    """v^M, the vector of the drugs given at the visit itself, (n, d): for the loss only, never for the logits."""


class Block(nn.Module):
    """Attention of one query over a few keys, with residual, feed-forward part and norms."""

    def __init__(self, dim: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(dim, n_heads)
        self.after, self.last = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mix = nn.Sequential(nn.Linear(dim, 2 * dim), nn.LeakyReLU(), nn.Linear(2 * dim, dim))
        self.dropout = nn.Dropout(dropout)

    def forward(self, query: Tensor, keys: Tensor, values: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Return new vectors (n, d) and weights (n, w); shapes as for `Attention`."""
        mixed, weights = self.attention(query, keys, values, present)
        x = self.after(query + self.dropout(mixed))
        return self.last(x + self.dropout(self.mix(x))), weights


class VisitEncoder(nn.Module):
    """The vector of one kind's codes of each visit: attention of their mean over them; a learned one for none."""

    def __init__(self, nodes: Tensor, config: HypeMedConfig) -> None:
        super().__init__()
        dim = nodes.shape[1]
        self.n_heads, self.code_drop = config.n_heads, config.simmr.code_drop
        self.table = nn.Embedding.from_pretrained(nodes.clone(), freeze=False)
        self.nothing = nn.Parameter(torch.zeros(dim))
        self.before, self.after, self.last = (nn.LayerNorm(dim) for _ in range(3))
        self.q, self.k, self.v, self.out = (nn.Linear(dim, dim) for _ in range(4))
        self.mix = nn.Sequential(nn.Linear(dim, 2 * dim), nn.LeakyReLU(), nn.Linear(2 * dim, dim))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, codes: Codes, n_visits: int) -> Tensor:
        """Return (n_visits, d)."""
        if self.training and self.code_drop:
            kept = torch.rand(len(codes.codes), device=codes.codes.device) >= self.code_drop
            codes = Codes(codes.codes[kept], codes.owners[kept])
        x = self.dropout(self.before(self.table(codes.codes)))
        owners = codes.owners
        count = torch.bincount(owners, minlength=n_visits).unsqueeze(1)
        mean = x.new_zeros(n_visits, x.shape[1]).index_add(0, owners, x) / count.clamp(min=1)
        q, k, v = (
            layer(rows).unflatten(1, (self.n_heads, -1)) for layer, rows in ((self.q, mean), (self.k, x), (self.v, x))
        )
        scores = (q.index_select(0, owners) * k).sum(-1) / k.shape[-1] ** 0.5
        alpha = segment_softmax(scores, owners, n_visits).unsqueeze(-1)
        mixed = torch.zeros_like(q).index_add(0, owners, alpha * v).flatten(1)
        y = self.after(mean + self.out(mixed))
        y = self.last(y + self.mix(y))
        return torch.where(count > 0, y, self.nothing)


class SimMR(nn.Module):
    """The recommender.

    Args:
        embeddings: of stage 1, by kind; they start the tables and the memory and are trained further.
        log_odds: of each drug in the training visits, (n_drugs,): where the output's shift starts.
        owners: whose visits the memory's rows are.
        config: all settings.
    """

    def __init__(
        self, embeddings: dict[str, Embeddings], log_odds: Tensor, owners: Owners, config: HypeMedConfig
    ) -> None:
        super().__init__()
        dim, heads, dropout = config.embedding_dim, config.n_heads, config.dropout
        self.settings = config.simmr
        self.visit = nn.ModuleDict({kind: VisitEncoder(e.nodes, config) for kind, e in embeddings.items()})
        self.memory = nn.ParameterDict({kind: nn.Parameter(e.edges.clone()) for kind, e in embeddings.items()})
        self.register_buffer("owner_patients", owners.patients)
        self.register_buffer("owner_places", owners.places)
        self.course_of_codes, self.course_of_drugs, self.course_of_similar, self.look_up = (
            Block(dim, heads, dropout) for _ in range(4)
        )
        self.first_visit = nn.Parameter(torch.zeros(dim))
        self.before_gate, self.gate = nn.LayerNorm(2 * dim), nn.Linear(2 * dim, 2)
        self.drug_bias = nn.Parameter(torch.zeros(len(log_odds)))
        self.out = nn.LayerNorm(len(log_odds))
        self.out.bias.data.copy_(log_odds)
        self.project_query, self.project_drugs = projection(dim), projection(dim)

    owner_patients: Tensor
    owner_places: Tensor

    def forward(self, visits: Visits) -> Output:
        """Return logits and what they rest on; the drugs of a visit itself have no part in its logits."""
        n = visits.n_visits
        v = {kind: self.visit[kind](codes, n) for kind, codes in visits.codes.items()}
        q = v["diagnosis"] + v["procedure"]
        index, present = windows(visits.patients, self.settings.window)
        course = self._course(q, v["drug"], index, present)
        rows, there, found, weights = self._similar(q, visits)
        similar = self._over_time(self.course_of_similar, found, index, present)
        z, gate = self._fuse(course, similar)
        drugs = self.get_parameter("visit.drug.table.weight")
        logits = self.out(z @ drugs.T + self.drug_bias)
        return Output(logits, gate, rows, there, weights, course, similar, q, v["drug"])

    def _course(self, q: Tensor, drugs: Tensor, index: Tensor, present: Tensor) -> Tensor:
        """Return h: the course of diagnoses and procedures, plus that of the drugs up to the visit before."""
        earlier = torch.where(present[:, 1:2], drugs[index[:, 1]], self.first_visit) if index.shape[1] > 1 else None
        of_codes = self._over_time(self.course_of_codes, q, index, present)
        if earlier is None:  # a window of one visit has no visit before
            return of_codes
        return of_codes + self._over_time(self.course_of_drugs, earlier, index, present)

    @staticmethod
    def _over_time(block: nn.Module, rows: Tensor, index: Tensor, present: Tensor) -> Tensor:
        """Return each visit's row after attention over those of its window."""
        window = F.embedding(index, rows)
        mixed, _ = block(rows, window, window, present)
        return mixed

    def _similar(self, q: Tensor, visits: Visits) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the neighbours' rows, which are present, what is read from them, and the weights."""
        keys = self.memory["diagnosis"] + self.memory["procedure"]
        owners = Owners(self.owner_patients, self.owner_places)
        rows, there = nearest_but(q, keys, self.settings.n_neighbours, owners, visits.asking)
        # F.embedding instead of an index: the gradient of the latter takes many times as long.
        found, weights = self.look_up(q, F.embedding(rows, keys), F.embedding(rows, self.memory["drug"]), there)
        return rows, there, found, weights

    def _fuse(self, course: Tensor, similar: Tensor) -> tuple[Tensor, Tensor]:
        """Return z = g1 h + g2 r and the gate; a channel that is switched off has weight 0."""
        uses = torch.tensor(_USES[self.settings.channels], device=course.device)
        both = self.before_gate(torch.cat([course * uses[0], similar * uses[1]], dim=1))
        h, r = both.chunk(2, dim=1)
        gate = self.gate(both).masked_fill(uses == 0, -torch.inf).softmax(dim=1)
        return gate[:, :1] * h + gate[:, 1:] * r, gate
