"""Arrow columns in PostgreSQL's text form, and that form quoted inside of others and for COPY."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.model.schema import DataType

_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


def text_form(kind: DataType, array: pa.Array) -> pa.Array:
    """The values as the server reads and (but for zones, blanks and digits) prints them; NULL stays NULL."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_boolean(array.type):
        return pc.if_else(array, "t", "f")
    if pa.types.is_binary(array.type) or pa.types.is_fixed_size_binary(array.type):
        return _hexadecimal(array.cast(pa.binary()))
    if pa.types.is_duration(array.type):
        micros = array.cast(pa.duration("us")).cast(pa.int64())
        return pc.binary_join_element_wise(micros.cast(pa.string()), "microseconds", " ")
    if pa.types.is_timestamp(array.type):
        return _stamps(array)
    if pa.types.is_time(array.type):
        return _whole_seconds(array.cast(pa.string()))
    return array.cast(pa.string())


def _stamps(array: pa.Array) -> pa.Array:
    text = _whole_seconds(pc.cast(pc.cast(array, pa.int64()), pa.timestamp("us")).cast(pa.string()))
    return pc.binary_join_element_wise(text, "+00", "") if array.type.tz else text


def _whole_seconds(text: pa.Array) -> pa.Array:
    """Without the digits behind the second where all of them are zero."""
    return pc.replace_substring_regex(text, r"(\.[0-9]*[1-9])0+$|\.0+$", r"\1")


def _hexadecimal(array: pa.Array) -> pa.Array:
    """``\\x`` and two digits for each byte."""
    data = np.frombuffer(array.buffers()[2] or b"", np.uint8)
    offsets = np.frombuffer(array.buffers()[1], np.int32)[array.offset : array.offset + len(array) + 1]
    data = data[offsets[0] : offsets[-1]]
    pairs = np.empty((len(data), 2), np.uint8)
    pairs[:, 0], pairs[:, 1] = _HEX[data >> 4], _HEX[data & 15]
    ends = pa.py_buffer(((offsets - offsets[0]) * 2).astype(np.int32))
    texts = pa.Array.from_buffers(pa.string(), len(array), [None, ends, pa.py_buffer(pairs)])
    made = pc.binary_join_element_wise("\\x", texts, "")
    return pc.if_else(array.is_valid(), made, pa.scalar(None, pa.string())) if array.null_count else made


def _quoted(texts: pa.Array, special: str, *, doubled: bool) -> pa.Array:
    """In double quotes where a character of ``special`` is in it, or nothing."""
    needs = pc.or_(pc.match_substring_regex(texts, special), pc.equal(texts, ""))
    if not pc.any(needs, min_count=0).as_py():
        return texts
    quote = '""' if doubled else '\\"'
    inside = pc.replace_substring(pc.replace_substring(texts, "\\", "\\\\"), '"', quote)
    return pc.if_else(needs, pc.binary_join_element_wise('"', inside, '"', ""), texts)


def in_array(texts: pa.Array, joiner: str = ",") -> pa.Array:
    """As elements of an array literal; NULL as the word."""
    return pc.fill_null(_quoted(texts, rf'[{{}}{joiner}"\\\s]|^(?i:null)$', doubled=False), "NULL")


def in_composite(texts: pa.Array) -> pa.Array:
    """As fields of a row; NULL as nothing."""
    return pc.fill_null(_quoted(texts, r'[(),"\\\s]', doubled=True), "")


def in_range(texts: pa.Array) -> pa.Array:
    """As bounds of a range; NULL as nothing, which is no bound."""
    return pc.fill_null(_quoted(texts, r'[\[\](),"\\\s]', doubled=True), "")


def copy_rows(columns: list[pa.Array]) -> bytes:
    """Columns of text as the rows of COPY's text format."""
    fields = [pc.fill_null(_escaped(column), "\\N") for column in columns]
    if not fields:
        return b""
    lines = pc.binary_join_element_wise(pc.binary_join_element_wise(*fields, "\t"), "\n", "")
    return _data(lines)


def _escaped(texts: pa.Array) -> pa.Array:
    for char, word in (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        texts = pc.replace_substring(texts, char, word)
    return texts


def _data(texts: pa.Array) -> bytes:
    """All texts, one behind the other."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return texts.buffers()[2].to_pybytes()[offsets[0] : offsets[-1]] if len(texts) else b""
