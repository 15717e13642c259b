"""A trained model taken elsewhere: as Python, JavaScript, C or SQL that needs no trilayer.

`trilayer.export.description` says in plain data what is computed for a row; every target is
written from that, and `trilayer.export.runtime.rows` computes it, as the oracle of them all.
"""
