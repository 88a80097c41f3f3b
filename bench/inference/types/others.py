"""Types that Arrow lacks, in PostgreSQL's text form: identifiers, networks, bits, shapes, documents, extensions'."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.plan import Limits
from bench.inference.types.space import CannotMake, Numbers, Space, below, chosen, digits, hashed, product, scrambled
from bench.inference.types.texts import fixed_texts, text_space
from bench.model.schema import DataType

_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_PAIRS = np.frombuffer(bytes(range(256)).hex().encode(), np.uint8).reshape(256, 2)
"""The two digits of each octet."""
_FOURS = np.concatenate([np.repeat(_PAIRS, 256, axis=0), np.tile(_PAIRS, (256, 1))], axis=1).view(np.uint32).reshape(-1)
"""The four digits of each number of 16 bits, as one number."""
_WORDS = [
    "amber", "basil", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet", "jetty", "kiosk", "ledge", "maple",
    "north", "ocean", "pearl", "quartz", "river", "stone", "tower", "umbra", "valley", "willow", "xenon", "yarrow",
    "zephyr",
]  # fmt: skip
_USUAL = 2**20
"""Documents that are met; numbers in them are no larger."""
OBJECTS = {
    "regclass": {"pg_class": 1259, "pg_type": 1247, "pg_attribute": 1249, "pg_proc": 1255},
    "regtype": {"integer": 23, "text": 25, "boolean": 16, "bigint": 20},
    "regproc": {"now": 1299, "version": 89, "pg_backend_pid": 2026},
    "regprocedure": {"now()": 1299, "upper(text)": 871},
    "regoper": {"||/": 597, "|/": 596},
    "regoperator": {"=(integer,integer)": 96, "<(integer,integer)": 97},
    "regnamespace": {"pg_catalog": 11},
    "regrole": {"pg_monitor": 3373, "pg_read_all_data": 6181},
    "regconfig": {"simple": 3748},
    "regdictionary": {"simple": 3765},
    "regcollation": {'"C"': 950, '"POSIX"': 951},
}  # fmt: skip
"""What every server has, by the name that a database with PostgreSQL's own search path prints, and its OID."""


def texts(*parts: pa.Array | str) -> pa.Array:
    """Columns and constants put together to one text for each row."""
    return pc.binary_join_element_wise(*parts, "")


def numbered(numbers: Numbers) -> pa.Array:
    """Whole numbers as text."""
    return pa.array(numbers, pa.int64()).cast(pa.string())


def hexadecimal(words: np.ndarray, width: int) -> np.ndarray:
    """The last ``width`` hexadecimal digits of each 64-bit word, as a matrix of characters."""
    quarters = words.astype(">u8").view(">u2").astype(np.uint16).reshape(len(words), 4)
    return np.take(_FOURS, quarters).view(np.uint8)[:, 16 - width :]


def uuid_space(_: DataType, limits: Limits, key: int) -> Space:
    """Random ones (version 4), of which 60 bits tell them apart."""

    def at(indexes: Numbers) -> pa.Array:
        counted, rest = scrambled(indexes, key, 2**60).view(np.uint64), hashed(indexes, key)
        out = np.full((len(indexes), 36), ord("-"), np.uint8)
        front = hexadecimal(counted, 15)
        out[:, 0:8], out[:, 9:13], out[:, 15:18] = front[:, :8], front[:, 8:12], front[:, 12:]
        back = hexadecimal(rest, 16)
        out[:, 14], out[:, 19] = ord("4"), _HEX[8 + (rest & np.uint64(3)).astype(np.uint8)]
        out[:, 20:23], out[:, 24:36] = back[:, 1:4], back[:, 4:]
        return fixed_texts(out)

    return Space(2**60, at)


