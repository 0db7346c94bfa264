"""What new revisions lock, write again, read through, destroy, break, or cannot undo: `make check` says so beforehand.

`judge` looks at the revisions that the main branch does not have yet; `rules.toml` has the rules, `report` the words.
"""

from homecoming.authoring.judging.judge import Finding, Judgement, judge

__all__ = ["Finding", "Judgement", "judge"]
