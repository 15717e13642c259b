"""Classifiers on real tables: one protocol, its results, and what they show."""