def inet_space(kind: DataType, limits: Limits, key: int) -> Space:
    """Addresses of 10.0.0.0/8, or between two; networks of 256 addresses for cidr."""
    low, high = "10.0.0.0", "10.255.255.255"
    if limits.low or limits.high:
        low, high = limits.low or "1.0.0.0", limits.high or "223.255.255.255"
    try:
        ends = [int(ipaddress.IPv4Address(text.partition("/")[0])) for text in (low, high)]
    except ValueError as error:
        raise CannotMake(f"bound {error}") from None
    ends = [ends[0] + limits.low_open, ends[1] - limits.high_open]
    unit = 256 if kind.name == "cidr" else 1
    first, size = ends[0] // unit, max((ends[1] - ends[0]) // unit + 1, 1)
    if kind.name == "cidr" and not (limits.low or limits.high):
        first, size = 2**16, 2**23

    def at(indexes: Numbers) -> pa.Array:
        address = (first + scrambled(indexes, key, size)) * unit
        parts = [numbered(address >> shift & 255) for shift in (24, 16, 8, 0)]
        joined = pc.binary_join_element_wise(*parts, ".")
        return texts(joined, "/24") if kind.name == "cidr" else joined

    return Space(size, at, size)


def macaddr_space(kind: DataType, limits: Limits, key: int) -> Space:
    """Locally administered ones."""
    octets = 8 if kind.name == "macaddr8" else 6

    def at(indexes: Numbers) -> pa.Array:
        out = np.full((len(indexes), octets * 3 - 1), ord(":"), np.uint8)
        made = hexadecimal(scrambled(indexes, key, 2**40), 10)
        made = np.concatenate(
            [np.tile(np.frombuffer(b"020000"[: 2 * octets - 10], np.uint8), (len(indexes), 1)), made], axis=1
        )
        for octet in range(octets):
            out[:, octet * 3 : octet * 3 + 2] = made[:, octet * 2 : octet * 2 + 2]
        return fixed_texts(out)

    return Space(2**40, at)


def bit_space(kind: DataType, limits: Limits, key: int) -> Space:
    """bit(n) and bit varying."""
    length = kind.length or (1 if kind.name == "bit" else 16)
    if kind.name == "varbit":
        length = max(limits.shortest or 0, min(length, limits.longest if limits.longest is not None else length))
    counted = min(length, 60)

    def at(indexes: Numbers) -> pa.Array:
        words = scrambled(indexes, key, 2**counted) if counted > 1 else indexes
        out = np.empty((len(indexes), length), np.uint8)
        for place in range(length):
            out[:, place] = 48 + (words >> (place % counted) & 1)
        return fixed_texts(out)

    return Space(2**counted, at, 2**counted)


def _coordinates(indexes: Numbers, key: int, count: int) -> list[pa.Array]:
    """So many numbers from 0 to 1000 for each row, the first of which tell rows apart."""
    first = digits(scrambled(indexes, key, 10**10), [10**5, 10**5])
    more = [below(indexes, key + place, 10**5) for place in range(2, count)]
    return [(pa.array(one / 100.0)).cast(pa.string()) for one in (first + more)[:count]]


_SHAPES = {
    "point": "(%,%)", "line": "{%,%,1}", "lseg": "[(%,%),(%,%)]", "path": "((%,%),(%,%),(%,%))",
    "polygon": "((%,%),(%,%),(%,%))", "circle": "<(%,%),%>", "cube": "(%, %, %)", "seg": "",
}  # fmt: skip


def shape_space(kind: DataType, limits: Limits, key: int) -> Space:
    """PostgreSQL's geometric types, cube and seg."""

    def at(indexes: Numbers) -> pa.Array:
        if kind.name == "box":  # the upper right corner comes first
            low, width = digits(scrambled(indexes, key, 10**10), [10**5, 10**5])
            ends = [pa.array(one / 100.0).cast(pa.string()) for one in (low + width + 1, low + width + 1, low, width)]
            return texts("(", ends[0], ",", ends[1], "),(", ends[2], ",", ends[3], ")")
        if kind.name == "seg":
            return pa.array(scrambled(indexes, key, 10**4) / 100.0 + 1).cast(pa.string())
        pieces = _SHAPES[kind.name].split("%")
        numbers = iter(_coordinates(indexes, key, max(len(pieces) - 1, 2)))
        parts: list[pa.Array | str] = [pieces[0]]
        for piece in pieces[1:]:
            parts += [next(numbers), piece]
        if kind.name == "line":
            parts[1] = texts("1", parts[1])  # A and B may not both be zero
        return texts(*parts)

    return Space(10**10 if kind.name != "seg" else 10**4, at)


