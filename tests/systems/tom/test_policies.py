"""The grammar of policies: what is read, what is refused and how clearly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.spine.errors import ConfigError
from humankind.systems.tom.policies import Policy, parse, solver_for


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", Policy()),
        ("cot", Policy(base="cot")),
        ("nothink", Policy(base="nothink")),
        ("cap:512", Policy(cap=512)),
        ("s2f:3", Policy(gate="s2f", threshold=3)),
        ("t2m:1", Policy(gate="t2m", threshold=1)),
        ("t2m:3+cap:512", Policy(gate="t2m", threshold=3, cap=512)),
        ("cap:512 + t2m:3", Policy(gate="t2m", threshold=3, cap=512)),
        ("cot+s2f:2+cap:9", Policy(base="cot", gate="s2f", threshold=2, cap=9)),
    ],
)
def test_texts_are_read(text: str, expected: Policy) -> None:
    assert parse(text) == expected


policies = st.builds(
    lambda base, gate, threshold, cap: Policy(base=base, gate=gate, threshold=threshold if gate else None, cap=cap),
    st.sampled_from(["plain", "cot"]),
    st.sampled_from(["", "s2f", "t2m"]),
    st.integers(1, 99),
    st.none() | st.integers(1, 9999),
)


@given(policies | st.just(Policy(base="nothink")))
def test_a_policy_written_and_read_again_is_the_same(policy: Policy) -> None:
    assert parse(policy.text) == policy


@pytest.mark.parametrize(
    "text",
    [
        "", "+", "s2f", "s2f:", "s2f:0", "t2m:0", "s2f:-1", "s2f:2.5", "s2f:three", "s2f:³", "cap:0", "cap:", "cap",
        "cap:1:2", "plain:1", "think", "S2F:3", "s2f:3+t2m:3", "s2f:3+s2f:4", "cap:1+cap:2", "cot+nothink",
        "nothink+cap:4", "nothink+s2f:3", "plain+cap:4", "s2f:3+", "s2f:3,cap:4", "cot+cot",
    ],
)  # fmt: skip
def test_what_is_no_policy_is_refused_with_what_was_found(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(text)
    assert refused.value.exit_code == 2
    assert refused.value.expected
    assert "--policy" in str(refused.value.where)


def test_a_threshold_below_one_says_what_is_allowed() -> None:
    with pytest.raises(ConfigError, match="below 1") as refused:
        parse("cap:8+s2f:0")
    assert refused.value.expected == "1 or more"
    assert refused.value.where == "--policy cap:8+s2f:0"
    assert "s2f:0" in str(refused.value.found)


def test_plain_needs_no_solver_and_a_wrong_policy_gets_none() -> None:
    from humankind.systems.tom.config import TomConfig

    assert solver_for("plain", [], TomConfig()) is None
    assert solver_for("cot", [], TomConfig()) is not None
    with pytest.raises(ConfigError):
        solver_for("s2f:0", [], TomConfig())
