"""Malicious model files: the list of attacks is the specification of the loader.

`files`, `layout`, `tensors`, `description`, `labels`, `encoder` and `spread` hold
one function a lie; `forge` what they share. Each returns the bytes of a file, says in its
docstring what it does, and is registered with the words its error must contain. `test_fuzz`
and `test_fuzz_encoder` do the same without a plan.
"""
