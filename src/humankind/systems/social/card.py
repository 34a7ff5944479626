"""Social-R1 and ToMBench-Hard: what they claim, commands to come, data."""

from humankind.spine.cards import Card, Claim, Paper, Verb

CARD = Card(
    noun="social",
    name="Social-R1",
    job="trains social reasoning with rewards for the whole line of thought, on items that resist shortcuts",
    papers=(
        Paper(
            title="Social-R1: Towards Human-like Social Reasoning in LLMs",
            authors="Wu, Lei, Lian, et al.",
            year=2026,
            venue="arXiv",
            link="arXiv:2603.09249",
        ),
    ),
    claims=(
        Claim(
            id="hard-items-resist-shortcuts",
            text="Adversarial items cannot be solved by superficial patterns and are hard for strong models.",
            measure=(
                "Accuracy of each solver of a shortcut battery on the hard set against chance, and a model's "
                "accuracy there minus on ordinary items; fails if a shortcut beats chance or the gap "
                "vanishes."
            ),
            published=(
                "ToMBench-Hard: humans .87 to .89, DeepSeek-R1 .61, o3 .59, GPT-5 .56, Qwen3-32B .52, Qwen3-8B .34."
            ),
            source="Third-party summaries that differ on the human figure; the items could not be had.",
        ),
        Claim(
            id="hard-training-items-help",
            text="Training on items that resist shortcuts teaches more than training on easy ones.",
            measure=(
                "Held-out accuracy after the same training on hard items minus on ordinary items, equal "
                "steps, three seeds; fails if the interval reaches zero or below."
            ),
            source="Abstract; no table could be read.",
        ),
        Claim(
            id="small-beats-large",
            text="A model of 4 billion parameters, so trained, passes much larger ones.",
            measure=(
                "Mean accuracy over the suites of the trained small model minus an untrained model at least "
                "eight times its size; fails if the interval reaches zero or below."
            ),
            published=(
                "Mean of eight suites: 4B .6880; Qwen3-32B .6624, Llama-3.1-70B .6111, Distill-Llama-70B .6886."
            ),
            source="Third-party reading of the first version's table; moderately sure.",
        ),
        Claim(
            id="generalises",
            text="The gain carries over to benchmarks that were not trained on.",
            measure=(
                "Accuracy after training minus before, on each held-out suite, paired over items; fails if "
                "the interval of the mean over suites reaches zero or below."
            ),
            published="Mean of eight suites: Qwen3-4B .5822 to .6880, Qwen3-8B .5877 to .7270.",
            source="Third-party reading of the first version's table; moderately sure.",
        ),
        Claim(
            id="trajectory-over-outcome",
            text="Rewarding the whole line of thought beats rewarding the answer alone.",
            measure=(
                "Greedy held-out accuracy of the full reward (R1) minus outcome only (R0), equal steps and "
                "seconds, three seeds; fails if the interval reaches zero or below."
            ),
            published="Mean of eight suites: 4B .6332 to .6880, 8B .7004 to .7270.",
            source=(
                "Third-party reading of the first version's table; an earlier version shows cases where it "
                "does not help."
            ),
        ),
        Claim(
            id="structure-reward-helps",
            text="Rewarding the order of the four stages of social information processing helps.",
            measure=(
                "Held-out accuracy of the full reward minus the reward without its structure part (R3); "
                "fails if the interval reaches zero or below."
            ),
            source="Abstract (structural alignment); no table could be read.",
        ),
        Claim(
            id="content-reward-helps",
            text="Rewarding the logical integrity of the thoughts helps.",
            measure=(
                "Held-out accuracy of the full reward minus the reward without its content part (R2); fails "
                "if the interval reaches zero or below."
            ),
            published="Content reward model: 89.2 % of 2,000 held-out pairs ordered rightly.",
            source="Third-party summary, for the reward model only; no table of the ablation could be read.",
        ),
        Claim(
            id="length-window-helps",
            text="Rewarding dense thoughts, neither too short, too long nor repetitive, helps.",
            measure=(
                "Held-out accuracy and length of the full reward minus the reward without its length part "
                "(R4); fails if accuracy is lower or responses are no shorter."
            ),
            source="Abstract (information density); no table could be read.",
        ),
    ),
    verbs=(
        Verb(name="build-hard", help="Make adversarial items that a battery of shortcuts cannot solve."),
        Verb(name="pairs", help="Make preference pairs by corrupting good lines of thought."),
        Verb(name="reward-model", help="Train the content reward model on such pairs."),
        Verb(name="train", help="Train a model by group-relative policy optimisation with the full reward."),
        Verb(name="evaluate", help="Score suites before and after training, with traces."),
    ),
    sources=(
        "tomrl",
        "hitom",
        "tombench",
        "emobench",
        "motivebench",
        "tombench-hard",
        "simpletom",
        "socialiqa",
        "tactfultom",
        "fantom",
        "sotopia",
    ),
    notes=(
        "ToMBench is never trained on; training is refused.",
        ("ToMBench-Hard of the paper could not be had; the package makes a hard set of its own, under its own name."),
        "The ToM-RL rows hold non-commercial parts and stay outside the package.",
    ),
)
