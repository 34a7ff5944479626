"""CDI: what it claims, which commands it has, which data it uses."""

from humankind.spine.cards import Card, Claim, Paper, Verb

CARD = Card(
    noun="privacy",
    name="CDI",
    job="tells an agent at each step what it may share and with whom, and learns from its leaks",
    papers=(
        Paper(
            title="Contextualized Privacy Defense for LLM Agents",
            authors="Wen, Zhang, Lian, et al.",
            year=2026,
            venue="ICML",
            link="arXiv:2603.02983",
        ),
    ),
    claims=(
        Claim(
            id="better-balance",
            text="Trained guidance keeps more secrets and helps more, taken together, than other defences.",
            measure=(
                "Appropriate disclosure of CDI minus guarding with the same trained instructor, and minus "
                "prompting, rehearsed on tasks never trained on with the same chances, bootstrapped over tasks; "
                "fails if with no sender by script both intervals lie above zero. To train a prompt takes a "
                "language model."
            ),
            published=(
                "Privacy preservation 94.2 %, helpfulness 80.6 %; appropriate disclosure 86.5 % against 83.8 "
                "% (prompting) and 74.8 % (guarding)."
            ),
            source="First two: abstract. The others: third-party summaries, close to what the formula gives.",
        ),
        Claim(
            id="guidance-over-static-defences",
            text="Even untrained, guidance at each step beats a privacy prompt and a guard.",
            measure=(
                "Privacy preservation and helpfulness of CDI minus prompting and guarding, where all are "
                "told what is sensitive and nothing is learned, rehearsed on the same tasks; fails if with no "
                "sender by script CDI is above both in privacy without losing helpfulness to either."
            ),
            published=(
                "Privacy / helpfulness: CDI 75.9 / 86.9, prompting 48.1 / 73.1, guarding 47.0 / 82.0 (percent)."
            ),
            source="Third-party summary; not seen in the paper.",
        ),
        Claim(
            id="learns-from-failures",
            text="Turning leaks into training environments makes the instructor better.",
            measure=(
                "Appropriate disclosure after training in environments made from the policy's own leaks minus "
                "before, on tasks kept aside; fails if the interval of any seed reaches zero or below."
            ),
            published="Appropriate disclosure 82.8 % untrained, 86.5 % trained.",
            source="Third-party summaries; the second figure agrees with the abstract's two by the formula.",
        ),
        Claim(
            id="robust-to-attack",
            text="A searched attack lowers the privacy of trained CDI less than that of other defences.",
            measure=(
                "Drop of privacy preservation under an attack search of equal effort, prompting and guarding "
                "minus CDI on the same tasks; fails if with no sender by script both intervals lie above zero."
            ),
            published="Privacy preservation 89.7 % to 79.5 % in a new round of attack, the smallest drop.",
            source="Claim: abstract. Figures: third-party summary; not seen in the paper.",
        ),
        Claim(
            id="generalises",
            text="What the instructor learned holds for configurations and agents it has not seen.",
            measure=(
                "Appropriate disclosure where no training task had the same recipient's role, minus sharing "
                "all; and of CDI minus no defence, rehearsed on tasks never trained on; fails if either "
                "interval reaches zero or below."
            ),
            source="Abstract; no figure could be read.",
        ),
        Claim(
            id="two-stage-reward",
            text="Rewarding privacy alone silences the agent; rewarding disclosure afterwards restores help.",
            measure=(
                "Helpfulness on tasks kept aside after the privacy stage minus before, and after the second "
                "stage minus the first, beside the second reward from the start; fails if in any seed the "
                "first stage does not lower helpfulness or the second does not raise it again."
            ),
            source="Third-party summary of the schedule (400 and 200 steps); no figure could be read.",
        ),
    ),
    verbs=(
        Verb(name="serve", help="Run a proxy that protects an agent by guidance and screening."),
        Verb(name="simulate", help="Play subject, defended sender and recipient in a scenario."),
        Verb(name="attack", help="Search for requests that make the sender leak."),
        Verb(name="evaluate", help="Score runs for privacy, helpfulness and appropriate disclosure."),
        Verb(name="build-envs", help="Cut failed runs before the leak into training environments."),
        Verb(name="train", help="Train the instructor on labels, or by reward in such environments."),
        Verb(name="rehearse", help="Try defences on labelled norms with a sender by script."),
        Verb(name="decide", help="Say what may flow to a norm's recipient, item by item and in words."),
        Verb(name="judge", help="Say which facts one message gives away."),
        Verb(name="mapping", help="Guess what an agent's tools do with information, from their schemas."),
        Verb(name="audit", help="Decide the verdicts of an audit log again."),
        Verb(name="scenarios", help="List the scenarios that come with the package."),
    ),
    built=True,
    sources=(
        "cirl",
        "privacylens",
        "agentdojo",
        "agentleak",
    ),
    extra="privacy",
    notes=(
        "It lowers leaks; it does not prove their absence.",
        "The embedded instructor reads English; facts that a norm lists are never overruled by it.",
        "94.2 and 80.6 belong to the paper's models and are never shown as ours.",
        "The paper's configurations carry no licence and are not used.",
    ),
)
