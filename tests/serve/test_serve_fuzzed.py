"""Requests that schemathesis makes up from the OpenAPI document, right ones and wrong ones."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from trilayer.serve.application import application
from trilayer.serve.guard import Guard

OPERATIONS = {
    "/predict": "POST",
    "/v2/models/people%20v1/infer": "POST",
    "/v2/models/people%20v1": "GET",
    "/v2/models/people%20v1/ready": "GET",
    "/v2": "GET",
    "/v2/health/live": "GET",
    "/v2/health/ready": "GET",
    "/metrics": "GET",
    "/openapi.json": "GET",
}
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
FUZZED = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)

load_all_checks()
# The server reads more than it documents: numbers as text, as in a CSV file. And which tensors
# fit together is more than a schema can say.
LENIENT = CHECKS.get_by_names(["negative_data_rejection"])
TENSORS = CHECKS.get_by_names(["positive_data_acceptance"])


@pytest.fixture(scope="module")
def document(served):
    """The document, and the application that shall answer to it, under any name."""
    app = application(served, guard=Guard(loopback=False))
    return schemathesis.openapi.from_asgi("/openapi.json", app)


def test_every_address_is_documented(document):
    paths = document.raw_schema["paths"]
    assert {path: next(iter(each)).upper() for path, each in paths.items()} == OPERATIONS


@pytest.mark.parametrize("path", OPERATIONS)
def test_whatever_comes_is_answered_as_documented(document, path):
    operation = document[path][OPERATIONS[path]]
    excluded = LENIENT + TENSORS * path.endswith("/infer")

    @FUZZED
    @given(case=st.one_of([operation.as_strategy(generation_mode=mode) for mode in MODES]))
    def answered(case):
        case.call_and_validate(excluded_checks=excluded)

    if OPERATIONS[path] == "GET":  # there is nothing to make up but headers
        operation.Case().call_and_validate(excluded_checks=excluded)
    else:
        answered()
