"""What is wrong with a request is said in one sentence, with the status that it has in HTTP."""

import pytest

from trilayer.serve.application import application
from trilayer.serve.guard import Guard
from trilayer.serve.limits import Limits

INFER = "/v2/models/people%20v1/infer"
TENSOR = {"name": "age", "shape": [1], "datatype": "FP64", "data": [1.5]}
NO_ROWS = {**TENSOR, "shape": [0], "data": []}


def posted(asked, app, path, body, **headers):
    """The status and the sentence of an answer."""
    raw = body.encode() if isinstance(body, str) else body
    headers = {"content-type": "application/json", **headers}
    answer = asked(app, "POST", path, content=raw, headers=headers)
    assert set(answer.json()) == {"error"}
    sentence = answer.json()["error"]
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    return answer.status_code, sentence


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        ("", 400, "not JSON"),
        ("[{]", 400, "line 1, column 3"),
        ("[NaN]", 400, "NaN is not JSON: send null"),
        (b"[\xff]", 400, "UTF-8 (byte 1)"),
        ("[" * 100_000, 400, "too deeply"),
        ("[" + "9" * 5000 + "]", 400, "too many digits"),
        ('[{"age": 1, "age": 2}]', 400, "the name 'age' twice"),
        ("{}", 400, "must be a list of rows"),
        ("[1]", 400, "row 1 is not an object"),
    ],
)
def test_what_is_no_list_of_rows(asked, app, body, status, why):
    said = posted(asked, app, "/predict", body)
    assert said[0] == status
    assert why in said[1]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ag": 1, "age": ...}, "row 2: the model has no column 'ag' (did you mean 'age'?)"),
        ({"zzz": 1}, "row 2: the model has no column 'zzz' (it has 'age', 'the \"job\"', 'member'"),
        ({"age": ...}, "row 2: there is no column 'age': send null where a value is not known"),
        ({"age": "old"}, "column 'age', row 2: text where the rows before have a number"),
        ({"age": [1]}, "column 'age', row 2: a list is no value"),
        ({"age": {}}, "column 'age', row 2: an object is no value"),
        ({"since": "yesterday"}, "column 'since', row 2: 'yesterday' is not a date"),
        ({"age": 10**400}, "column 'age', row 2: the value is beyond the range of numbers"),
        ({"since": "\ud800"}, "column 'since', row 2: the value is half a character"),
    ],
)
def test_what_is_no_row_of_the_model(asked, app, rows, change, why):
    import json

    row = {name: value for name, value in {**rows[1], **change}.items() if value is not ...}
    said = posted(asked, app, "/predict", json.dumps([rows[1], row]))
    assert said[0] == 422
    assert why in said[1]


def test_a_number_too_large_for_any_float_is_refused(asked, app, rows):
    import json

    body = json.dumps([rows[1]]).replace(str(rows[1]["age"]), "1e999")
    status, why = posted(asked, app, "/predict", body)
    assert (status, "row 1, column 'age'" in why or "column 'age', row 1" in why) == (422, True)


def test_what_training_left_out_may_be_there(asked, app, rows):
    with_answer = [{**rows[0], "buys": "yes"}]
    assert asked(app, "POST", "/predict", json=with_answer).status_code == 200


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ([], "an object with inputs"),
        ({}, "inputs must be a list"),
        ({"inputs": []}, "inputs must be a list"),
        ({"inputs": [1]}, "an object of name, shape"),
        ({"inputs": [{"shape": [1]}]}, "must have a name"),
        ({"inputs": [{**TENSOR, "datatype": "FP8"}]}, "age: datatype must be one of BOOL"),
        ({"inputs": [{**TENSOR, "shape": [-1]}]}, "age: shape must be [rows]"),
        ({"inputs": [{**TENSOR, "shape": [True]}]}, "age: shape must be [rows]"),
        ({"inputs": [{**TENSOR, "shape": [1, 1, 1]}]}, "age: shape must be [rows]"),
        ({"inputs": [{**TENSOR, "shape": [2]}]}, "age: data holds 1 values"),
        ({"inputs": [{**TENSOR, "data": 1}]}, "age: data must be a list"),
        ({"inputs": [{**TENSOR, "data": ["1"]}]}, "age: value 0 of data is not of datatype FP64"),
        ({"inputs": [{**TENSOR, "data": [[1], 2]}]}, "not all lists of one length"),
        ({"inputs": [TENSOR, TENSOR]}, "two tensors of one name"),
        ({"inputs": [TENSOR, {**NO_ROWS, "name": "b"}]}, "b: 0 rows beside 1 of age"),
        ({"inputs": [{**TENSOR, "shape": [1, 2], "data": [1, 2]}]}, "[rows] or [rows, 1]"),
        ({"inputs": [{**TENSOR, "name": "x", "shape": [1, 1]}]}, "1 columns where the model has 5"),
        ({"inputs": [TENSOR], "outputs": [{"name": "p"}]}, "there is no output 'p'"),
        ({"inputs": [TENSOR], "outputs": 3}, "outputs must be a list"),
        ({"inputs": [TENSOR], "id": 3}, "id must be text"),
    ],
)
def test_what_is_no_request_for_inference(asked, app, request_, why):
    import json

    status, sentence = posted(asked, app, INFER, json.dumps(request_))
    assert status == 400
    assert why in sentence


