"""Every attack is refused, in one sentence, for its own reason."""

import re

import pytest

from trilayer.errors import ModelFileError
from trilayer.modelfile import load, read

from . import (  # noqa: F401 - importing them registers the attacks
    description,
    encoder,
    files,
    labels,
    layout,
    spread,
    tensors,
)
from .forge import ATTACKS, sound


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_refused_with_its_reason(name, tmp_path):
    attack, words = ATTACKS[name]
    path = tmp_path / "model.safetensors"
    path.write_bytes(attack())
    with pytest.raises(ModelFileError) as refusal:
        load(path)
    message = str(refusal.value)
    assert message.startswith(f"cannot load '{path}': ")
    assert re.search(words, message)
    assert message.isprintable()
    assert "; " in message, "it does not say what to do"
    assert len(message) < 400


def test_every_reason_is_its_own():
    # A lie that another lie's words describe would not have its own error.
    assert len({words for _, words in ATTACKS.values()}) > 0.7 * len(ATTACKS) > 70


def test_the_file_that_the_attacks_start_from_is_sound(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(sound())
    assert read(path).positive == "yes"