def words(indexes: Numbers, key: int, count: int) -> list[pa.Array]:
    """So many words for each row; they tell rows apart as far as 26 to the ``count`` goes."""
    vocabulary = pa.array(_WORDS, pa.string())
    mixed = scrambled(indexes % product([len(_WORDS)] * count), key, product([len(_WORDS)] * count))
    return [vocabulary.take(pa.array(one)) for one in digits(mixed, [len(_WORDS)] * count)]


def json_space(kind: DataType, limits: Limits, key: int) -> Space:
    """json and jsonb: a document of the type and with the keys asked for."""
    if limits.json_type == "boolean":
        return chosen(pa.array(["true", "false"]))
    if limits.json_type == "null":
        return chosen(pa.array(["null"]))
    count = (
        max(limits.shortest or 0, 2) if limits.longest is None else max(limits.shortest or 0, min(2, limits.longest))
    )

    def at(indexes: Numbers) -> pa.Array:
        number = numbered(indexes)
        match limits.json_type:
            case "number":
                return number
            case "string":
                return texts('"', number, '"')
            case "array":
                if count == 0:
                    return pa.array(["[]"] * len(indexes), pa.string())
                more = [texts('"', word, '"') for word in words(indexes, key, count - 1)] if count > 1 else []
                return texts("[", pc.binary_join_element_wise(number, *more, ", "), "]")
        name, group = words(indexes, key, 2)
        keys = [texts(f', "{_escaped(one)}": "', name, '"') for one in limits.json_keys]
        return texts('{"name": "', name, '", "group": "', group, '", "number": ', number, *keys, "}")

    return Space(2**60 if limits.json_type != "array" or count else 1, at, _USUAL)


def _escaped(key: str) -> str:
    return key.replace("\\", "\\\\").replace('"', '\\"')


def xml_space(kind: DataType, limits: Limits, key: int) -> Space:
    """An element with two in it."""
    return Space(2**60, lambda indexes: texts("<item><number>", numbered(indexes), "</number></item>"), _USUAL)


def tsvector_space(kind: DataType, limits: Limits, key: int) -> Space:
    """Three words and a number, in the order that PostgreSQL prints."""

    def at(indexes: Numbers) -> pa.Array:
        parts = [word.to_pylist() for word in words(indexes, key, 3)]
        made = []
        for number, *found in zip(indexes.tolist(), *parts, strict=True):
            places: dict[str, list[int]] = {}
            for place, word in enumerate(found, 1):
                places.setdefault(word, []).append(place)
            lexemes = [
                f"'{number}':4",
                *(f"'{word}':{','.join(map(str, places[word]))}" for word in sorted(places, key=lambda w: (len(w), w))),
            ]
            made.append(" ".join(sorted(lexemes, key=lambda one: one.split("'")[1])))
        return pa.array(made, pa.string())

    return Space(2**60, at, _USUAL)


def tsquery_space(kind: DataType, limits: Limits, key: int) -> Space:
    """Two words, both of which have to be there."""

    def at(indexes: Numbers) -> pa.Array:
        one, other = words(indexes, key, 2)
        return texts("'", one, "' & '", other, "'")

    return Space(len(_WORDS) ** 2, at)


def hstore_space(kind: DataType, limits: Limits, key: int) -> Space:
    """Two keys."""

    def at(indexes: Numbers) -> pa.Array:
        (word,) = words(indexes, key, 1)
        return texts('"name"=>"', word, '", "number"=>"', numbered(indexes), '"')

    return Space(2**60, at, _USUAL)


