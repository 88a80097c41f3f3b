"""settings.conf is read once and says why."""

from __future__ import annotations

from importlib.resources import files

from bench.postgres.servers.settings import as_config, small_machine_note, start_settings
from bench.settings import Setting, parse

GB = 1024**3


def test_parse_reads_parts_values_and_quotes():
    """A part begins with its comment; quotes go, the spaces inside them stay; the comment is the reason."""
    text = "# part: server ---\na = 1GB   # why\nb = '%m '  # why\n\n# part: session\nc = 'x, y' # why\n"
    assert parse(text) == {
        "server": (Setting("a", "1GB", "why"), Setting("b", "%m ", "why")),
        "session": (Setting("c", "x, y", "why"),),
    }


def test_every_setting_has_its_reason():
    """A line without a reason is a guess."""
    lines = files("bench").joinpath("settings.conf").read_text().splitlines()
    settings = [line for line in lines if "=" in line.partition("#")[0]]
    assert settings
    assert all(len(line.partition("#")[2].strip()) > 5 for line in settings)


def test_small_machine_gets_smaller_buffers_and_is_told():
    """Below 4 GB the buffers shrink, and the reader learns that numbers do not compare."""
    assert start_settings(2 * GB)["shared_buffers"] == "256MB"
    assert "256MB instead of 1GB" in small_machine_note(2 * GB)


def test_other_machines_have_the_same_buffers():
    """From 4 GB on the machine's size changes nothing."""
    assert start_settings(4 * GB) == start_settings(64 * GB)
    assert small_machine_note(4 * GB) == ""


def test_config_file_doubles_quotes():
    """A folder with a quote in its name stays one value."""
    assert as_config({"a": "o'clock"}) == "a = 'o''clock'\n"
