"""The laws hold for the corpus: sound inputs, what fuzzing found, and some bytes beside them."""

import os
import random

import pytest

from fuzz import TARGETS, law_of
from fuzz.seeds import CORPUS, seeds

pytestmark = pytest.mark.filterwarnings("ignore")

INPUTS = sorted(path.relative_to(CORPUS).as_posix() for path in CORPUS.glob("*/*"))


@pytest.mark.parametrize("name", INPUTS)
def test_the_laws_hold(name):
    law_of(name.partition("/")[0])((CORPUS / name).read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_and_for_what_is_nearly_so(target):
    """What `make fuzz` does at length and led by coverage."""
    chance = random.Random(0 if os.environ.get("CI") else None)
    inputs = [path.read_bytes() for path in sorted((CORPUS / target).iterdir())]
    for _ in range(10):
        data = bytearray(chance.choice(inputs))
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(2)] = chance.randbytes(chance.randrange(3))
        law_of(target)(bytes(data))


def test_there_is_a_corpus_for_every_target():
    assert {name.partition("/")[0] for name in INPUTS} == set(TARGETS) == set(seeds())


def test_what_is_set_out_from_loads():
    """A corpus that is refused at the door leads nowhere."""
    from fuzz.checkpoints import sound
    from trilayer.checkpoint.record import decode as checkpoint
    from trilayer.modelfile.decode import decode as model

    assert set(checkpoint(sound()).stages) == {"network", "unit"}
    for path in (CORPUS / "model").glob("seed-*"):
        assert model(path.read_bytes()).params.n1