def ltree_space(kind: DataType, limits: Limits, key: int) -> Space:
    """Two words and a number: ``amber.river.17``."""

    def at(indexes: Numbers) -> pa.Array:
        end = "*" if kind.name == "lquery" else numbered(indexes)
        joiner = " & " if kind.name == "ltxtquery" else "."
        return pc.binary_join_element_wise(*words(indexes, key, 2), end, joiner)

    return Space(len(_WORDS) ** 2 if kind.name == "lquery" else 2**60, at, _USUAL)


_PREFIXES = {
    "ean13": "4", "upc": "0", "isbn": "978", "isbn13": "978", "issn": "977", "issn13": "977", "ismn": "9790",
    "ismn13": "9790",
}  # fmt: skip


def isn_space(kind: DataType, limits: Limits, key: int) -> Space:
    """Product numbers of 13 digits, the last of which checks the others."""
    prefix = _PREFIXES[kind.name]
    width = 7 if kind.name.startswith("issn") else 12 - len(prefix)
    capacity = 10**width

    def at(indexes: Numbers) -> pa.Array:
        body = digits(scrambled(indexes, key, capacity), [10] * width)
        columns = [np.full(len(indexes), int(char), np.int64) for char in prefix] + body
        columns += [np.zeros(len(indexes), np.int64)] * (12 - len(columns))
        check = -sum(column * (3 if place % 2 else 1) for place, column in enumerate(columns)) % 10
        return fixed_texts((np.stack([*columns, check], axis=1) + 48).astype(np.uint8))

    return Space(capacity, at)


def vector_space(kind: DataType, limits: Limits, key: int) -> Space:
    """pgvector's types: numbers from -1 to 1, three of them where the type has no dimension."""
    dimensions = kind.length if kind.length and kind.length > 0 else 3

    def at(indexes: Numbers) -> pa.Array:
        first = scrambled(indexes, key, 10**6)
        columns = [first, *(below(indexes, key + place, 1000) for place in range(1, dimensions))]
        matrix = np.stack(columns, axis=1)
        made = pa.array(np.where(np.arange(dimensions) == 0, matrix / 1e6, np.round(matrix / 500 - 1, 3)).ravel()).cast(
            pa.string()
        )
        offsets = pa.array(np.arange(0, len(indexes) * dimensions + 1, dimensions, dtype=np.int32))
        if kind.name == "sparsevec":
            return texts("{1:0.5,2:", pa.array((first + 100_000) / 1e6).cast(pa.string()), f"}}/{dimensions}")
        return texts("[", pc.binary_join(pa.ListArray.from_arrays(offsets, made), ","), "]")

    return Space(10**6 if kind.name != "halfvec" else 1000, at)


def lsn_space(kind: DataType, limits: Limits, key: int) -> Space:
    """Places in the log, ascending."""

    def at(indexes: Numbers) -> pa.Array:
        high, low = np.divmod(0x16_0000_0000 + indexes * 56, 2**32)
        return pa.array(
            [f"{one:X}/{other:X}" for one, other in zip(high.tolist(), low.tolist(), strict=True)], pa.string()
        )

    return Space(2**50, at, _USUAL)


def _numbered_form(before: str, after: str) -> Callable[[DataType, Limits, int], Space]:
    def space(kind: DataType, limits: Limits, key: int) -> Space:
        capacity = 2**15 - 1 if kind.name == "int2vector" else 2**30
        return Space(capacity, lambda indexes: texts(before, numbered(indexes + 1), after), _USUAL)

    return space


def _snapshot(kind: DataType, limits: Limits, key: int) -> Space:
    def at(indexes: Numbers) -> pa.Array:
        return texts(numbered(indexes + 1), ":", numbered(indexes + 3), ":", numbered(indexes + 2))

    return Space(2**40, at, _USUAL)


def _object_space(kind: DataType, limits: Limits, key: int) -> Space:
    return chosen(pa.array(list(OBJECTS[kind.name]), pa.string()))


