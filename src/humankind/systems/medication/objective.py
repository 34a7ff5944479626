"""What stage 2 minimises: wrong drugs, unlike visits, and interacting pairs above a target."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from humankind.systems.medication.config import SimMRSection
from humankind.systems.medication.contrast import info_nce
from humankind.systems.medication.simmr import Output, SimMR
from humankind.systems.medication.visits import Visits

DDI_SCALE = 0.0005
"""Of the sum over pairs, as in the released code."""


def prediction_loss(logits: Tensor, targets: Tensor, margin_weight: float) -> Tensor:
    """Return BCE + margin_weight * multi-label margin of the probabilities.

    Shapes: both (n, n_drugs), targets 0 or 1.
    """
    loss = F.binary_cross_entropy_with_logits(logits, targets)
    if not margin_weight:
        return loss
    return loss + margin_weight * F.multilabel_margin_loss(logits.sigmoid(), _label_lists(targets))


def _label_lists(targets: Tensor) -> Tensor:
    """Return the positions of the ones of each row first, then -1, int64, as the margin loss wants them."""
    order = targets.sort(dim=1, descending=True, stable=True).indices
    n_ones = targets.sum(1, keepdim=True)
    place = torch.arange(targets.shape[1], device=targets.device)
    return torch.where(place < n_ones, order, -1)


def interaction_loss(logits: Tensor, interacts: Tensor) -> Tensor:
    """Return DDI_SCALE * sum over visits of sum_ij p_i p_j A_ij.

    Shapes: logits (n, n_drugs); interacts (n_drugs, n_drugs), symmetric 0/1.
    """
    p = logits.sigmoid()
    return DDI_SCALE * ((p @ interacts) * p).sum()


def interaction_rate(chosen: Tensor, interacts: Tensor) -> float:
    """Return interacting pairs / pairs over all visits of a batch; 0 where no visit has two drugs.

    Shapes: chosen 0/1 (n, n_drugs).
    """
    chosen = chosen.to(interacts)
    size = chosen.sum(1)
    n_pairs = (size * (size - 1) / 2).sum()
    n_bad = ((chosen @ interacts) * chosen).sum() / 2
    return (n_bad / n_pairs).item() if n_pairs > 0 else 0.0


def interaction_weight(rate: float, target: float, gain: float) -> float:
    """Return the penalty's weight: 0 up to the target, then .5 (rate - target) / gain.

    >>> interaction_weight(0.05, 0.06, 0.05), round(interaction_weight(0.11, 0.06, 0.05), 6)
    (0.0, 0.5)
    """
    return 0.0 if rate <= target else 0.5 * (rate - target) / gain


def similarity_loss(model: SimMR, output: Output, visits: Visits, settings: SimMRSection) -> Tensor:
    """Return how far visits lie from their own hyperedges, plus how much course and similar visits say the same.

    InfoNCE(proj q, proj K[own]) + InfoNCE(proj v^M, proj E_M[own]) + weight * mean cos^2(h, r).
    """
    orthogonal = F.cosine_similarity(output.course, output.similar, dim=1).square().mean()
    loss = settings.orthogonality_weight * orthogonal
    own = torch.nonzero(visits.rows >= 0).squeeze(1)
    if not len(own):
        return loss
    rows = visits.rows[own]
    keys = model.memory["diagnosis"][rows] + model.memory["procedure"][rows]
    pairs = (
        (model.project_query, output.query[own], keys),
        (model.project_drugs, output.given[own], model.memory["drug"][rows]),
    )
    for project, of_visit, of_edge in pairs:
        loss = loss + info_nce(project(of_visit), project(of_edge), settings.similarity_temperature)
    return loss


def total_loss(
    model: SimMR, output: Output, visits: Visits, interacts: Tensor, threshold: float, target_ddi: float
) -> tuple[Tensor, float]:
    """Return the whole loss of a batch and the interaction rate of what it would recommend."""
    settings = model.settings
    targets = visits.targets(output.logits.shape[1])
    rate = interaction_rate(output.logits.detach().sigmoid() >= threshold, interacts)
    loss = prediction_loss(output.logits, targets, settings.margin_weight)
    if settings.similarity_weight:
        loss = loss + settings.similarity_weight * similarity_loss(model, output, visits, settings)
    weight = interaction_weight(rate, target_ddi, settings.ddi_gain)
    if weight:
        loss = loss + weight * interaction_loss(output.logits, interacts)
    return loss, rate
