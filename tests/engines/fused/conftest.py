"""Every law of the fused engine holds on every instruction set that this machine has."""

import pytest

from trilayer import _fused as native


@pytest.fixture(params=native.available_isas(), autouse=True)
def isa(request):
    before = native.isa()
    native.select_isa(request.param)
    yield request.param
    native.select_isa(before)
