"""The text of a file that somebody else wrote: its encoding, by what it says of itself."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from pathlib import Path

from bench.errors import WorkloadError

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SAID = re.compile(rb"""(?:SET\s+client_encoding\s*(?:=|TO)\s*|\\encoding\s+)['"]?([\w-]+)""", re.IGNORECASE)
_PYTHON = {"unicode": "utf-8", "sql_ascii": "latin-1", "mule_internal": "latin-1", "win": "cp1251", "koi8": "koi8-r"}
_LOOK_AT = 65_536
_GZIP = b"\x1f\x8b"
_NO_TEXT = {
    b"PK\x03\x04": "a zip file", b"BZh": "a bzip2 file", b"\xfd7zXZ": "an xz file", b"\x28\xb5\x2f\xfd": "a zstd file",
    b"7z\xbc\xaf": "a 7z file", b"SQLite format 3\0": "a database of SQLite",
    b"PGDMP": "an archive of pg_dump within gzip", b"\x7fELF": "a program", b"\x89PNG": "a picture", b"%PDF": "a PDF",
}  # fmt: skip
"""First bytes of what people give by mistake, or packed."""


def read_text(file: Path, encoding: str = "") -> str:
    """The text of ``file``: as ``encoding``, else as its byte-order mark or ``SET client_encoding`` says, else UTF-8.

    Raises:
        WorkloadError: it cannot be read, is no text in that encoding, or the encoding is not known.
    """
    try:
        content = file.read_bytes()
        if content.startswith(_GZIP):
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise WorkloadError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    if not encoding and (kind := next((one for mark, one in _NO_TEXT.items() if content.startswith(mark)), "")):
        raise WorkloadError(f"{file.name} is {kind}, and no SQL", hint="give the SQL that is in it")
    name = encoding or _declared(content)
    try:
        return content.decode(name).replace("\r\n", "\n")
    except LookupError:
        raise WorkloadError(f"{file.name}: no such encoding: {name}", hint="--encoding latin-1, cp1252, ...") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        hint = "say what it is: --encoding latin-1, cp1252, ..."
        raise WorkloadError(f"{file.name}:{line}: not {name.upper()} text (byte {error.start})", hint=hint) from None


def _declared(content: bytes) -> str:
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name
    if content[1:2] == b"\0" and content[3:4] == b"\0":
        return "utf-16-le"
    said = _SAID.search(content[:_LOOK_AT])
    return _python_name(said[1].decode()) if said else "utf-8"


def _python_name(name: str) -> str:
    """What Python calls an encoding of PostgreSQL: WIN1252 is cp1252, LATIN1 latin1."""
    low = name.lower()
    return _PYTHON.get(low) or re.sub(r"^win(?=\d)", "cp", low)
