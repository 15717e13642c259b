"""How to train where nobody says how: presets, the search for weight decay, relevance."""
