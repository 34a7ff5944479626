"""Proact-VL: what it claims, which commands it will have, which data it uses."""

from humankind.spine.cards import Card, Claim, Paper, Verb

CARD = Card(
    noun="companion",
    name="Proact-VL",
    job="watches a live stream and decides each second whether to speak, what to say and how much",
    papers=(
        Paper(
            title="Proact-VL: A Proactive VideoLLM for Real-Time AI Companions",
            authors="Yan, Dai, Ran, et al.",
            year=2026,
            venue="ICML",
            link="arXiv:2603.03447",
        ),
    ),
    claims=(
        Claim(
            id="low-latency",
            text="It keeps pace with an endless stream: each second is handled within a second.",
            measure=(
                "95th percentile of the time per speaking second with the cache at full budget, live at two "
                "frames a second; fails if it reaches one second, or if generate-always is no slower."
            ),
            published=".35 to .43 s per one-second chunk on one H100.",
            source="Third-party reading note that states it was checked against the paper.",
        ),
        Claim(
            id="decides-when-to-speak",
            text="It speaks at the right seconds more often than streaming models without such a decision.",
            measure=(
                "Matthews correlation and macro-F1 of speaking seconds, free-running, minus timers, pixel "
                "difference, always and random at the true rate; fails if the interval against the best of "
                "them reaches zero or below, or shuffled frames do as well."
            ),
            published="Live Gaming Benchmark, F1 64.87 against 50.67 (StreamingVLM) and 36.10 (LiveCC base).",
            source=(
                "Third-party reading notes that agree on the first figure; always speaking does well on this "
                "published measure."
            ),
        ),
        Claim(
            id="quality",
            text="What it says is closer to human commentary than what offline and streaming models say.",
            measure=(
                "Precision of named events and recall of salient ones, and a judge's win rate where a judge "
                "is given; fails if the interval against the best baseline reaches zero or below."
            ),
            published="Win rate against Gemini 2.5 Pro 49.23; GPT-4o 39.42, LiveCC base 38.88.",
            source="Third-party reading notes that agree with each other; judged by GPT-5.1.",
        ),
        Claim(
            id="quantity",
            text="It controls how much it says, so that speech fits the time there is.",
            measure=(
                "Error of the speaking rate, words per second, and false speech per silent minute against "
                "generate-always; fails if any is not lower."
            ),
            published="LiveU 6.52 on a scale to 10; GPT-4o 4.62.",
            source="Third-party reading notes that agree with each other; judged by GPT-5.1.",
        ),
        Claim(
            id="three-scenarios",
            text="One model serves solo commentary, commentary with others, and guidance on request.",
            measure=(
                "F1 of speaking seconds per scenario, voices in one second with several companions, and "
                "silence without a question; fails if two ever speak at once or guidance talks unasked."
            ),
            published="F1: solo 63.25, with others 77.44, guidance 53.91.",
            source="Third-party reading note that states it was checked against the paper's tables.",
        ),
        Claim(
            id="endless-stream",
            text="It stays steady over long streams in bounded memory.",
            measure=(
                "Memory, time per step and timing score by ten-minute slice over a long run; fails if memory "
                "or time grow, or the score falls by more than a tenth."
            ),
            published="F1 74.42 at 10 minutes, 69.23 at 50 minutes.",
            source="One third-party reading note; not seen in the paper.",
        ),
        Claim(
            id="loss-terms-help",
            text="Both terms of the response loss, transition-weighted and regularising, are needed.",
            measure=(
                "Macro-F1 with both terms minus each variant with one term left out, three seeds; fails if "
                "either interval reaches zero or below."
            ),
            published="F1 60.08 with both terms; 47.39 and 11.03 with one term only.",
            source="Third-party notes that contradict each other on which variant is which.",
        ),
        Claim(
            id="keeps-understanding",
            text="Learning when to speak does not cost the model its understanding of video.",
            measure=(
                "Event recognition of the trained model minus the model before the response stage, on the "
                "same frames; fails if the interval lies below zero."
            ),
            source="Abstract; no figure could be read.",
        ),
    ),
    verbs=(
        Verb(name="run", help="Watch a file, camera, screen, stream or game and comment on it live."),
        Verb(name="prepare", help="Turn annotations or transcripts into per-second training clips."),
        Verb(name="games", help="Make the miniature live gaming benchmark."),
        Verb(name="train", help="Train tower, language, response head or both."),
        Verb(name="calibrate", help="Choose the speaking threshold on validation clips."),
        Verb(name="evaluate", help="Replay clips through the live code and score timing and content."),
    ),
    sources=(
        "live-gaming",
        "live-whisperx",
        "ego4d",
    ),
    notes=(
        "The paper's models, videos and judge are not in the package; its figures are shown as the paper's.",
        "Frames of games under others' rights are made at run time and never shipped.",
        "Always speaking wins some of the published timing measures, so others stand beside them.",
    ),
)
