"""What a platform has made in a database before the application's schema: files of SQL beside this module.

A script is helped by one when it uses something of it that is not there, and gets of it what it mentions and does not
make itself.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from bench.model import Statement
from bench.workload import sqlfile

_MAKES = re.compile(
    r"(?:CREATE\s+(?P<kind>SCHEMA|TABLE|FUNCTION|PUBLICATION)|ALTER\s+TABLE)\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>[\w.]+)"
)
_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def prelude_with(missing: str, script: str) -> tuple[str, str]:
    """The prelude that has an object, as its name and the text that the script lacks; both empty where there is none.

    Args:
        missing: an object's name as the server says it (``auth``, ``auth.users``, ``supabase_realtime``).
        script: the text of the whole script.
    """
    for name, statements in preludes().items():
        made = [_MAKES.match(one.sql) for one in statements]
        if any(one and one["name"] == missing.removeprefix("public.") for one in made):
            return name, "".join(f"{text};\n\n" for text in _lacking(statements, _COMMENTS.sub(" ", script)))
    return "", ""


@cache
def preludes() -> dict[str, list[Statement]]:
    """The statements of each prelude, by its name."""
    files = [file for file in resources.files(__name__).iterdir() if file.name.endswith(".sql")]
    texts = {file.name.removesuffix(".sql"): file.read_text(encoding="utf-8") for file in files}
    return {name: sqlfile.split(texts[name], name) for name in sorted(texts)}


def _lacking(statements: list[Statement], script: str) -> list[str]:
    """What the script, or another statement that it gets, mentions and the script does not make."""
    kept: list[str] = []
    for statement in reversed(statements):
        found = _MAKES.match(statement.sql)
        assert found
        dotted = r"\s*\.\s*".join(f'"?{part}"?' for part in found["name"].split("."))
        made = (
            rf"\bCREATE\s+(?:OR\s+REPLACE\s+)?{found['kind'] or 'TABLE'}\s+(?:IF\s+NOT\s+EXISTS\s+)?{dotted}(?![\w.])"
        )
        mentioned = any(
            re.search(rf'(?<![\w.])(?:"?public"?\.)?{dotted}(?!\w)', text, re.IGNORECASE) for text in (script, *kept)
        )
        if found["kind"] == "SCHEMA" or (mentioned and not re.search(made, script, re.IGNORECASE)):
            kept.insert(0, statement.sql)
    return kept
