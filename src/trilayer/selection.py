"""`TriLayerClassifierCV`: weight decay and hidden units chosen by held-out log-loss."""
