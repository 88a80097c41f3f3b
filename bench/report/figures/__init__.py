"""Drawings as SVG or PNG: what every figure is made of."""
