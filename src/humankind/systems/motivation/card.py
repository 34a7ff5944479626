"""MotiveBench: what it claims, which commands it has, which data it uses."""

from humankind.spine.cards import Card, Claim, Paper, Verb

CARD = Card(
    noun="motivation",
    name="MotiveBench",
    job="measures whether a language model reasons about motives as people do, and builds such questions",
    papers=(
        Paper(
            title=("MotiveBench: How Far Are We From Human-Like Motivational Reasoning in Large Language Models?"),
            authors="Yong, Lian, Yi, et al.",
            year=2025,
            venue="Findings of ACL",
            link="arXiv:2506.13065",
        ),
    ),
    claims=(
        Claim(
            id="composition",
            text=("The benchmark holds 200 scenarios with three questions each, over several levels of motive."),
            measure=(
                "Scenarios, questions, options and gold letters counted by the loader on the official files; "
                "fails if there are not 200 scenarios and 600 six-option questions with one gold answer "
                "each."
            ),
            published="200 scenarios, 600 tasks.",
            source="Abstract; counted again in the released files.",
        ),
        Claim(
            id="models-fall-short",
            text="Even the strongest language models do not reach human-like reasoning about motives.",
            measure=(
                "Accuracy, and the share of scenarios with all three questions right, of each model over six "
                "option orders, against 1; fails if the upper end of the best model's interval reaches .95."
            ),
            source="Abstract; no results table could be read, and the bar of .95 is ours.",
        ),
        Claim(
            id="love-and-belonging-hardest",
            text="Motives of love and belonging are the hardest level for language models.",
            measure=(
                "Accuracy by level of motive on items that carry a level label; fails if the interval of "
                "love and belonging minus the mean of the other levels reaches zero or above."
            ),
            source="Abstract; the released files carry no level labels, so labels of ours are needed.",
        ),
        Claim(
            id="too-rational",
            text="When models err, they favour answers that are more rational than people are.",
            measure=(
                "Share of errors that fall on distractors labelled too rational, against their share among "
                "the distractors of the missed questions; fails if the interval of the ratio reaches one or below."
            ),
            source="Abstract; needs distractor labels that the released files do not have.",
        ),
        Claim(
            id="too-idealistic",
            text="When models err, they favour answers that are more idealistic than people are.",
            measure=(
                "Share of errors that fall on distractors labelled too idealistic, against their share among "
                "the distractors of the missed questions; fails if the interval of the ratio reaches one or below."
            ),
            source="Abstract; needs distractor labels that the released files do not have.",
        ),
        Claim(
            id="scale-and-version",
            text="Sizes and versions within one model family can be told apart by their scores.",
            measure=(
                "Paired McNemar tests between runs of one family, ranked by accuracy; fails if no pair of "
                "sizes or versions differs at the 5 % level after correction."
            ),
            source="Abstract (seven families compared); no results table could be read.",
        ),
    ),
    verbs=(
        Verb(name="evaluate", help="Ask a model the questions under a protocol and score it."),
        Verb(name="compare", help="Compare two or more runs with paired tests and rank them."),
        Verb(
            name="explain",
            help="Show what a run's model chose, question by question, beside the right answer.",
        ),
        Verb(name="build", help="Write new scenarios and questions with writer, critics and adjuster."),
    ),
    sources=("motivebench",),
    extra="llm",
    built=True,
    notes=(
        "The official files carry no licence; they are read from a user's own copy, for evaluation only.",
        (
            "Scores by level of motive and by kind of distractor need labels that the official release lacks; they are "
            "reported for labelled items alone: 75 scenarios of this package's own, and sets that `build` wrote."
        ),
        (
            "Findings on models are judged only where a model is better than chance and than every shortcut; a model "
            "at chance has errors, but no opinion."
        ),
    ),
)
