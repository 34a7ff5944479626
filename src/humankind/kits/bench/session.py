"""One run of Inspect over the trials that have no reply yet.

A call that fails after Inspect's repeats leaves its trial unscored. Where nothing answers at all, or the model stops
answering, the session ends with the error: thousands of unscored trials would say less.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from humankind.kits.bench.journal import Journal, Kept
from humankind.kits.bench.questions import ERROR, LETTERS, Reply, Trial, Way
from humankind.kits.bench.verdicts import reply_of
from humankind.kits.bench.ways import (
    FACTS,
    LETTER_SCORES,
    LIKELIHOOD_API,
    THINKING_TOKENS,
    AnyWay,
    CannotError,
    best_way,
    solver_for,
)
from humankind.spine.errors import HumankindError, InputError, InternalError, MissingExtraError
from humankind.spine.progress import Progress, Task
from humankind.spine.seeds import derive

if TYPE_CHECKING:
    from inspect_ai import Task as InspectTask
    from inspect_ai.dataset import Sample
    from inspect_ai.model import Model
    from inspect_ai.scorer import Score, Scorer
    from inspect_ai.solver import Solver, TaskState

    from humankind.kits.bench.asking import Limits

FAILED = "call failed"
_NONE_AT_FIRST = 10
"""Failures without one reply after which nothing is expected any more."""
_IN_A_ROW = 50
"""Failures without a reply between them after which the model is taken for gone."""
_SAMPLES = 64
"""Trials under way at once where calls do not go through Inspect's own limit of connections."""


class Session:
    """Asks trials of one model in one way and keeps what comes back in a journal."""

    def __init__(
        self,
        model: str | Model,
        way: AnyWay,
        settings: Limits,
        journal: Journal,
        keys: dict[str, str],
        solver: Solver | None = None,
    ) -> None:
        self.model = usable(model)
        self.way: Way = best_way(self.model) if way == "auto" else way
        self.settings, self.journal, self.keys = settings, journal, keys
        self.solver = solver if solver is not None else solver_for(self.way, self._generation, settings.lead)
        self.answered = self.failed_in_a_row = 0
        self.error: HumankindError | None = None

    def run(self, trials: Sequence[Trial], logs: Path, progress: Progress, max_connections: int | None) -> None:
        """Ask every trial once.

        Args:
            trials: those without a reply.
            logs: folder of Inspect's logs.
            progress: told of every reply.
            max_connections: calls at once; None leaves it to Inspect and the provider.

        Raises:
            InputError: the model answers no call, or none any more.
            KeyboardInterrupt: a person ended it; replies so far are kept.
        """
        from inspect_ai import eval as evaluate

        self.trials = {trial.id: trial for trial in trials}
        with self.journal.writing(), progress.task(f"ask {self.model}", len(trials)) as task:
            logged = evaluate(
                self._task(trials, task),
                model=self.model,
                display="none",
                log_dir=str(logs),
                log_level="error",
                log_realtime=False,
                log_model_api=hasattr(self.model.api, LIKELIHOOD_API),  # on this machine: the rendered prompts
                log_buffer=500,
                ctl_server=False,
                score_display=False,
                fail_on_error=True,
                max_samples=self._at_once(max_connections),
                **self._connections(max_connections),
            )[0]
        if self.error is not None:
            raise self.error
        if logged.status == "cancelled":
            raise KeyboardInterrupt
        if logged.status != "success":
            found = logged.error.message if logged.error is not None else logged.status
            raise InternalError("Inspect ended the run early", found=found, where=logged.location)

    # -- what Inspect is given -----------------------------------------------------------------------------

    def _task(self, trials: Sequence[Trial], progress: Task) -> InspectTask:
        from inspect_ai import Task as InspectTask

        suites = sorted({trial.question.suite for trial in trials})
        return InspectTask(
            name="-".join(suites)[:60],
            dataset=[_sample(trial) for trial in trials],
            solver=self._collecting(progress),
            scorer=self._scorer(),
            metadata={"way": self.way, "policy": self.settings.policy, **self.settings.model_dump(mode="json")},
        )

    def _at_once(self, max_connections: int | None) -> int | None:
        """Return how many trials are under way; likelihoods go past Inspect's own limit of connections."""
        if max_connections is not None:
            return max_connections
        return _SAMPLES if self.way == "likelihood" else None

    def _connections(self, max_connections: int | None) -> dict[str, Any]:
        given = {
            "max_connections": max_connections,
            "max_retries": self.settings.max_retries,
            "timeout": self.settings.timeout_s,
        }
        return {name: value for name, value in given.items() if value is not None}

    def _generation(self, state: TaskState) -> dict[str, Any]:
        settings = self.settings
        options: dict[str, Any] = {"max_tokens": settings.max_new_tokens, "temperature": settings.temperature}
        if settings.temperature > 0:
            options |= {"top_p": settings.top_p, "seed": derive(settings.seed, str(state.sample_id))}
        return options

    def _collecting(self, progress: Task) -> Solver:
        from inspect_ai.solver import solver

        @solver(name="asked")
        def asked() -> Solver:
            async def solve(state: TaskState, generate: Any) -> TaskState:
                trial = str(state.sample_id)
                try:
                    state = await self.solver(state, generate)
                    kept = self._kept(trial, state)
                    self.answered += 1
                    self.failed_in_a_row = 0
                except Exception as error:
                    kept = self._failed(trial, error)
                self.journal.keep(kept)
                progress.advance()
                return state

            return solve

        return asked()

    def _scorer(self) -> Scorer:
        from inspect_ai.scorer import accuracy, scorer, stderr

        @scorer(metrics=[accuracy(), stderr()], name="verdict")
        def verdict() -> Scorer:
            async def score(state: TaskState, target: Any) -> Score:
                trial = self.trials[str(state.sample_id)]
                kept = self.journal.kept[trial.id, self.keys[trial.id]]
                return _score(trial, reply_of(trial, kept, self.settings.reading))

            return score

        return verdict()

    # -- what comes back -----------------------------------------------------------------------------------

    def _kept(self, trial: str, state: TaskState) -> Kept:
        output, facts = state.output, state.metadata
        usage = output.usage
        n_thinking = facts.get(THINKING_TOKENS)
        if n_thinking is None and usage is not None:
            n_thinking = usage.reasoning_tokens
        scored = LETTER_SCORES in facts
        written = not scored or self.way != "likelihood"  # an own solver may score letters behind what it wrote
        return Kept(
            trial=trial,
            digest=self.keys[trial],
            way="likelihood" if scored else self.way,
            text=output.completion if written else "",
            letter_scores=tuple(facts.get(LETTER_SCORES, ())),
            n_prompt_tokens=usage.input_tokens if usage is not None else None,
            n_tokens=usage.output_tokens if usage is not None and written else None,
            n_thinking_tokens=n_thinking,
            stop_reason=output.stop_reason if output.choices and written else "",
            facts=facts.get(FACTS, {}),
        )

    def _failed(self, trial: str, error: Exception) -> Kept:
        """Return the note of a failed call; raise where no further call is worth making."""
        self.failed_in_a_row += 1
        if isinstance(error, CannotError | MissingExtraError):
            self.error = error
            raise error
        told = error.problem if isinstance(error, HumankindError) else f"{FAILED}: {type(error).__name__}"
        at_first = not self.answered and self.failed_in_a_row >= min(_NONE_AT_FIRST, len(self.trials))
        if at_first or self.failed_in_a_row >= _IN_A_ROW:
            self.error = self._given_up(error)
            raise self.error
        return Kept(trial=trial, digest=self.keys[trial], way=self.way, failed=told, facts={ERROR: _in_one_line(error)})

    def _given_up(self, error: Exception) -> HumankindError:
        if isinstance(error, InputError) and not self.answered:
            return error
        return InputError(
            "the model answers no more" if self.answered else "the model answers no call",
            found=f"{self.failed_in_a_row} failures in a row; the last: {type(error).__name__}: {_in_one_line(error)}",
            where=str(self.model),
            remedy="see that the server runs, the key is valid and the model exists; then go on: replies are kept",
        )


