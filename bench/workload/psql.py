"""A psql script as psql reads it: its own commands carried out, what is left being statements and the rows of COPY.

Commands that only show or set something of psql are passed over; those that run a program, reach a file which is no
companion of the script, or send what a query gave are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.errors import WorkloadError
from bench.model import Statement
from bench.workload.script import Command, Rows, pieces
from bench.workload.sqlfile import tokens
from bench.workload.text import read_text


@dataclass(frozen=True, slots=True)
class Step(Statement):
    """A statement of a schema, with the file that it stands in; ``\\connect app`` counts as one."""

    file: str = ""
    rows: str | None = None
    """What follows ``COPY … FROM stdin``, as text, each row with its line end."""

    @property
    def place(self) -> str:
        """``schema.sql:12``."""
        return f"{self.file}:{self.line}"


def texts(steps: Iterable[Step]) -> list[str]:
    """What the steps say, rows included: what a checksum of them is made of."""
    return [text for step in steps for text in (step.sql, step.rows) if text is not None]


PASSED_OVER = {
    "restrict", "unrestrict", "echo", "qecho", "warn", "timing", "pset", "x", "t", "a", "f", "C", "H", "T", "encoding",
    "conninfo", "errverbose", "copyright", "h", "help", "?", "p", "r", "reset", "print", "s", "l", "sf", "sv", "z",
    "prompt", "password", "cd",
}  # fmt: skip
"""Commands that show or set something of psql, or ask the person before it. After ``\\cd`` files are looked for where
they were before."""

PROGRAMS_AND_FILES = {
    "!", "copy", "o", "out", "w", "write", "g", "gx", "e", "edit", "ef", "ev", "setenv", "getenv",
}  # fmt: skip
"""Commands that run a program, or reach files and the environment."""

INCLUDE = {"i", "include", "ir", "include_relative"}
DEPTH = 16
"""Files that include files, at most."""

_ARGUMENT = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|[^\s]+""")
_VARIABLE = re.compile(r""":(?:'(?P<literal>\w+)'|"(?P<identifier>\w+)"|(?P<plain>\w+)|\{\?(?P<asked>\w+)\})""")
_COPY = re.compile(
    r"(?P<table>[^()]+?(?:\([^()]*\))?)\s+FROM\s+(?!PROGRAM\b|STDIN\b|PSTDIN\b)(?P<file>'(?:[^']|'')+'|[^\s']+)(?P<options>.*)",
    re.IGNORECASE | re.DOTALL,
)
"""``\\copy`` of rows from a file."""
_CREATES = re.compile(r"\s*SELECT\s+'(?P<made>\s*CREATE\s+(?:DATABASE|ROLE|USER)\s+\w+[^';]*)'", re.IGNORECASE)
"""What is put before ``\\gexec`` so that a database or role is made where there is none yet."""


def read_script(file: Path, root: Path | None = None, encoding: str = "") -> list[Step]:
    """The statements of ``file`` and of the companions that it includes, which have to be below ``root``.

    Raises:
        WorkloadError: a command is refused or not known, a file is missing, or something is never closed (file:line).
    """
    return list(_Reader((root or file.parent).absolute(), encoding).file(file.absolute(), 0))


def read_companion(text: str, file: Path, root: Path, encoding: str = "") -> list[Step]:
    """The statements of ``file``, of which ``text`` is what counts, and of the companions that it includes."""
    reader = _Reader(root.absolute(), encoding)
    return list(reader.text(text, file.relative_to(root).as_posix(), file.absolute(), 0))


def read_statements(text: str, name: str) -> list[Step]:
    """The statements of a script that has no companions."""
    return list(_Reader(None, "").text(text, name, None, 0))


def _at_work(file: Path) -> list[Path]:
    """The folder in which psql would have been started, where the file lies below it and that is no root of a disk."""
    here = Path.cwd()
    return [here] if file.is_relative_to(here) and here not in (Path.home(), Path(here.anchor)) else []


