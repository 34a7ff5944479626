"""HypeMed: what it claims, which commands it has, which data it uses."""

from humankind.spine.cards import Card, Claim, Paper, Verb

CARD = Card(
    noun="medication",
    name="HypeMed",
    job="suggests a safe set of drugs from a patient's visits and shows the similar visits behind it",
    papers=(
        Paper(
            title="HypeMed: Enhancing Medication Recommendations with Hypergraph-Based Patient Relationships",
            authors="Zhang, Zhou, Xu, et al.",
            year=2026,
            venue="arXiv",
            link="arXiv:2603.18459",
        ),
    ),
    claims=(
        Claim(
            id="accuracy-over-baselines",
            text="HypeMed predicts the drugs of a visit more accurately than earlier methods.",
            measure=(
                "Jaccard, F1 and PRAUC on held-out patients, HypeMed minus the best of popularity, previous "
                "visit, logistic regression, nearest visits, RETAIN, GAMENet and SafeDrug, bootstrapped over "
                "patients; fails if the interval of the Jaccard difference reaches zero or below."
            ),
            source="Abstract; no results table could be read.",
        ),
        Claim(
            id="fewer-interactions",
            text="HypeMed recommends fewer pairs of drugs that are known to interact.",
            measure=(
                "Share of interacting pairs among recommended pairs, as patient mean and pooled, HypeMed held to .06 "
                "minus each baseline and minus the prescribed sets, and its Jaccard minus that of each baseline held "
                "to .06 by the same rule; fails if an interval of the share reaches zero or above, or one of the "
                "Jaccard zero or below."
            ),
            source="Abstract; no results table could be read.",
        ),
        Claim(
            id="hyperedges-over-pairs",
            text="Keeping each visit whole as a hyperedge beats cutting it into pairs of codes.",
            measure=(
                "Jaccard of HypeMed minus the same model pre-trained on the pairwise graph (preset paper: three "
                "seeds), on data where drugs depend on combinations; fails if the interval reaches zero or below."
            ),
            source="Abstract; no ablation table could be read.",
        ),
        Claim(
            id="pretraining-helps",
            text="Contrastive pre-training of codes and visits improves the recommendations.",
            measure=(
                "Jaccard and PRAUC of HypeMed minus the same model with random initial tables (preset paper: three "
                "seeds); fails if the interval reaches zero or below."
            ),
            source="Abstract; no ablation table could be read.",
        ),
        Claim(
            id="knowledge-helps",
            text="Telling the pre-training about the tree of codes improves its representation.",
            measure=(
                "Jaccard with the knowledge encoding and attention bias minus without; sibling codes must "
                "also lie closer than random codes, and not so once names are shuffled. Fails if either is "
                "absent."
            ),
            source="Abstract (knowledge-aware pre-training); no ablation table could be read.",
        ),
        Claim(
            id="retrieval-helps",
            text="Visits retrieved for the present state add to what the patient's own history tells.",
            measure=(
                "Jaccard of the full model minus the history channel alone and minus the retrieval channel "
                "alone; fails if either interval reaches zero or below."
            ),
            source="Abstract; no ablation table could be read.",
        ),
    ),
    verbs=(
        Verb(name="prepare", help="Turn hospital tables or a long CSV into a cohort, with a funnel."),
        Verb(name="train", help="Pre-train MedRep, then train SimMR on its space."),
        Verb(name="evaluate", help="Score held-out patients for accuracy and interactions, with intervals."),
        Verb(name="recommend", help="Suggest drugs for one patient's visits."),
        Verb(name="explain", help="Show the retrieved visits, the gate and the interacting pairs."),
        Verb(name="ablate", help="Train the variants with one part switched off and compare them."),
    ),
    sources=(
        "mimic4-demo",
        "mimic3-demo",
        "eicu-demo",
        "medcodes",
        "mimic3",
        "mimic4",
        "eicu",
    ),
    extra="medication",
    built=True,
    notes=(
        "Research software, not medical advice.",
        "A trained model holds the visits it learned from: keep its folder as confidential as they are.",
        (
            "The demo sets are under ODbL 1.0 and stay in a folder of their own licence; full MIMIC and eICU "
            "need a credentialed account and are never shipped or sent to a hosted model."
        ),
        (
            "The method section of the paper could not be read; formulas come from the released code of "
            "2024, whose differences from the paper are not known."
        ),
    ),
)
