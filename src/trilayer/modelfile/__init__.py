"""Model files: data, never code.

One safetensors file holds the network's four matrices, the encoder's arrays, a few
check rows with the logits they must give, and a description in JSON; a SHA-256 seals
them. Everything is checked on loading, and each lie has its own error.

Format 1, as any reader of safetensors sees it:

- ``W1`` (n1 × n2), ``b1`` (n2 × 1), ``W2`` (n2 × 1), ``b2`` (1 × 1), all float32 or all
  float64. Without a hidden layer (E33) W1 is n1 × 0, b1 0 × 1 and W2 n1 × 1.
- ``check.X`` (n1 × k) and ``check.Z2`` (1 × k): inputs of the network, and its logits.
- ``encoder.…``: the arrays of `TableEncoder.to_state`, if a table's encoder comes first.
- ``__metadata__["trilayer"]``: JSON in ASCII. Its fields are those of
  `trilayer.modelfile.decode`; ``format`` is 1.
- ``__metadata__["sha256"]``: hexadecimal SHA-256 over the arrays, by name (name, dtype,
  shape as ``[2, 3]``, bytes), and the JSON, each piece behind its length in eight
  little-endian bytes.
"""

from trilayer.modelfile.models import load, read, record_of, restore, save
from trilayer.modelfile.record import FORMAT, ModelRecord

__all__ = ["FORMAT", "ModelRecord", "load", "read", "record_of", "restore", "save"]