def _not_carried_out(command: Command, name: str) -> WorkloadError:
    hint = "take it out, or give the script that results"
    return WorkloadError(f"{name}:{command.line}: \\{command.name} is not carried out", hint=hint)


@dataclass
class _Reader:
    root: Path | None
    encoding: str
    variables: dict[str, str] = field(default_factory=dict)
    blocks: list[tuple[bool, bool]] = field(default_factory=list)
    """Of each \\if that is open: whether its branch counts now, and whether one has counted already."""

    def file(self, file: Path, depth: int) -> Iterator[Step]:
        inside = self.root and file.is_relative_to(self.root)
        name = file.relative_to(self.root).as_posix() if self.root and inside else file.name
        return self.text(read_text(file, self.encoding), name, file, depth)

    def text(self, text: str, name: str, file: Path | None, depth: int) -> Iterator[Step]:
        if "\0" in text:
            raise WorkloadError(f"{name}:{text.count(chr(10), 0, text.index(chr(0))) + 1}: a zero byte")
        open_before = len(self.blocks)
        for piece in pieces(text, name):
            if isinstance(piece, Command):
                if piece.name in ("q", "quit") and self._counts():
                    return
                yield from self._command(piece, name, file, depth)
            elif self._counts():
                statement, rows = (piece.statement, piece.text) if isinstance(piece, Rows) else (piece, None)
                yield Step(self._filled_in(statement.sql, name), statement.line, name, rows)
        if len(self.blocks) != open_before:
            raise WorkloadError(f"{name}: an \\if is never closed")

    def _counts(self) -> bool:
        return all(counts for counts, _ in self.blocks)

    def _command(self, command: Command, name: str, file: Path | None, depth: int) -> Iterator[Step]:
        place = f"{name}:{command.line}"
        if command.name in ("if", "elif", "else", "endif"):
            self._condition(command, place)
        elif not self._counts() or command.name in PASSED_OVER or command.name.startswith("d"):
            return
        elif command.statement and command.name in ("g", "gx", "gexec") and not command.argument:
            yield self._sent(command, command.statement, name)
        elif command.name.lower() == "copy" and (copied := self._copied(command, name, file)):
            yield copied
        elif command.name.lower() in PROGRAMS_AND_FILES or "`" in command.argument:
            raise WorkloadError(f"{place}: \\{command.name} is refused: it runs a program, or reaches a file")
        elif command.name in ("set", "unset"):
            self._set(command)
        elif command.name in ("c", "connect"):
            database = self._connected(command.argument.rstrip("; "))
            yield Step(f"\\connect {database}".rstrip(), command.line, name)
        elif command.name in INCLUDE:
            yield from self.file(self._companion(command, place, file), self._deeper(depth, place))
        else:
            raise _not_carried_out(command, name)

    def _sent(self, command: Command, statement: Statement, name: str) -> Step:
        """A statement that ends in ``\\g``; what ``\\gexec`` would run is known only of a constant."""
        sql = self._filled_in(statement.sql, name)
        if command.name == "gexec":
            creates = _CREATES.match(sql)
            if not creates:
                raise _not_carried_out(command, name)
            sql = creates["made"].strip()
        return Step(sql, statement.line, name)

    def _copied(self, command: Command, name: str, file: Path | None) -> Step | None:
        r"""The rows of a companion that ``\copy … FROM`` names, as those of COPY, or a word that it is not there."""
        found = _COPY.fullmatch(self._replaced(command.argument).rstrip("; "))
        if not found or file is None or self.root is None or "`" in command.argument:
            return None
        wanted = found["file"].strip("'").replace("''", "'")
        places = [(folder / wanted).resolve() for folder in (self.root, file.parent)]
        there = next((one for one in places if one.is_file() and one.is_relative_to(self.root.resolve())), None)
        if there is None:
            return Step(f"\\copy {wanted}", command.line, name)
        rows = read_text(there, self.encoding)
        rows += "" if rows.endswith("\n") or not rows else "\n"
        return Step(f"COPY {found['table']} FROM STDIN{found['options']}", command.line, name, rows)

    def _set(self, command: Command) -> None:
        name, *values = self._arguments(command.argument) or [""]
        if command.name == "unset":
            self.variables.pop(name, None)
        elif name:
            self.variables[name] = "".join(values)

    def _connected(self, argument: str) -> str:
        """The database alone: of host, port and user nothing counts."""
        given = " ".join(self._arguments(argument)[:1])
        named = re.search(r"\bdbname\s*=\s*'?([^'\s]+)|^postgres(?:ql)?://[^/]*/([^?\s]+)", given)
        return (named[1] or named[2]) if named else "" if given in ("-", "") or "=" in given else given

    def _companion(self, command: Command, place: str, file: Path | None) -> Path:
        wanted = "".join(self._arguments(command.argument.rstrip("; "))[:1])
        if file is None or self.root is None:
            raise WorkloadError(f"{place}: \\{command.name} {wanted}: there is no folder to look in")
        relative, roots = file.parent / wanted, [self.root, *_at_work(file)]
        at = [] if command.name in ("ir", "include_relative") else roots
        found = next((one for one in (*(folder / wanted for folder in at), relative) if one.is_file()), relative)
        reached = (root.resolve() for root in (*roots, file.resolve().parent))
        if not any(found.resolve().is_relative_to(root) for root in reached):
            raise WorkloadError(f"{place}: \\{command.name} {wanted} is refused: it leads out of {self.root.name}/")
        if not found.is_file():
            raise WorkloadError(f"{place}: there is no file {wanted}")
        return found

    def _deeper(self, depth: int, place: str) -> int:
        if depth == DEPTH:
            raise WorkloadError(f"{place}: files that include each other, {DEPTH} deep")
        return depth + 1

    def _condition(self, command: Command, place: str) -> None:
        if command.name == "if":
            holds = self._counts() and self._true(command.argument)
            self.blocks.append((holds, holds or not self._counts()))
        elif not self.blocks:
            raise WorkloadError(f"{place}: \\{command.name} without \\if")
        elif command.name == "endif":
            self.blocks.pop()
        else:
            _, done = self.blocks[-1]
            holds = not done and (command.name == "else" or self._true(command.argument))
            self.blocks[-1] = (holds, done or holds)

    def _true(self, argument: str) -> bool:
        return "".join(self._arguments(argument)).lower() in ("true", "t", "on", "1", "yes", "y")

    def _arguments(self, text: str) -> list[str]:
        """Each argument as psql takes it: quotes gone, variables filled in outside of single quotes."""
        return [
            one[1:-1].replace("''", "'") if one.startswith("'") else self._replaced(one).strip('"')
            for one in _ARGUMENT.findall(text)
        ]

    def _filled_in(self, sql: str, name: str) -> str:
        """``sql`` with its variables filled in, but not in strings, comments and quoted names."""
        if not self.variables or not any(f":{mark}" in sql for mark in ("'", '"', *self.variables)):
            return sql
        parts, position = [], 0
        for token in tokens(sql, name):
            quoted = token.kind in ("string", "ident") and sql[token.start - 1 : token.start] != ":"
            if token.kind == "comment" or quoted or token.kind == "cast":
                parts += [self._replaced(sql[position : token.start]), token.text]
                position = token.end
        return "".join([*parts, self._replaced(sql[position:])])

    def _replaced(self, text: str) -> str:
        return _VARIABLE.sub(self._value, text)

    def _value(self, match: re.Match[str]) -> str:
        if match["asked"]:
            return str(match["asked"] in self.variables).upper()
        name = match["literal"] or match["identifier"] or match["plain"]
        before = match.string[match.start() - 1 : match.start()]
        if name not in self.variables or before == ":":
            return match[0]
        value = self.variables[name]
        if match["literal"]:
            return "'" + value.replace("'", "''") + "'"
        return '"' + value.replace('"', '""') + '"' if match["identifier"] else value
