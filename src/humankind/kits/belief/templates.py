"""Sentences for events and questions, in two banks that share no template.

What a story means hangs on no wording: every template of an event says the same.
"""

from __future__ import annotations

from humankind.kits.belief.words import Split

Templates = dict[str, tuple[str, ...]]

EVENTS: dict[Split, Templates] = {
    "train": {
        "enter": (
            "{who} walked into the {room}.",
            "{who} came into the {room}.",
            "{who} stepped into the {room}.",
            "{who} entered the {room}.",
        ),
        "leave": (
            "{who} left the {room}.",
            "{who} walked out of the {room}.",
            "{who} went out of the {room}.",
            "{who} stepped out of the {room}.",
        ),
        "place": (
            "The {thing} was in the {place} in the {room}.",
            "In the {room}, the {thing} lay in the {place}.",
            "The {place} in the {room} held the {thing}.",
        ),
        "move": (
            "{who} moved the {thing} to the {place}.",
            "{who} put the {thing} into the {place}.",
            "{who} took the {thing} and laid it in the {place}.",
            "{who} carried the {thing} over to the {place}.",
        ),
        "shift": (
            "In the {room}, {cause} knocked the {thing} into the {place}.",
            "In the {room}, {cause} made the {thing} drop into the {place}.",
        ),
        "look away": (
            "{who} put on a blindfold in the {room} and saw nothing any more.",
            "{who} turned to the wall of the {room} and no longer saw what happened.",
            "In the {room}, {who} covered both eyes.",
        ),
        "look back": (
            "{who} looked around the {room} again.",
            "In the {room}, {who} could see everything again.",
        ),
        "peek": (
            "From outside, {who} began to watch the {room} through the keyhole, unnoticed.",
            "{who} hid behind a window and secretly started to watch the {room}.",
        ),
        "stop peeking": (
            "{who} stopped watching the {room}; nobody had noticed.",
            "Still unnoticed, {who} gave up watching the {room}.",
        ),
        "claim public": (
            '{who} told everybody: "The {thing} is in the {place}."',
            "{who} announced to all of them that the {thing} was in the {place}.",
        ),
        "claim private": (
            '{who} told {hearers} in private: "The {thing} is in the {place}."',
            "{who} whispered to {hearers} that the {thing} was in the {place}.",
        ),
        "aside": (
            "{name} liked the look of the {place}.",
            "{name} hummed a tune.",
            "{name} had slept badly.",
            "{name} had no use for the {thing}.",
            "Outside it began to rain.",
            "{name} wondered what there would be for dinner.",
        ),
    },
    "test": {
        "enter": (
            "{who} arrived in the {room}.",
            "{who} appeared in the {room}.",
            "{who} went through the door into the {room}.",
            "{who} turned up in the {room}.",
        ),
        "leave": (
            "{who} departed from the {room}.",
            "{who} got up and was gone from the {room}.",
            "{who} closed the door of the {room} from outside.",
            "{who} went away from the {room}.",
        ),
        "place": (
            "At the start the {thing} was in the {place} that stood in the {room}.",
            "Somebody had left the {thing} in the {place}, here in the {room}.",
            "The {thing} could be found in the {place} of the {room}.",
        ),
        "move": (
            "{who} transferred the {thing} to the {place}.",
            "{who} picked up the {thing} and dropped it into the {place}.",
            "{who} chose the {place} as the new spot for the {thing}.",
            "{who} shifted the {thing} into the {place}.",
        ),
        "shift": (
            "Something happened in the {room}: {cause} sent the {thing} tumbling into the {place}.",
            "Something happened in the {room}: because of {cause} the {thing} ended up in the {place}.",
        ),
        "look away": (
            "{who} stayed in the {room} but kept both eyes firmly shut from then on.",
            "{who}, still in the {room}, pulled a cap down over the eyes.",
            "{who} faced the corner of the {room} with nothing else in view.",
        ),
        "look back": (
            "{who} was looking at the {room} once more.",
            "{who} had the whole {room} in view again.",
        ),
        "peek": (
            "On a hidden camera, {who} began to follow what went on in the {room}; no one was aware of it.",
            "Through a crack that no one knew of, {who} started spying on the {room}.",
        ),
        "stop peeking": (
            "{who} ended the spying on the {room}, which remained a secret.",
            "No one ever learned that {who} had observed the {room}; the observing was over now.",
        ),
        "claim public": (
            "{who} declared to the whole company that the {place} held the {thing}.",
            '"You will find the {thing} in the {place}," {who} let everyone know.',
        ),
        "claim private": (
            '"You will find the {thing} in the {place}," {who} confided to {hearers} alone.',
            "{who} took {hearers} aside and claimed that the {place} held the {thing}.",
        ),
        "aside": (
            "{name} found the {place} rather ugly.",
            "{name} yawned.",
            "{name} was planning a journey.",
            "{name} did not care for the {thing}.",
            "Somewhere a bell rang.",
            "{name} thought of an old friend.",
        ),
    },
}

RULES: dict[Split, dict[str, str]] = {
    "train": {
        "base": "Everybody in a room sees what happens there, who else is there, and what lies in open places; "
        "whoever comes in sees it from then on.",
        "closed": "These places have lids, and what is in them cannot be seen from outside: {places}.",
        "look away": "Those who cannot see for a while still hear, and the others in the room know that they do not "
        "see.",
        "peek": "Nobody ever finds out about a secret watch.",
        "claim": "People may lie, and what they say does not change what they think themselves. Somebody believes a "
        "claim only if the speaker could see the room of the thing until later than the hearer could; all know who "
        "could see it until when, and that the others judge so too. Nobody else learns of private words.",
        "pairs": "Speakers expect everybody to believe them, and hearers consider only what a claim means for the "
        "speaker and for themselves.",
    },
    "test": {
        "base": "Being in a room means seeing all that goes on there, all who are present and the contents of open "
        "places, from the moment of coming in.",
        "closed": "Lids hide the contents of these places: {places}.",
        "look away": "A person who does not look learns nothing by sight, can hear, and is known by those present not "
        "to look.",
        "peek": "Spying stays undiscovered.",
        "claim": "Words can be false and leave the mind of the one who speaks as it was. A hearer is convinced only by "
        "somebody who had the room of the thing in view until later than the hearer had; who had it in view until "
        "when, and this way of judging, is known to all. What is said aside remains unknown to the rest.",
        "pairs": "One who speaks counts on being believed by all, and one who hears thinks only of the speaker and of "
        "himself or herself.",
    },
}

QUESTIONS: dict[Split, Templates] = {
    "train": {
        "truth": ("Where is the {thing} really?", "In which place is the {thing} in truth?"),
        "belief": (
            "Where does {first} think {others}the {thing} is?",
            "In which place does {first} think {others}the {thing} is?",
        ),
        "other": ("{name} thinks ",),
    },
    "test": {
        "truth": ("Where can the {thing} actually be found in the end?", "Which place holds the {thing} in reality?"),
        "belief": (
            "Where does {first} believe {others}the {thing} to be?",
            "Which place does {first} believe {others}the {thing} to be in?",
        ),
        "other": ("that {name} believes ",),
    },
}
"""`others` in a question about a belief is made of one `other` for each further person."""
