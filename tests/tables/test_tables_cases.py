"""Files of public bug reports are read as a person means them, or refused with the true reason."""

import pytest

import cases


@pytest.mark.parametrize("path", cases.files(), ids=lambda path: path.name)
def test_each_file_is_read_as_it_was_found_right(path):
    assert cases.read_as(path) == cases.stored()[path.name]
