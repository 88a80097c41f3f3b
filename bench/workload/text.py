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
_PYTHON = {"sql_ascii": "latin-1", "mule_internal": "latin-1", "win": "cp1251", "koi8": "koi8-r"}
_LOOK_AT = 65_536
_GZIP = b"\x1f\x8b"


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
    said = _SAID.search(content[:_LOOK_AT])
    return _python_name(said[1].decode()) if said else "utf-8"


def _python_name(name: str) -> str:
    """What Python calls an encoding of PostgreSQL: WIN1252 is cp1252, LATIN1 latin1."""
    low = name.lower()
    return _PYTHON.get(low) or re.sub(r"^win(?=\d)", "cp", low)
