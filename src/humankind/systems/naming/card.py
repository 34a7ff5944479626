"""NAMeGEn: what it claims, which commands it has, which data it uses."""

from humankind.spine.cards import Card, Claim, Paper, Verb

CARD = Card(
    noun="naming",
    name="NAMeGEn",
    job="finds Chinese names that meet many wishes at once, with explanations that are true",
    papers=(
        Paper(
            title=(
                "NAMeGEn: Creative Name Generation via A Novel Agent-based Multiple Personalized Goal "
                "Enhancement Framework"
            ),
            authors="Zhou, Wang, Lian, et al.",
            year=2025,
            venue="arXiv",
            link="arXiv:2511.15408",
        ),
    ),
    claims=(
        Claim(
            id="beats-six-baselines",
            text="It serves the wishes and explains the names better than six ways of asking a model.",
            measure=(
                "Mean of objective satisfaction and explanation reliability over the requests, NAMeGEn minus "
                "the best of six baselines with one backend; fails if the interval reaches zero or below."
            ),
            published=(
                "Mean of six human scores (0 to 100): NAMeGEn 92.4, few-shot 75.4, take a breath 48.7, discussion 43.5."
            ),
            source=("Claim: abstract. Figures: a table in the released code; the main tables could not be read."),
        ),
        Claim(
            id="across-backbones",
            text="The lead holds whichever language model stands behind the agents.",
            measure=(
                "The same difference for each backend; fails if the interval reaches zero or below for any of them."
            ),
            source="Abstract; no table could be read.",
        ),
        Claim(
            id="personal-wishes",
            text="Names meet the personal wishes in proportion to how much each matters.",
            measure=(
                "Weighted satisfaction of the five explicit objectives, and the gain of an objective when "
                "its weight is raised; fails if the weighted score is not above the baselines' or weights "
                "change nothing."
            ),
            source="Abstract; no table could be read.",
        ),
        Claim(
            id="true-explanations",
            text="Explanations are complete, clear and free of invented facts.",
            measure=(
                "Share of checked facts (verse, author, element, zodiac, calendar) that are right and share "
                "of applicable facts that are mentioned, against the baselines; fails if either is not "
                "higher."
            ),
            source="Abstract; no table could be read.",
        ),
        Claim(
            id="poetry-helps",
            text="Drawing on a large corpus of classical poems makes the names better.",
            measure=(
                "Satisfaction of the objective of cultural meaning with retrieval minus without, and with "
                "the retrieval critic minus without; fails if either interval reaches zero or below."
            ),
            published="Corpus of more than 17,000 poems.",
            source="Abstract, for the size of the corpus only; the ablation table could not be read.",
        ),
        Claim(
            id="iteration-helps",
            text="Alternating generation and evaluation beats taking the first draft.",
            measure=(
                "Final score of the full loop minus the loop without implicit, explicit or any evaluation; "
                "fails if any interval reaches zero or below."
            ),
            source="Abstract; the ablation table could not be read.",
        ),
    ),
    verbs=(
        Verb(name="suggest", help="Suggest names for a free request or a form."),
        Verb(name="check", help="Check a name for sound, meaning, law and source."),
        Verb(name="explain", help="Explain a name with verified facts."),
        Verb(name="compare", help="Compare two names objective by objective."),
        Verb(name="parse", help="Show what a request was understood to ask."),
        Verb(name="retrieve", help="Find poems and verses for a wish."),
        Verb(name="bench", help="Run a set of requests and score them."),
        Verb(name="data", help="Build the corpus of poems and the character tables."),
    ),
    built=True,
    sources=(
        "chinese-poetry",
        "unihan",
        "ngender",
        "cbnames",
        "chinesenames",
    ),
    extra="naming",
    notes=(
        (
            "The second version (2026) is titled Chinese Short-Form Creative Content Generation via "
            "Explanation-Oriented Multi-Objective Optimization and calls the system MAGIC-HMO."
        ),
        "Schools of the five elements differ; the scheme used is named in every explanation.",
        "Warnings on legal characters are information, not legal advice.",
        (
            "Claims on ways of asking a language model are judged with one (HUMANKIND_NAMING_MODEL); without it the "
            "six baselines have deterministic forms, scored by rules that share definitions with the method."
        ),
    ),
)