def test_a_tensor_of_an_unknown_column(asked, app):
    import json

    body = json.dumps({"inputs": [{**TENSOR, "name": "agee"}]})
    assert posted(asked, app, INFER, body) == (
        422, "the model has no column 'agee' (did you mean 'age'?)",
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/predict", INFER])
def test_limits_are_kept(asked, served, rows, path):
    small = application(served, Limits(rows=2, body_bytes=2000))
    bodies = {
        "/predict": [rows[0]] * 3,
        INFER: {"inputs": [{**TENSOR, "shape": [3], "data": [1, 2, 3]}]},
    }
    answer = asked(small, "POST", path, json=bodies[path])
    assert (answer.status_code, answer.json()["error"]) == (
        413, "3 rows are more than 2: send fewer at a time",
    )  # fmt: skip
    assert asked(small, "POST", path, json="x" * 2000).status_code == 413

    async def unannounced():
        for _ in range(3):
            yield b"x" * 1000

    headers = {"content-type": "application/json"}
    answer = asked(small, "POST", path, content=unannounced(), headers=headers)
    assert answer.status_code == 413
    assert "2,000 bytes" in answer.json()["error"]


def test_a_body_that_does_not_come_is_not_waited_for(asked, served):
    import asyncio

    async def slow():
        yield b"["
        await asyncio.sleep(30)
        yield b"]"

    hasty = application(served, Limits(seconds=0.05))
    headers = {"content-type": "application/json"}
    answer = asked(hasty, "POST", "/predict", content=slow(), headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (
        408, "the body did not come within 0.05 seconds",
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded"])
def test_a_body_must_be_called_json(asked, app, kind):
    assert posted(asked, app, "/predict", "[]", **{"content-type": kind})[0] == 415


def test_packed_bodies_are_not_read(asked, app):
    assert posted(asked, app, "/predict", "[]", **{"content-encoding": "gzip"})[0] == 415


@pytest.mark.parametrize("path", ["/", "/predict/", "/v2/models/other", "/v2/models/other/infer"])
def test_what_is_not_there(asked, app, path):
    method = "POST" if path.endswith("infer") else "GET"
    answer = asked(app, method, path, json=None)
    assert answer.status_code == 404
    assert answer.json()["error"].startswith("there is no")


def test_other_methods_are_told_which_there_are(asked, app):
    answer = asked(app, "GET", "/predict")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json() == {"error": "'/predict' answers POST"}


PATHS = ["/predict", INFER, "/v2", "/v2/models/people%20v1", "/metrics", "/openapi.json"]
FREE = ["/v2/health/live", "/v2/health/ready", "/v2/models/people%20v1/ready"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "given", [None, "secret", "Bearer", "Bearer secre", "Basic secret", "Bearer sécret"]
)
def test_without_the_token_nothing_is_told(asked, served, path, given):
    closed = application(served, guard=Guard(token="secret"))
    method = "POST" if path in {"/predict", INFER} else "GET"
    headers = {} if given is None else {"authorization": given.encode()}
    answer = asked(closed, method, path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json() == {"error": "send the token: Authorization: Bearer TOKEN"}


def test_with_the_token_all_is_as_ever(asked, served, app, rows):
    closed = application(served, guard=Guard(token="secret"))
    headers = {"authorization": "bearer secret"}
    answer = asked(closed, "POST", "/predict", json=rows, headers=headers)
    assert answer.json() == asked(app, "POST", "/predict", json=rows).json()
    for path in FREE:
        assert asked(closed, "GET", path).status_code == 200


@pytest.mark.parametrize("path", [*PATHS, *FREE])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example"])
def test_a_name_that_is_not_this_machine_is_refused(asked, app, path, host):
    method = "POST" if path in {"/predict", INFER} else "GET"
    assert asked(app, method, path, headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:1", "LOCALHOST"])
def test_this_machines_names_are_its_own(asked, app, host):
    assert asked(app, "GET", "/v2", headers={"host": host}).status_code == 200


def test_beyond_this_machine_any_name_will_do(asked, served):
    wide = application(served, guard=Guard(loopback=False, token="secret"))
    headers = {"host": "models.example", "authorization": "Bearer secret"}
    assert asked(wide, "GET", "/v2", headers=headers).status_code == 200


def test_what_is_counted(asked, served, rows):
    app = application(served)
    asked(app, "POST", "/predict", json=rows[:7])
    asked(app, "POST", "/predict", json=[1])
    asked(app, "GET", "/v2/models/other")
    answer = asked(app, "GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = answer.text.splitlines()
    assert "trilayer_rows_total 7.0" in lines
    for counted in [
        'trilayer_requests_total{endpoint="/predict",status="200"} 1.0',
        'trilayer_requests_total{endpoint="/predict",status="400"} 1.0',
        'trilayer_requests_total{endpoint="/v2/models/{model}",status="404"} 1.0',
        'trilayer_request_seconds_count{endpoint="/predict"} 2.0',
    ]:
        assert counted in lines
