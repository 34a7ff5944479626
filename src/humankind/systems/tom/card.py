"""The Theory-of-Mind study with S2F and T2M: claims, commands, data."""

from humankind.spine.cards import Card, Claim, Paper, Verb

CARD = Card(
    noun="tom",
    name="S2F and T2M",
    job="shows how thinking length and answer options change a model's social reasoning, and mends it",
    papers=(
        Paper(
            title=("To Think or Not To Think, That is The Question for Large Reasoning Models in Theory of Mind Tasks"),
            authors="Gong, Li, Dong, et al.",
            year=2026,
            venue="arXiv",
            link="arXiv:2602.10625",
        ),
    ),
    claims=(
        Claim(
            id="reasoning-not-better",
            text="Models trained to reason at length are not reliably better at social reasoning.",
            measure=(
                "Accuracy of a reasoning model minus its non-reasoning twin on each suite, paired over "
                "items; holds if a gain of .05 is ruled out on some suite, fails if the interval is above zero on all."
            ),
            published=(
                "ToMBench: Qwen3-8B 67.4 without and 72.9 with reasoning; non-reasoning models ahead in all "
                "pairs on ToMATO and most on Hi-ToM."
            ),
            source="Third-party reading of table 1; its columns are easy to misread, so moderately sure.",
        ),
        Claim(
            id="slow-thinking-collapses",
            text="Accuracy falls as answers grow longer.",
            measure=(
                "Accuracy by length bin of the response and the slope of right against log length, per suite "
                "and order; fails if the interval of the slope reaches zero or above."
            ),
            source="Abstract; the figure (errors crowd in the longest Hi-ToM bins) is known second-hand.",
        ),
        Claim(
            id="larger-budget-hurts",
            text="Giving a reasoning model more effort makes it worse.",
            measure=(
                "Accuracy at high effort minus accuracy at low effort for one model, paired over items; "
                "fails if the interval reaches zero or above."
            ),
            published="Hi-ToM, o3: .838 at low effort, .693 at high effort.",
            source="Third-party summary; not seen in the paper.",
        ),
        Claim(
            id="cap-helps",
            text="A limit on thinking tokens repairs part of the loss, and the best limit differs by task.",
            measure=(
                "Accuracy over a grid of caps minus accuracy without a cap; the cap is chosen on one half of "
                "the items and judged on the other. Fails if the interval reaches zero or below."
            ),
            published="Hi-ToM, Qwen3-8B: best with a cap near 1,500 tokens.",
            source="Third-party summary; not seen in the paper.",
        ),
        Claim(
            id="complementary-success",
            text="Reasoning and non-reasoning models solve different items, so thinking should adapt.",
            measure=(
                "Counts of items solved by one twin only, by both and by none, per order, beside two runs of "
                "one model with different seeds; fails if the twins differ on no more items than the two "
                "runs do."
            ),
            published="Hi-ToM order 4: 49 items by reasoning only, 39 by non-reasoning only, 58 by both.",
            source="Third-party summary; not seen in the paper.",
        ),
        Claim(
            id="option-matching",
            text="Reasoning models lean on the options: without them they answer better.",
            measure=(
                "Accuracy without options (answer extracted) minus accuracy with options on the same items, "
                "paired; fails if the interval reaches zero or below."
            ),
            published="Hi-ToM, DeepSeek-R1: .549 with options, .691 without.",
            source="Third-party summary; not seen in the paper.",
        ),
        Claim(
            id="s2f-mitigates",
            text="Switching from slow to fast thinking once hesitation piles up raises accuracy.",
            measure=(
                "Accuracy under S2F minus plain decoding of the same model on the same items, paired; fails "
                "if the interval reaches zero or below."
            ),
            published="Hi-ToM, R1-Distill-Qwen-32B: .571 plain, .701 with S2F; small effect on ToMBench.",
            source="Third-party summary; not seen in the paper.",
        ),
        Claim(
            id="t2m-mitigates",
            text="Thinking before the options are shown prevents matching on them and raises accuracy.",
            measure=(
                "Accuracy under T2M minus plain decoding of the same model on the same items, paired; fails "
                "if the interval reaches zero or below."
            ),
            source="Abstract; the table could not be read.",
        ),
    ),
    verbs=(
        Verb(name="evaluate", help="Ask a model a suite under a decoding policy and score it."),
        Verb(name="audit", help="List defects and conflicting labels of a suite."),
        Verb(name="stories", help="Generate stories with a belief oracle, any number, seeded."),
        Verb(name="lengths", help="Plot length against accuracy for right and wrong answers."),
        Verb(name="effort", help="Sweep the effort of a reasoning model."),
        Verb(name="caps", help="Sweep a cap on thinking tokens and draw the curve."),
        Verb(name="options", help="Compare answers with and without options."),
        Verb(name="overlap", help="Show by order which items two models solve alone or together."),
    ),
    sources=(
        "tombench",
        "hitom",
        "tomato",
        "bigtom",
        "opentom",
        "emobench",
    ),
    extra="llm",
    built=True,
    notes=(
        (
            "The paper's figures come from models that the package does not hold; a small model shows that "
            "the machinery works, not that the finding holds."
        ),
        "ToMBench, ToMATO and OpenToM are for evaluation only.",
        "Hi-ToM: the labels of its halves conflict on 138 items, 132 of equal text; the chain-of-thought half is used.",
    ),
)
