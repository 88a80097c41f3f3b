"""The file of rules: enough of them, each with a word that it asks for, and names taken apart into words."""

from __future__ import annotations

import pytest

from bench.inference.kinds.names import singular, words_of
from bench.inference.kinds.rules import kinds, pattern_of, rules, words_in


def test_there_are_at_least_250_rules():
    assert len(rules()) >= 250


def test_no_rule_but_those_for_any_name_takes_a_name_that_nobody_uses():
    assert [rule.name for rule in rules() if rule.telling and pattern_of(rule.name).fullmatch("quux ")] == []


def test_all_shares_are_above_nothing():
    choices = [kind for kind in kinds().values() if kind.make == "choice"]
    assert all(share > 0 for kind in choices for share in kind.options["values"].values())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("billing_addressLine2", "billing address line 2"),
        ("HTTPStatus", "http status"),
        ("firstname", "first name"),
        ("createdAt", "created at"),
        ("QTY", "quantity"),
        ("__v", "v"),
        ("zip_code", "postal code"),
        ("fecha_de_inicio", "start date"),
        ("data_criacao", "created date"),
        ("tanggal_lahir", "birth date"),
        ("montant_paye", "paid amount"),
        ("cliente_nombre", "customer name"),
        ("tamano_bytes", "size bytes"),
    ],
)
def test_a_name_is_split_into_words(name, words):
    assert words_in(name) == tuple(words.split())


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("categories", "category"), ("addresses", "address"), ("boxes", "box"), ("people", "person"),
        ("statuses", "status"), ("analyses", "analysis"), ("heroes", "hero"), ("shelves", "shelf"), ("houses", "house"),
        ("status", "status"), ("address", "address"), ("news", "news"), ("bus", "bus"), ("invoices", "invoice"),
    ],
)  # fmt: skip
def test_singulars_of_english(plural, one):
    assert singular(plural) == one


def test_letters_that_are_not_ascii_stay_words():
    assert words_of("größe_cm") == ("größe", "cm")
