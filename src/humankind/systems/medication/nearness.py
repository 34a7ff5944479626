"""Whether codes of one category lie nearer to one another than to others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor
from torch.nn import functional as F

from humankind.systems.medication.ontology import path


def nearness(codes: Sequence[str], vectors: Tensor) -> float:
    """Return the mean cosine of siblings minus that of all other pairs; siblings share the code right above them.

    Args:
        codes: of one kind; those that no tree holds are left out.
        vectors: (n_codes, d).

    Returns:
        Between -2 and 2; 0 where there are no siblings.
    """
    ways = [path(code) for code in codes]
    known = [place for place, way in enumerate(ways) if way is not None]
    above = [(way or ())[:-1] for way in (ways[place] for place in known)]
    names = {name: number for number, name in enumerate(dict.fromkeys(above))}
    family = np.array([names[name] for name in above])
    unit = F.normalize(vectors[known], dim=1).numpy()
    cosine = unit @ unit.T
    same = family[:, None] == family[None, :]
    others = ~same
    np.fill_diagonal(same, val=False)
    return float(cosine[same].mean() - cosine[others].mean()) if same.any() and others.any() else 0.0
