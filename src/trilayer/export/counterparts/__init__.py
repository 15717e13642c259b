"""Exports run by what they are for: a Python, Node.js, a C compiler, databases of this machine.

Each counterpart takes the text of an export and gives a function from rows, typed as the columns
are (`trilayer.export.check.typed`), to the probabilities that it computes of them.
"""
