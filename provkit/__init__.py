"""Semantic provenance for data-science scripts and notebooks, without touching them."""

__version__ = "0.1.0"
