"""The three estimators, small and quick, for laws that hold of each of them."""

import pytest

from trilayer import TriLayerClassifier, TriLayerClassifierCV, TriLayerTableClassifier

THREE = [
    TriLayerClassifier(4, max_iter=6, tol=0, random_state=0),
    TriLayerClassifierCV(l2s=[3.0, 1.0], n_starts=1, random_state=0),
    TriLayerTableClassifier(l2s=[3.0, 1.0], n_starts=1, random_state=0),
]
ALL_THREE = pytest.mark.parametrize("clf", THREE, ids=lambda clf: type(clf).__name__)
THAT_CHOOSE = pytest.mark.parametrize("clf", THREE[1:], ids=lambda clf: type(clf).__name__)
