"""The forms in which the rows of one fold are given to a model.

raw      the data frame as read: missing values and texts left in
native   numbers filled with the median, beside a column that says where; texts left in
encoded  the same, with texts one-hot (at most 50 columns each, rare levels pooled)
scaled   the same, standardised
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MAX_CATEGORIES = 50

Pair = tuple[Any, Any]


class Forms:
    """Every form of one fold's training and test rows, each made when first asked for.

    All that is learnt is learnt from the training rows.
    """

    def __init__(self, train: pd.DataFrame, test: pd.DataFrame, categorical: Iterable[str]) -> None:
        self.raw: Pair = (train, test)
        texts = set(categorical)
        self.texts = [name for name in train.columns if name in texts]
        self.numbers = [name for name in train.columns if name not in texts]

    @cached_property
    def native(self) -> Pair:
        """Two data frames."""
        filled = [self._filled(frame) for frame in self.raw]
        for frame, out in zip(self.raw, filled, strict=True):
            for name in self.texts:
                out[name] = _words(frame[[name]])[name]
        return filled[0].reset_index(drop=True), filled[1].reset_index(drop=True)

    @cached_property
    def encoded(self) -> Pair:
        """Two arrays."""
        parts = [[self._filled(frame).to_numpy()] for frame in self.raw]
        if self.texts:
            encoder = OneHotEncoder(
                max_categories=MAX_CATEGORIES,
                handle_unknown="infrequent_if_exist",
                sparse_output=False,
                dtype=np.float64,
            )
            words = [_words(frame[self.texts]).to_numpy(dtype=object) for frame in self.raw]
            parts[0].append(encoder.fit_transform(words[0]))
            parts[1].append(encoder.transform(words[1]))
        train, test = (np.ascontiguousarray(np.hstack(part)) for part in parts)
        return train, test

    @cached_property
    def scaled(self) -> Pair:
        """Two arrays."""
        train, test = self.encoded
        scaler = StandardScaler().fit(train)
        return scaler.transform(train), scaler.transform(test)

    def _filled(self, frame: pd.DataFrame) -> pd.DataFrame:
        known = self.raw[0][self.numbers]
        out = frame[self.numbers].fillna(known.median().fillna(0.0))
        for name in self.numbers:
            if known[name].isna().any():
                out[f"{name}__missing"] = frame[name].isna().astype(np.float64)
        return out


def _words(frame: pd.DataFrame) -> pd.DataFrame:
    """Return texts alone; a missing one is a level of its own."""
    return frame.map(lambda value: "missing" if pd.isna(value) else str(value)).astype(object)
