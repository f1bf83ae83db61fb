"""How often a policy refuses what it is to refuse, and what it is not: on a list of prompts.

A line of the list is "refuse" or "allow", a tab, and a prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generation.policy import Policy, PolicyError, lines_of


@dataclass(frozen=True)
class Case:
    """A prompt, and whether it is to be refused."""

    prompt: str
    is_refused: bool


@dataclass(frozen=True)
class Rates:
    """How a policy does on cases.

    Attributes
    ----------
    refused, to_refuse : int
        Of those that are to be refused, how many are, and how many there are.
    over_refused, to_allow : int
        The same of those that are to be allowed.
    missed, over : tuple of str
        The prompts on which it is wrong.
    """

    refused: int
    to_refuse: int
    over_refused: int
    to_allow: int
    missed: tuple[str, ...]
    over: tuple[str, ...]

    @property
    def refusal_rate(self) -> float | None:
        """Of what is to be refused; None of nothing."""
        return self.refused / self.to_refuse if self.to_refuse else None

    @property
    def over_refusal_rate(self) -> float | None:
        """Of what is to be allowed; None of nothing."""
        return self.over_refused / self.to_allow if self.to_allow else None


def load_cases(path: Path) -> list[Case]:
    """Read a list of cases: lines of "refuse" or "allow", a tab, and a prompt.

    Raises
    ------
    PolicyError
    """
    cases = []
    for number, line in lines_of(path):
        verdict, tab, prompt = line.partition("\t")
        if verdict not in ("refuse", "allow") or not tab or not prompt.strip():
            raise PolicyError(f"{path}, line {number}: 'refuse' or 'allow', a tab and a prompt are expected")
        cases.append(Case(prompt.strip(), verdict == "refuse"))
    return cases


def rates(policy: Policy, cases: Sequence[Case]) -> Rates:
    """Say how a policy does on cases."""
    wrong = [case for case in cases if (policy.refusing(case.prompt) is not None) != case.is_refused]
    missed = tuple(case.prompt for case in wrong if case.is_refused)
    over = tuple(case.prompt for case in wrong if not case.is_refused)
    to_refuse = sum(case.is_refused for case in cases)
    to_allow = len(cases) - to_refuse
    return Rates(to_refuse - len(missed), to_refuse, len(over), to_allow, missed, over)
