"""Threads wait briefly, and the environment has the last word."""

import os
import sys

import pytest

from humankind.spine.threads import wait_briefly

NAMES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


def settings(monkeypatch: pytest.MonkeyPatch, **given: str) -> tuple[str | None, str | None]:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    wait_briefly()
    return os.environ.get(NAMES[0]), os.environ.get(NAMES[1])


def test_on_linux_threads_spin_and_soon_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    policy, spins = settings(monkeypatch)
    assert policy == "ACTIVE"
    assert 0 < int(spins or 0) < 100_000


def test_elsewhere_they_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert settings(monkeypatch) == ("PASSIVE", None)


@pytest.mark.parametrize("platform", ["linux", "darwin"])
@pytest.mark.parametrize("policy", ["PASSIVE", "ACTIVE"])
def test_what_the_user_set_stays(monkeypatch: pytest.MonkeyPatch, platform: str, policy: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert settings(monkeypatch, OMP_WAIT_POLICY=policy) == (policy, None)
    assert settings(monkeypatch, OMP_WAIT_POLICY=policy, GOMP_SPINCOUNT="7") == (policy, "7")


def test_a_number_of_spins_alone_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert settings(monkeypatch, GOMP_SPINCOUNT="7") == ("ACTIVE", "7")
