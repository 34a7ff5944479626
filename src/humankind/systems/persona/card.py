"""HumanLLM: what it claims, which commands it will have, which data it uses."""

from humankind.spine.cards import Card, Claim, Paper, Verb

CARD = Card(
    noun="persona",
    name="HumanLLM",
    job="turns raw logs of people into profiles, tasks and a model that simulates individuals",
    papers=(
        Paper(
            title="HumanLLM: Towards Personalized Understanding and Simulation of Human Nature",
            authors="Lei, Wang, Lian, et al.",
            year=2026,
            venue="KDD",
            link="arXiv:2601.15793",
        ),
    ),
    claims=(
        Claim(
            id="pipeline-quality",
            text=("Filtering, synthesis and quality control turn raw logs into grounded descriptions of people."),
            measure=(
                "Share of generated facts found in the person's own texts, and the judge's area under the "
                "curve for a person's profile against another's; fails if the area is below .9."
            ),
            published="More than 5.5 million user logs.",
            source="Abstract, for the size of the corpus only; no figure on quality could be read.",
        ),
        Claim(
            id="actions",
            text="After training, the model predicts better what a person does.",
            measure=(
                "Score of answers on held-out action questions of unseen persons, trained minus base model, "
                "paired over persons; fails if the interval reaches zero or below."
            ),
            source="Abstract; no figure was found.",
        ),
        Claim(
            id="thoughts",
            text="After training, the model predicts better what a person thinks.",
            measure=(
                "Perplexity of the true inner-thought text of unseen persons given their description, "
                "trained minus base model, paired over persons; fails if the interval reaches zero or above."
            ),
            source="Abstract; no figure was found.",
        ),
        Claim(
            id="writing-style",
            text="After training, the model imitates a person's way of writing more closely.",
            measure=(
                "Probability that a classifier of authors, trained on other texts, gives the imitation to "
                "the right person, trained minus base model; fails if the interval reaches zero or below."
            ),
            source="Abstract; no figure was found.",
        ),
        Claim(
            id="preferences",
            text="After training, the model predicts better which item a person picks.",
            measure=(
                "Accuracy of one choice among 20 items for unseen persons, trained minus base model, beside "
                "popularity and item neighbours; fails if the interval reaches zero or below."
            ),
            source="Abstract; no figure was found.",
        ),
        Claim(
            id="profiles",
            text="After training, the model writes profiles that fit the person better.",
            measure=(
                "Grounding and judge scores of generated profiles, trained minus base model, paired over "
                "persons; fails if the interval reaches zero or below."
            ),
            source="Abstract; no figure was found.",
        ),
        Claim(
            id="out-of-domain",
            text="The gain carries over to tests of social intelligence that were not trained on.",
            measure=(
                "Accuracy on ToMBench and MotiveBench, trained (and merged) minus base model, paired over "
                "items; fails if either interval reaches zero or below."
            ),
            source=("Abstract and the readme of the released code, which names the two suites; no figure found."),
        ),
    ),
    verbs=(
        Verb(name="ingest", help="Read dumps and logs into one record format."),
        Verb(name="filter", help="Apply named filters and draw the funnel."),
        Verb(name="synth", help="Write personas, profiles, stories, questions and styles from the texts."),
        Verb(name="judge", help="Score what was written and keep what passes."),
        Verb(name="tasks", help="Build the training tasks, split by person and time."),
        Verb(name="train", help="Fine-tune a model on the tasks."),
        Verb(name="merge", help="Average the tuned model with its base."),
        Verb(name="evaluate", help="Score choice, style, thoughts and profiles on unseen persons."),
        Verb(name="build", help="Run ingest to tasks in one go."),
        Verb(name="simulate", help="Ask what a person would do, think, write or choose."),
        Verb(name="forget", help="Remove a person's records and everything made from them."),
    ),
    sources=(
        "inaugural",
        "state-of-the-union",
        "blog-authorship",
        "reddit-dumps",
        "twitter-users",
        "amazon-reviews-2018",
        "amazon-reviews-2023",
        "movielens-100k",
        "jester",
        "tombench",
        "motivebench",
    ),
    notes=(
        ("Logs of people are personal data: ids are pseudonymous, handles are dropped, and a person can be forgotten."),
        "The paper's corpus and weights were not released; no published figure could be found.",
        "A simulated person is a guess from texts, not the person.",
    ),
)
