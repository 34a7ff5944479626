"""Recommend pages of a web site: train SaD on real visits, list, explain, and measure what each view is worth.

    python examples/recommendation.py

The data come with the package: visitors of microsoft.com in one week of February 1998, and the named areas that
each of them saw. A part of the visitors keeps this under a quarter of a minute.
"""

import numpy as np

from humankind.systems.recommendation.datasets import load
from humankind.systems.recommendation.evaluate import evaluate
from humankind.systems.recommendation.sad import SaD

N_VISITORS = 4_000


def main() -> None:
    """Train, recommend, explain, measure."""
    whole = load("msweb")
    visitors = np.arange(N_VISITORS)
    log = whole.train.select(visitors, np.arange(whole.train.n_items))
    held_out = whole.test[visitors]
    print(f"{log.n_users:,} visitors, {log.n_items} areas, {log.n_interactions:,} visits\n")

    # Both views, both alignments; the weight of the sparse view is chosen on visits held out from `log`.
    model = SaD(sparse="fsslim", dense="als", slim__alpha=0.01, als__weight_decay=100.0, semantic=(0, 10)).fit(log)

    someone = str(log.user_ids[1])
    print("seen:       ", ", ".join(log.name_of(item) for item in log.matrix[1].indices))
    best = model.recommend([someone], k=3)[0]
    print("recommended:", ", ".join(place.name for place in best))

    told = model.explain(someone, best[0].item_id)
    print(f"\nwhy {told.name}: score {told.score:.3f}")
    for reason in told.history:
        print(f"  {reason.share:+.3f}  because of {reason.name}")
    print(f"  {told.dense:+.3f}  from the dense view\n")

    figures = evaluate(model, log.matrix, held_out)
    recall = figures.interval("recall@10")
    print(f"Recall@10 {recall.value:.3f}, 95 % interval {recall.low:.3f} to {recall.high:.3f}\n")

    print("signal-to-noise ratio of the margin between a held-out and an unseen area")
    print("areas   sparse  dense  fused  best possible")
    for row in model.snr_report(held_out).rows:
        print(f"{row.bucket:<6}  {row.sparse:6.3f} {row.dense:6.3f} {row.fused:6.3f}  {row.predicted:.3f}")


if __name__ == "__main__":
    main()
