"""What is wrong with a command line, in the words of all other errors: option and value, what is wrong, what to type.

Click's own sentences stand in three forms and name the value only inside of them; only their facts are taken.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from bench.suggestions import did_you_mean, file_nearby

_QUOTED = re.compile(r"'(.*)'\.? (.*?)\.?$", re.DOTALL)
_VALUE = re.compile(r"'?(.*?)'? is not ", re.DOTALL)
NUMBERS = (click.IntRange, click.FloatRange)
_SAYS_WHAT = re.compile(r"[:;] give ")
"""In a message that needs no hint."""
_EXTRA = re.compile(r"\((.*)\)$", re.DOTALL)


def complaint(error: click.ClickException) -> tuple[str, str]:
    """What is wrong, and what to do about it."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context else "pgproof"
    listed = f"{command} --help lists what there is"
    match error:
        case click.NoSuchOption():
            known = [name for one in context.command.params for name in one.opts] if context else []
            near = did_you_mean(error.option_name, [*known, "--help"])
            return f"{error.option_name}: {command} has no such option", near if near.startswith("did") else listed
        case click.MissingParameter():
            return f"{command}: {_name(error)} is missing", _usage(context)
        case click.BadParameter(param=click.Parameter() as parameter):
            return _bad(_name(error), parameter.type, error.message)
        case click.BadOptionUsage():
            needs = "requires" in error.message
            what = "a value is missing" if needs else "this option takes no value"
            return f"{error.option_name}: {what}", "its --help shows what it takes"
    if type(error).__name__ == "NoArgsIsHelpError":
        return f"{command}: a command is missing", listed
    if error.message.startswith("No such command") and context and (found := _QUOTED.search(f"{error.message} ")):
        known = context.command.list_commands(context) if isinstance(context.command, click.Group) else []
        near = did_you_mean(found[1], known)
        return f"{found[1]}: {command} has no such command", near if near.startswith("did") else listed
    if found := _EXTRA.search(error.message) if "extra argument" in error.message else None:
        return f"{found[1]}: {command} takes no such argument", _usage(context)
    return error.message, "" if _SAYS_WHAT.search(error.message) else listed


def _usage(context: click.Context | None) -> str:
    return " ".join(context.command.get_usage(context).split()).replace("Usage:", "usage:") if context else ""


def _name(error: click.BadParameter) -> str:
    """How the parameter is called on the command line."""
    if isinstance(error.param, click.Option):
        return max(error.param.opts, key=len)
    return error.param.human_readable_name if error.param else ""


def _bad(name: str, wanted: click.ParamType[Any], message: str) -> tuple[str, str]:
    """What is wrong with a value."""
    if isinstance(wanted, click.Path) and (found := _QUOTED.search(message)):
        what = {"does not exist": "there is no such file", "is a file": "a file, and no folder",
                "is a directory": "a folder, and no file"}.get(found[2], found[2])  # fmt: skip
        return f"{name} {found[1]}: {what}", file_nearby(Path(found[1])) if "no such" in what else ""
    value = found[1] if (found := _VALUE.match(message)) else ""
    if isinstance(wanted, click.Choice):
        return f"{name} {value}: no such choice", did_you_mean(value, [str(one) for one in wanted.choices])
    if isinstance(wanted, NUMBERS) or wanted in (click.INT, click.FLOAT):
        return f"{name} {value.removesuffix('.0')}: give {number(wanted)}", ""
    return f"{name} {message}", ""


def number(wanted: click.ParamType[Any]) -> str:
    """What a number must be, in words."""
    whole = isinstance(wanted, click.IntRange) or wanted is click.INT
    kind = "a whole number" if whole else "a number"
    low, high = getattr(wanted, "min", None), getattr(wanted, "max", None)
    above = "above" if getattr(wanted, "min_open", False) else "from"
    if low is None:
        return kind
    return f"{kind} {above} {low:,}" + (f" to {high:,}" if high is not None else (" on" if above == "from" else ""))
