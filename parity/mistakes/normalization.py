"""Mistakes in normalisation."""
