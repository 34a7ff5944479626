"""What a defence adds to an agent's step: an instruction after a result, a verdict on a call, as conversations grow."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median, quantiles
from typing import Any

from benchmarks.measure import Contestant, Plan, Row, side_by_side

NAME = "privacy_steps"
TARGET_MS = 30.0
"""Milliseconds that a step may take longer at the median."""
_TURNS = 20
"""Questions and answers in a conversation."""


def run(plan: Plan) -> Iterator[Row | str]:
    """Yield the time of all steps under each defence, and the median and the slowest twentieth of a step."""
    from humankind.systems.privacy.protecting import NAMES
    from humankind.systems.privacy.scenarios import load

    scenarios = load()[: 4 if plan.quick else 45]
    contestants = [Contestant(name, lambda name=name: _steps(name, scenarios)) for name in NAMES]
    side_by_side(contestants, plan)
    for contestant in contestants:
        times = [1000 * second for second in contestant.result]
        slow = quantiles(times, n=20)[-1]
        what = f"{len(times)} steps of conversations with up to {_TURNS} turns"
        yield contestant.row(NAME, what, f"{median(times):.2f} ms a step, 95th percentile {slow:.2f} ms")
    bare, most = (median(one.result) for one in (contestants[0], contestants[-1]))
    added = 1000 * (most - bare)
    verdict = "within" if added < TARGET_MS else "beyond"
    yield f"guidance and guard add {added:.2f} ms a step ({verdict} {TARGET_MS:.0f} ms)"


def _steps(name: str, scenarios: Any) -> list[float]:
    """Return the seconds of every step: what comes in is instructed on, what goes out is screened."""
    from humankind.systems.privacy.apps import TOOLS
    from humankind.systems.privacy.defense import Message
    from humankind.systems.privacy.protecting import defence_of
    from humankind.systems.privacy.protection import Protection

    times: list[float] = []
    for scenario in scenarios:
        protection = Protection(defence_of(name, [scenario.norm.blind()]), TOOLS)
        messages = [Message("system", "You answer messages."), Message("user", scenario.sender.task)]
        to = scenario.norm.recipient.addresses[0]
        for number in range(_TURNS):
            item = scenario.norm.items[number % len(scenario.norm.items)]
            read = protection.call("get_messages", {})
            messages += [Message("assistant", calls=(read,)), Message("tool", f"What of {item.value[:20]}?", call=read)]
            call = protection.call("send_message", {"recipient_id": to, "message": f"{item.text}."})
            began = time.perf_counter()
            protection.instruction(messages)
            protection.screen(messages, call)
            times.append(time.perf_counter() - began)
            messages += [Message("assistant", calls=(call,)), Message("tool", "sent", call=call)]
    return times
