"""Scores, curves, and the judgement against baselines: one definition of each."""
