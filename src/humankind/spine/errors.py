"""One tree of errors. Each says what was found, where, what was expected and what to do.

The exit codes of the command line hang on this tree: 2 the input was wrong, 3 our fault, 130 interrupted.
"""

from __future__ import annotations


class HumankindError(Exception):
    """The root of every error this package raises on purpose.

    Args:
        problem: one sentence that says what is wrong.
        found: what was met, quoted from the input.
        where: file, row, column, option or key.
        expected: what would have been accepted.
        remedy: what the reader can do about it.

    >>> print(DataError("a rating is not a number", found="'five'", where="ratings.csv row 7",
    ...                 expected="a finite number", remedy="mend the row or drop the rating column"))
    a rating is not a number
      found:    'five'
      where:    ratings.csv row 7
      expected: a finite number
      to do:    mend the row or drop the rating column
    """

    exit_code = 3

    def __init__(
        self,
        problem: str,
        *,
        found: object = None,
        where: object = None,
        expected: object = None,
        remedy: str | None = None,
    ) -> None:
        self.problem = problem
        self.found = found
        self.where = where
        self.expected = expected
        self.remedy = remedy
        super().__init__(problem)

    def __str__(self) -> str:
        labelled = (
            ("found:", self.found),
            ("where:", self.where),
            ("expected:", self.expected),
            ("to do:", self.remedy),
        )
        lines = [self.problem]
        lines += [f"  {label:<9} {text}" for label, text in labelled if text is not None]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, str]:
        """Return the parts that are set, as text, for `--json` and the run folder."""
        parts = {
            "error": type(self).__name__,
            "problem": self.problem,
            "found": self.found,
            "where": self.where,
            "expected": self.expected,
            "remedy": self.remedy,
        }
        return {key: str(value) for key, value in parts.items() if value is not None}


class InputError(HumankindError):
    """What the caller gave is wrong; the caller can mend it."""

    exit_code = 2


class ConfigError(InputError):
    """A setting is unknown, of the wrong type or out of range."""


class DataError(InputError):
    """A file, a row or a value in the data is wrong."""


class LicenceError(InputError):
    """A data set was asked for a use that its licence or its authors refuse."""


class MissingExtraError(InputError):
    """An optional part of the package is not installed."""


class ResourceError(InputError):
    """The work would not fit into this machine's memory or disk."""


class RunError(InputError):
    """A run folder is missing, foreign, locked or does not fit the command."""


class NotBuiltError(InputError):
    """The system is announced by its card but not built yet."""


class InternalError(HumankindError):
    """Something that we promised does not hold: our fault."""
