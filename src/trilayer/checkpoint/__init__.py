"""Checkpoints: a training run is written down while it lasts, and goes on to the same bits.

A folder holds the last two. Each is one sealed safetensors file with all that the run
remembers: the solver's state, parameters, seed, curves, the best so far, settings, and the
bits of the data as checksums. A run is one or several named stages, a fit each.
"""

from trilayer.checkpoint.keeping import Checkpoint

__all__ = ["Checkpoint"]
