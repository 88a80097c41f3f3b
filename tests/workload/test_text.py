"""The encoding of somebody else's file."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from bench.errors import WorkloadError
from bench.workload.text import read_text


@pytest.mark.parametrize(
    "content",
    [
        "CREATE TABLE café ();".encode(),
        "CREATE TABLE café ();".encode("utf-8-sig"),
        "CREATE TABLE café ();".encode("utf-16"),
        gzip.compress("CREATE TABLE café ();".encode(), mtime=0),
    ],
)
def test_unicode_is_read_as_it_is_marked(tmp_path: Path, content: bytes):
    (tmp_path / "a.sql").write_bytes(content)
    assert read_text(tmp_path / "a.sql") == "CREATE TABLE café ();"


@pytest.mark.parametrize(
    ("said", "encoding"),
    [
        ("SET client_encoding = 'LATIN1';", "latin-1"),
        ("SET client_encoding TO WIN1252;", "cp1252"),
        ("\\encoding WIN1250", "cp1250"),
    ],
)
def test_a_declared_encoding_counts(tmp_path: Path, said: str, encoding: str):
    (tmp_path / "a.sql").write_bytes(f"{said}\nCREATE TABLE café ();".encode(encoding))
    assert read_text(tmp_path / "a.sql").endswith("café ();")


def test_what_is_no_text_is_named_with_its_line_and_can_be_told(tmp_path: Path):
    (tmp_path / "a.sql").write_bytes(b"SELECT 1;\nCREATE TABLE caf\xe9 ();")
    with pytest.raises(WorkloadError, match=r"a\.sql:2: not UTF-8 text \(byte 26\)"):
        read_text(tmp_path / "a.sql")
    assert read_text(tmp_path / "a.sql", "latin-1").endswith("café ();")
    (tmp_path / "b.sql").write_bytes(gzip.compress(b"SELECT 1;")[:-9])
    with pytest.raises(WorkloadError, match=r"b\.sql: "):
        read_text(tmp_path / "b.sql")
    with pytest.raises(WorkloadError, match="no such encoding: klingon"):
        read_text(tmp_path / "a.sql", "klingon")
