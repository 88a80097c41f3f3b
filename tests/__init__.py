"""Tests: one behaviour each, named as a phrase."""
