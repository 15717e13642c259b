"""A PostgreSQL server for tests: the one that is told, or one of our own on loopback."""

import importlib.util
import os
from contextlib import contextmanager

from conftest import ROOT
from trilayer.export.counterparts.databases import SERVER


@contextmanager
def postgres_server():
    told = os.environ.get(SERVER)
    if told:
        yield told
        return
    spec = importlib.util.spec_from_file_location("postgres", ROOT / "scripts" / "postgres.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    with script.server() as url:
        yield url
