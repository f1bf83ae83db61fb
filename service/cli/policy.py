"""`songspace policy`: what the operator's policy refuses, and how often it is right on a list of prompts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.options import Json
from service.cli.state import settings_of

if TYPE_CHECKING:
    from generation.policy import Policy
    from generation.policy_rates import Rates


def run(
    ctx: typer.Context,
    prompts: Annotated[
        list[str] | None, typer.Argument(metavar="[PROMPT]...", help="Prompts to be looked at.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="Another policy than that of SONGSPACE_POLICY."),
    ] = None,
    test: Annotated[
        Path | None,
        typer.Option(
            "--test", metavar="LIST", help="Lines of 'refuse' or 'allow', a tab and a prompt: prints rates."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what the operator's policy refuses, and how often it is right."""
    from generation.policy import load_policy
    from generation.policy_rates import load_cases, rates

    policy = load_policy(file if file is not None else settings_of(ctx).policy)
    verdicts = {prompt: _verdict(policy, prompt) for prompt in prompts or []}
    found = rates(policy, load_cases(test)) if test is not None else None
    if as_json:
        print_json(_document(policy, verdicts, found))
        return
    if not verdicts and found is None:
        print_line(f"{len(policy.rules)} rules, {len(policy.allowed)} exceptions")
    for prompt, verdict in verdicts.items():
        print_line(f"{'refused, ' + verdict if verdict else 'allowed'}: {prompt}")
    if found is not None:
        _print(found)


def _verdict(policy: Policy, prompt: str) -> str:
    rule = policy.refusing(prompt)
    return "" if rule is None else f"{rule.section}: {rule.entry}"


def _document(policy: Policy, verdicts: dict[str, str], found: Rates | None) -> dict[str, object]:
    document: dict[str, object] = {
        "rules": len(policy.rules),
        "exceptions": len(policy.allowed),
        "prompts": [{"prompt": prompt, "refused_by": verdict} for prompt, verdict in verdicts.items()],
    }
    if found is not None:
        document["test"] = {
            "refusal_rate": found.refusal_rate,
            "over_refusal_rate": found.over_refusal_rate,
            "to_refuse": found.to_refuse,
            "to_allow": found.to_allow,
            "missed": list(found.missed),
            "over_refused": list(found.over),
        }
    return document


def _print(found: Rates) -> None:
    for name, share, n, of, wrong in (
        ("refused", found.refusal_rate, found.refused, found.to_refuse, found.missed),
        ("over-refused", found.over_refusal_rate, found.over_refused, found.to_allow, found.over),
    ):
        percent = "-" if share is None else f"{share:.1%}"
        print_line(f"{name:<13}{percent:>7}  ({n} of {of})")
        for prompt in wrong:
            print_line(f"  {'missed' if name == 'refused' else 'wrongly'}: {prompt}")
