"""A PostgreSQL server for tests: the one that is told, or one of our own on loopback."""

import os
from contextlib import contextmanager

import postgres
from trilayer.export.counterparts.databases import SERVER


def postgres_programs():
    """Whether PostgreSQL's programs are here."""
    return postgres.found("pg_ctl") is not None


@contextmanager
def postgres_server():
    told = os.environ.get(SERVER)
    if told:
        yield told
        return
    with postgres.server() as url:
        yield url