def usable(model: str | Model) -> Model:
    """Return an Inspect model by name; InputError where its provider, package or key is missing."""
    from inspect_ai.model import get_model

    if not isinstance(model, str):
        return model
    if model.startswith("humankind/"):
        import humankind.kits.llm.provider  # noqa: F401 (registers itself)
    try:
        return get_model(model)
    except HumankindError:
        raise
    except Exception as error:  # each provider has its own
        raise InputError(
            "this model cannot be used",
            found=f"{model}: {_in_one_line(error)}",
            expected="provider/name as Inspect names models, with the provider's package and key in place",
            remedy="`humankind models list` shows what is on this machine; for others see Inspect's list of providers",
        ) from error


def _in_one_line(error: Exception) -> str:
    """Return the first line of an error, of our own ones also what was found and expected: both lengths."""
    if isinstance(error, HumankindError):
        told = "; ".join(str(part) for part in (error.found, error.expected) if part is not None)
        return f"{error.problem}: {told}"[:300] if told else error.problem
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__


def _sample(trial: Trial) -> Sample:
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ChatMessageSystem, ChatMessageUser

    question = trial.question
    system = [ChatMessageSystem(content=trial.system)] if trial.system else []
    return Sample(
        id=trial.id,
        input=[*system, ChatMessageUser(content=trial.prompt)],
        choices=[question.options[which] for which in trial.shown] or None,
        target=trial.target if trial.shown else question.answer,
        metadata={
            "question": question.id,
            "suite": question.suite,
            "group": question.group,
            "category": question.category,
            "language": question.language,
            **({"order": question.order} if question.order is not None else {}),
            **question.labels,
        },
    )


def _score(trial: Trial, reply: Reply) -> Score:
    from inspect_ai.scorer import CORRECT, INCORRECT, Score

    shown = list(trial.shown)
    answer = LETTERS[shown.index(reply.choice)] if reply.choice is not None and shown else ""
    metadata = {"way": reply.way, "choice": reply.choice, "unscored": reply.reason}
    if reply.right is None:
        return Score.unscored(reason=reply.reason, answer="", explanation=reply.text, metadata=metadata)
    explanation = reply.text or ", ".join(f"{score:.3f}" for score in reply.log_likelihoods)
    return Score(value=CORRECT if reply.right else INCORRECT, answer=answer, explanation=explanation, metadata=metadata)
