"""The lab: every number of the derivation, live in the browser.

`server` serves one page on this machine; `session` is one tab of it, with a training
thread of its own; docs/lab-protocol.md is what they say to each other.
"""
