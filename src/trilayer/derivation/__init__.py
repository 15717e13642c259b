"""The derivation on numbers: E6 to E35 as functions, traced, proven, misprints and all."""
