"""Pictures of pages as snapshots: stored with few colours, compared pixel by pixel."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops
from syrupy.data import SnapshotCollection

from tests.golden.snapshots import Files

COLOURS = 256
"""Of a stored picture: pages are text on few grounds, and a byte for a pixel packs to a third."""
TOLERANCE = 32
"""Of 255, in the channel that differs most. Fewer colours come to 16, the rest is for smoothed edges."""
PIXELS_MOST = 40
"""That may differ more: less than one digit."""
RED = (220, 0, 0)


class Pictures(Files):
    """PNGs, each under the name that the test gives, the same where hardly a pixel differs."""

    def matches(self, *, serialized_data: Any, snapshot_data: Any) -> bool:
        former, now = read(snapshot_data), read(serialized_data)
        return former.size == now.size and count(different(former, now)) <= PIXELS_MOST

    @classmethod
    def write_snapshot_collection(cls, *, snapshot_collection: SnapshotCollection, **how: Any) -> None:
        (snapshot,) = snapshot_collection
        assert isinstance(snapshot.data, bytes)
        Path(snapshot_collection.location).write_bytes(reduced(snapshot.data))

    def diff_lines(self, serialized_data: Any, snapshot_data: Any) -> Iterator[str]:
        folder = Path(tempfile.mkdtemp(prefix="pgproof-picture-"))
        (folder / "now.png").write_bytes(serialized_data)
        if snapshot_data:
            (folder / "accepted.png").write_bytes(snapshot_data)
            former, now = read(snapshot_data), read(serialized_data)
            drawn(former, now).save(folder / "difference.png")
            yield said(former, now)
        yield f"pictures: {folder}"


def read(png: bytes) -> Image.Image:
    """The picture, in all colours."""
    return Image.open(BytesIO(png)).convert("RGB")


def reduced(png: bytes) -> bytes:
    """The same picture with ``COLOURS`` colours, packed as small as it gets."""
    content = BytesIO()
    few = read(png).quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(content, "PNG", optimize=True)
    return content.getvalue()


def different(former: Image.Image, now: Image.Image) -> Image.Image:
    """White where the pictures differ by more than ``TOLERANCE``, black elsewhere; as large as what overlaps."""
    red, green, blue = ImageChops.difference(former, now).split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue).point(lambda value: 255 * (value > TOLERANCE))


def count(mask: Image.Image) -> int:
    """How many pixels are white."""
    return mask.histogram()[255]


def said(former: Image.Image, now: Image.Image) -> str:
    """How far two pictures differ, in words."""
    mask = different(former, now)
    number, box = count(mask), mask.getbbox()
    where = f", between the lines {box[1]} and {box[3]}" if box else ""
    sizes = [f"{picture.width} × {picture.height}" for picture in (former, now)]
    resized = f"; {sizes[0]} pixels were accepted, now it is {sizes[1]}" if sizes[0] != sizes[1] else ""
    return f"{number:,} of {mask.width * mask.height:,} pixels differ{where}{resized}"


def drawn(former: Image.Image, now: Image.Image) -> Image.Image:
    """What is there now, paled, with all that differs in red."""
    picture = Image.blend(now, Image.new("RGB", now.size, "white"), 2 / 3)
    picture.paste(RED, (0, 0), different(former, now))
    return picture
