"""One run of a solver over a source: the loop, what it remembers, starts folded into one."""
