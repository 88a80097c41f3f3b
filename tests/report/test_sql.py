"""Statements on a page: what is copied runs."""

from __future__ import annotations

from bench.model import Binding, Parameter
from bench.report.html.sql import filled

NAME = (Parameter(name="name", type="text", source="class"),)


def test_values_become_typed_literals_whatever_is_in_them():
    made = filled("SELECT :name", NAME, Binding({"name": "o'h\\a"}))
    assert made == "SELECT E'o''h\\\\a'::text;"
    assert filled("SELECT :name;", NAME, Binding({"name": None})) == "SELECT NULL::text;"


def test_a_comment_at_the_end_does_not_swallow_the_semicolon():
    assert filled("SELECT 1 -- one", (), Binding({})) == "SELECT 1 -- one\n;"
