"""How much one session may ask for."""

UPLOAD_BYTES = 8 << 20
UNPACKED_BYTES = 64 << 20
ROWS = 20_000
INPUTS = 100
HIDDEN = 64
SESSIONS = 16
POINTS = 2000
RING = 200
"""Iterations back from the newest that can be looked at and traced."""
COMPARED = 6
FULL_MAPS = 16
"""Hidden units that have a map each."""
CHECKED_PARAMETERS = 2000
BELIEVED = 1000
"""Iterations for which a misprint may be believed."""

AS_JSON = {
    "upload_bytes": UPLOAD_BYTES,
    "rows": ROWS,
    "inputs": INPUTS,
    "hidden": HIDDEN,
    "sessions": SESSIONS,
    "points": POINTS,
    "ring": RING,
    "compare": COMPARED,
    "full_maps": FULL_MAPS,
    "checked_parameters": CHECKED_PARAMETERS,
    "believed": BELIEVED,
}
