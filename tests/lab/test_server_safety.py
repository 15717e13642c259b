"""Who may not talk to the lab, and what cannot be had from it."""

import http.client
import socket
from contextlib import suppress
from urllib.parse import quote

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from trilayer.errors import InputError
from trilayer.lab import limits, server
from trilayer.lab.guard import HEADERS, is_token, new_token

from .conftest import PATIENCE, Page


def request(served, method, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        for each in value if isinstance(value, list) else [value]:
            connection.putheader(name, each)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_the_page_is_served_with_every_header(served):
    for path in ("/", "/static/index.html"):
        answer, body = request(served, "GET", path)
        assert answer.status == 200
        assert b"<html" in body
        for name, value in HEADERS.items():
            assert answer.headers.get_all(name) == [value]
        assert "Server" not in answer.headers


def test_the_policy_allows_only_this_server(served):
    policy = dict(part.split(" ", 1) for part in HEADERS["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    assert not {"script-src", "connect-src", "style-src"} & set(policy)
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'"


FOREIGN = ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.2:{port}",
           "localhost.evil.example:{port}", "[::1]:{port}", ""]  # fmt: skip


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_host_is_refused(served, host):
    host = host.format(port=served.port)
    for path in ("/", "/static/index.html", "/nothing"):
        answer, body = request(served, "GET", path, Host=host)
        assert answer.status == 421
        assert body == b"refused\n"


def test_two_hosts_are_refused(served):
    own = f"127.0.0.1:{served.port}"
    answer, _ = request(served, "GET", "/", Host=[own, own])
    assert answer.status in (400, 421)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_both_names_of_this_machine_are_known(served, name):
    answer, _ = request(served, "GET", "/", Host=f"{name}:{served.port}")
    assert answer.status == 200


ORIGINS = ["http://evil.example", "https://127.0.0.1:{port}", "http://127.0.0.1:1", "null",
           "http://127.0.0.1:{port}.evil.example", "file://"]  # fmt: skip


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_foreign_origin_is_refused(served, origin):
    origin = origin.format(port=served.port)
    answer, _ = request(served, "GET", "/", Origin=origin)
    assert answer.status == 403
    with pytest.raises(InvalidStatus) as refused:
        served.connect(origin=origin)
    assert refused.value.response.status_code == 403


def test_a_socket_without_an_origin_is_refused(served):
    with pytest.raises(InvalidStatus) as refused:
        served.connect(origin="")
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("token", ["", "x", "wrong" * 7, "é", "%00"])
def test_a_wrong_token_is_refused(served, token):
    with pytest.raises(InvalidStatus) as refused:
        served.connect(token=quote(token))
    assert refused.value.response.status_code == 403


def test_tokens_are_long_and_never_twice():
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 32
    token = tokens.pop()
    assert is_token(token, token)
    assert not is_token(token[:-1], token)


OUTSIDE = [
    "/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py",
    "/static/%2e%2e%2fserver.py", "/static/..\\server.py", "/static//etc/passwd",
    "/static/....//server.py", "/../server.py", "/static/%00", "/server.py", "/docs", "/ws",
    "/static/", "/static",
]  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_but_the_pages_files_is_served(served, path):
    answer, body = request(served, "GET", path)
    assert answer.status in (400, 404, 405)
    assert b"import" not in body
    assert b"root:" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_there_is_nothing_to_do_but_to_read(served, method):
    for path in ("/", "/static/index.html"):
        answer, _ = request(served, method, path, **{"Content-Length": "0"})
        assert answer.status == 405


def test_too_large_a_message_closes_the_socket(served):
    with served.connect() as websocket:
        tab = Page(websocket)
        tab.until("state")
        with suppress(ConnectionClosed):
            websocket.send(bytes(limits.UPLOAD_BYTES + (1 << 17)))
        with pytest.raises(ConnectionClosed):
            tab.until("nothing any more")
        # The reason comes before the connection is cut, but may be lost with it.
        assert websocket.close_code in (1009, 1006)
    with served.connect() as websocket:
        assert Page(websocket).ask("pause").header["type"] == "state"


def test_a_large_upload_within_the_limit_is_answered(served):
    with served.connect() as websocket:
        data = b"a,b\n" + b"1,2\n" * ((limits.UPLOAD_BYTES - 4) // 4)
        assert Page(websocket).upload("long.csv", data).header["code"] == "too_many_rows"


def test_only_the_loopback_address_listens(served):
    assert served.socket.getsockname()[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_refused_and_by_default_another_is_taken(monkeypatch):
    with server.listen(0) as first:
        first.listen()
        port = first.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} is taken"):
            server.listen(port)
        monkeypatch.setattr(server, "PORT", port)
        with server.listen(None) as second:
            assert second.getsockname()[1] != port


def test_a_page_that_reads_nothing_holds_nobody_up(served):
    with served.connect() as deaf, served.connect() as other:
        for _ in range(300):
            deaf.send('{"do": "trace"}')
        tab = Page(other)
        tab.ask("play", iterations=5)
        assert tab.until("state", lambda header: not header["running"]).header["k"] == 5
        deaf.socket.shutdown(socket.SHUT_RDWR)
