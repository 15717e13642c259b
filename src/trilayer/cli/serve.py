"""``trilayer serve``: a model behind HTTP, on this machine alone unless told otherwise."""

import atexit
import gc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from trilayer.cli.settings import Count

if TYPE_CHECKING:
    import pyarrow as pa

    from trilayer.cli.model import Model
    from trilayer.modelfile.predicting import Floats
    from trilayer.serve.scoring import Served

Port = Annotated[int, Parameter(validator=Number(gte=0, lte=65535))]
Seconds = Annotated[float, Parameter(validator=Number(gt=0, lt=float("inf")))]


def serve(
    model: str,
    /,
    *,
    host: str = "127.0.0.1",
    port: Port = 8080,
    name: str | None = None,
    token_file: Path | None = None,
    max_rows: Count = 10_000,
    max_bytes: Count = 8 << 20,
    timeout: Seconds = 30.0,
) -> int:
    """Serve a model over HTTP, until Ctrl-C: rows of JSON in, probabilities and labels out.

    POST /predict takes a list of rows, [{column: value, ...}, ...]; /v2/... is the Open Inference
    Protocol; /metrics is for Prometheus; /openapi.json describes all of it. The address goes to
    standard output.

    Parameters
    ----------
    model
        Model file.
    host
        Address to serve on; another than this machine's own needs a token.
    port
        Port to serve on; 0 takes any that is free.
    name
        What the model is called in addresses; by default as its file, without the ending.
    token_file
        File that holds a token, which every request must then show.
    max_rows
        Rows of a request, at the most.
    max_bytes
        Bytes of a request's body, at the most.
    timeout
        Seconds that a request's body may take to come.
    """
    from trilayer.cli.model import load_model
    from trilayer.cli.output import say, write
    from trilayer.errors import InputError
    from trilayer.optional import require

    for package in ("starlette", "uvicorn", "prometheus_client"):
        require(package, "serve")
    from trilayer.serve.application import application
    from trilayer.serve.guard import Guard
    from trilayer.serve.limits import Limits
    from trilayer.serve.server import is_loopback, listen, run

    token = None if token_file is None else _token(token_file)
    if token is None and not is_loopback(host):
        raise InputError(
            f"--host {host}: others than this machine can reach that: give a --token-file"
        )
    served = served_as(_checked(Path(model).stem if name is None else name), load_model(model))
    limits = Limits(max_rows, max_bytes, timeout)
    app = application(served, limits, Guard(loopback=is_loopback(host), token=token))

    def told(address: str) -> None:
        write(address + "\n")
        say(f"serving {served.name}; Ctrl-C ends it")

    # Python would walk over all its objects once more when it ends, for half a second.
    atexit.register(gc.freeze)
    run(app, listen(host, port), told)
    return 0


def _checked(name: str) -> str:
    """Return what the model is called in addresses, which not every text can be."""
    from trilayer.errors import InputError

    if not name or "/" in name or not name.isprintable():
        raise InputError(
            f"--name {name!a}: a part of an address is visible text without a slash: give another"
        )
    return name


def _token(path: Path) -> str:
    """Read the token: one line of visible ASCII."""
    from trilayer.cli.paths import existing
    from trilayer.errors import InputError

    token = existing(str(path)).read_bytes().strip()
    if len(token) < 16 or not all(33 <= byte < 127 for byte in token):
        raise InputError(
            f"--token-file {path}: a token is one line of 16 or more visible ASCII characters; "
            "python -c 'import secrets; print(secrets.token_urlsafe())' makes one"
        )
    return token.decode("ascii")


def served_as(name: str, model: "Model") -> "Served":
    """Return what the server asks of a model."""
    import pyarrow as pa

    from trilayer._version import __version__
    from trilayer.errors import InputError
    from trilayer.serve.scoring import Served
    from trilayer.tables import NOWHERE, Block, convert

    encoder = model.encoding.encoder
    known = () if encoder is None else encoder.learnt.names
    readings = model.encoding.readings
    ignored = [each for each in (*known, model.target.name) if each and each not in readings]

    def logits(rows: "pa.RecordBatch") -> "Floats":
        try:
            X = model.encoding.inputs(Block(rows, NOWHERE))
        except InputError:  # of columns that are what they must be, it is said which row it is
            arrays = [convert(rows[each], reading, each) for each, reading in readings.items()]
            fit = pa.RecordBatch.from_arrays(arrays, names=list(readings))
            X = model.encoding.inputs(Block(fit, NOWHERE))
        return model.logits(X, NOWHERE.of)

    return Served(
        name=name,
        version=__version__,
        readings=readings,
        ignored=tuple(ignored),
        negative=model.target.negative,
        positive=model.target.positive,
        threshold=model.record.threshold,
        logits=logits,
    )