def postgis_space(kind: DataType, limits: Limits, key: int) -> Space:
    """geometry and geography: the form of the type's modifier, points where there is none."""
    inside = kind.text.partition("(")[2].rstrip(")")
    form, _, srid = inside.partition(",")
    form = form.strip().lower().removesuffix("zm").removesuffix("z").removesuffix("m") or "point"
    patterns = {
        "point": "POINT(%)", "linestring": "LINESTRING(%,%)", "polygon": "POLYGON((%,%+,%++,%))",
        "multipoint": "MULTIPOINT((%))", "multilinestring": "MULTILINESTRING((%,%))",
        "multipolygon": "MULTIPOLYGON(((%,%+,%++,%)))", "geometry": "POINT(%)",
        "geometrycollection": "GEOMETRYCOLLECTION(POINT(%))",
    }  # fmt: skip
    flat = form if form in patterns else "point"
    has_z = inside.partition(",")[0].strip().lower().endswith("z")
    prefix = f"SRID={srid.strip()};" if srid.strip() else ""

    def at(indexes: Numbers) -> pa.Array:
        x, y = digits(scrambled(indexes, key, 10**10), [10**5, 10**5])
        x_, y_ = x / 1000.0 - 50, y / 1000.0 - 50
        corners = {"%++": (0.01, 0.01), "%+": (0.01, 0.0), "%": (0.0, 0.0)}
        parts: list[pa.Array | str] = []
        rest = patterns[flat].replace("LINESTRING(%,%)", "LINESTRING(%,%+)").replace("((%,%))", "((%,%+))")
        while "%" in rest:
            before, _, rest = rest.partition("%")
            mark = "%" + "+" * (len(rest) - len(rest.lstrip("+")))
            rest = rest.lstrip("+")
            dx, dy = corners[mark]
            height = " 0" if has_z else ""
            parts += [
                before,
                pa.array(np.round(x_ + dx, 4)).cast(pa.string()),
                " ",
                pa.array(np.round(y_ + dy, 4)).cast(pa.string()),
                height,
            ]
        made = texts(prefix, *parts, rest)
        return pc.replace_substring(made, "(", " Z (", max_replacements=1) if has_z else made

    return Space(10**10, at)


def character_space(kind: DataType, limits: Limits, key: int) -> Space:
    """Types whose values are texts of a form."""
    return text_space(kind, limits, key)


Maker = Callable[[DataType, Limits, int], Space]

MAKERS: Mapping[str, Maker] = {
    "uuid": uuid_space, "inet": inet_space, "cidr": inet_space, "macaddr": macaddr_space, "macaddr8": macaddr_space,
    "bit": bit_space, "varbit": bit_space, "box": shape_space, **dict.fromkeys(_SHAPES, shape_space),
    "json": json_space, "jsonb": json_space, "xml": xml_space, "tsvector": tsvector_space, "tsquery": tsquery_space,
    "hstore": hstore_space, "ltree": ltree_space, "lquery": ltree_space, "ltxtquery": ltree_space,
    **dict.fromkeys(_PREFIXES, isn_space), "vector": vector_space, "halfvec": vector_space, "sparsevec": vector_space,
    "pg_lsn": lsn_space, "pg_snapshot": _snapshot, "txid_snapshot": _snapshot, "tid": _numbered_form("(", ",1)"),
    "jsonpath": _numbered_form('$."a', '"'), "int2vector": _numbered_form("1 ", ""),
    "oidvector": _numbered_form("1 ", ""),
    "aclitem": lambda kind, limits, key: chosen(pa.array(["pg_monitor=r/pg_monitor", "=r/pg_monitor"])),
    **dict.fromkeys(OBJECTS, _object_space),
    **dict.fromkeys(("geometry", "geography"), postgis_space),
    **dict.fromkeys(("text", "varchar", "bpchar", "citext", "name", "char", "refcursor"), character_space),
}  # fmt: skip
"""How values of a type are made, by its name."""
