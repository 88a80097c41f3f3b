"""Arrow record batches to the bytes of ``COPY … FROM STDIN``: binary ones, or CSV where a type has no binary form.

The binary form of an enum value is its label, so enum columns travel as text. jsonb has a form of its own (a version
byte before the text) and is asked for by field metadata, since Arrow has no such type.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pgpq
import pgpq.schema
import pyarrow as pa
import pyarrow.csv as csv
from pgpq import encoders
from psycopg import sql

if TYPE_CHECKING:
    from pgpq._pgpq import EncoderBuilder


class Encoder:
    """Encodes the batches of one COPY: ``header()`` once, ``rows()`` for each batch, ``trailer()`` once.

    >>> encoder = Encoder(pa.schema([pa.field("id", pa.int64())]))
    >>> len(encoder.header())
    19
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._encoder = pgpq.ArrowToPostgresBinaryEncoder.new_with_encoders(
            schema, {field.name: _encoder_of(field) for field in schema}
        )

    def header(self) -> bytes:
        """The signature, flags and empty extension: 19 bytes."""
        return bytes(self._encoder.write_header())

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """The tuples of ``batch``, whose schema must be the encoder's."""
        # No bytes() around it: a batch is up to 30 MB and must not be copied once more.
        encoded: bytes = self._encoder.write_batch(batch)
        return encoded

    def trailer(self) -> bytes:
        """The end-of-data mark: 2 bytes."""
        return bytes(self._encoder.finish())


class TextEncoder:
    """The same for ``FORMAT csv``: every column is text in the server's own form, and NULL what stands in no quotes."""

    def header(self) -> bytes:
        """Nothing."""
        return b""

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """The lines of ``batch``."""
        sink = io.BytesIO()
        csv.write_csv(batch, sink, csv.WriteOptions(include_header=False, quoting_style="all_valid"))
        return sink.getvalue()

    def trailer(self) -> bytes:
        """Nothing."""
        return b""


def encoder_of(schema: pa.Schema, *, text: bool) -> Encoder | TextEncoder:
    """What encodes batches of ``schema``."""
    return TextEncoder() if text else Encoder(schema)


def copy_statement(table: Sequence[str], columns: Sequence[str], *options: str, text: bool) -> sql.Composed:
    """COPY into ``columns`` of ``table``, whose parts are schema and name."""
    words = ", ".join(("FORMAT csv" if text else "FORMAT binary", *options))
    names = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
    return sql.SQL("COPY {} ({}) FROM STDIN WITH ({})").format(sql.Identifier(*table), names, sql.SQL(words))


def _encoder_of(field: pa.Field[Any]) -> EncoderBuilder:
    """The encoder of one column; jsonb where the field's metadata says ``pg: jsonb``."""
    if (field.metadata or {}).get(b"pg") == b"jsonb":
        return encoders.StringEncoderBuilder.new_with_output(field, pgpq.schema.Jsonb())
    return pgpq.ArrowToPostgresBinaryEncoder.infer_encoder(field)
