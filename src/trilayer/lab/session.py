"""One tab: a WebSocket, and a thread that trains, answers and draws.

The thread alone touches the session's state, so nothing is locked. It looks at the
commands between slices of training; frames go out when the page has painted the ones
before, and never hold training up.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from trilayer.lab import about
from trilayer.lab.commands import answer
from trilayer.lab.faults import RefusalError
from trilayer.lab.frames import Message, decode, encode, read_json
from trilayer.lab.lab import Lab
from trilayer.lab.showing import data, frame, state
from trilayer.optional import require

if TYPE_CHECKING:
    from starlette.websockets import WebSocket, WebSocketDisconnect

    from trilayer.lab.tables import Table
else:
    _sockets = require("starlette.websockets", "lab")
    WebSocket, WebSocketDisconnect = _sockets.WebSocket, _sockets.WebSocketDisconnect

CREDITS = 2
"""Frames that may be under way to the page."""

FRAME = 1 / 40
"""Seconds between frames, on the average at least."""

_COMPARED = 0.1  # seconds between two looks at a comparison
_WAITING = 64  # commands, or messages, that may wait
_JOIN = 2.0  # seconds that a closed session may take to end
_BUG = 1011

_WAKE = Message({}, {})


async def serve(websocket: WebSocket, table: "Table | None") -> None:
    """Hold one session for as long as its socket is open."""
    await websocket.accept()
    loop = asyncio.get_running_loop()
    outbox: asyncio.Queue[bytes | None] = asyncio.Queue()
    room = threading.Semaphore(_WAITING)

    def send(made: bytes | None) -> None:
        """Hand a message to the socket; wait while too many do. Called by the thread."""
        while made is not None and not room.acquire(timeout=0.1):
            if worker.is_closed:
                return
        with suppress(RuntimeError):  # the server has ended
            loop.call_soon_threadsafe(outbox.put_nowait, made)

    async def write() -> None:
        while (made := await outbox.get()) is not None:
            await websocket.send_bytes(made)
            room.release()
        await websocket.close(_BUG)

    worker = Worker(send, table)
    worker.start()
    tasks = [asyncio.create_task(write()), asyncio.create_task(_read(websocket, worker))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        with suppress(WebSocketDisconnect):
            for task in done:
                task.result()
    finally:
        worker.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(worker.join, _JOIN)


async def _read(websocket: WebSocket, worker: "Worker") -> None:
    """Give the thread what comes, until the socket is closed."""
    while (event := await websocket.receive())["type"] != "websocket.disconnect":
        while worker.is_full:
            await asyncio.sleep(0.002)
        try:
            sent = event.get("bytes")
            command = decode(sent) if sent is not None else Message(read_json(event["text"]), {})
        except RefusalError as refusal:
            worker.refuse(refusal)
        else:
            worker.put(command)


class Worker(threading.Thread):
    """The thread of one session.

    Parameters
    ----------
    send : callable
        Takes a message's bytes, or None after the last; called from this thread.
    table : Table or None
        What the command line gave.
    """

    def __init__(self, send: Callable[[bytes | None], None], table: "Table | None") -> None:
        super().__init__(name="trilayer-lab", daemon=True)
        self._send = send
        self._table = table
        self._commands: queue.Queue[Message] = queue.Queue()
        self._under_way = 0
        self._closed = threading.Event()
        self._framed = self._compared = 0.0

    # ---- called from the socket's side --------------------------------------------------

    @property
    def is_full(self) -> bool:
        """Whether commands had better wait outside."""
        return self._commands.qsize() >= _WAITING

    @property
    def is_closed(self) -> bool:
        """Whether the thread is to end."""
        return self._closed.is_set()

    def put(self, command: Message) -> None:
        """Give the thread a command, or the credit that `painted` stands for."""
        self._commands.put(command)

    def refuse(self, refusal: RefusalError) -> None:
        """Let the thread say that a message could not be read, in its turn."""
        self._commands.put(Message({"do": None, "refusal": refusal}, {}))

    def close(self) -> None:
        """Let the thread end; it does within one slice of work."""
        self._closed.set()
        self._commands.put(_WAKE)

    # ---- the thread -----------------------------------------------------------------------

    def run(self) -> None:
        """Answer, train and draw until closed."""
        try:
            with closing(Lab(self._table)) as lab:
                self._emit(about.hello(self._table))
                while not self.is_closed:
                    self._show(lab)
                    for command in self._waiting(lab):
                        self._carry_out(lab, command)
                    self._work(lab)
        finally:
            self._send(None)

    def _waiting(self, lab: Lab) -> list[Message]:
        """Return the commands that have come; wait for one if there is nothing else to do."""
        found = []
        try:
            found.append(self._commands.get(timeout=self._patience(lab)))
            while True:
                found.append(self._commands.get_nowait())
        except queue.Empty:
            return found

    def _patience(self, lab: Lab) -> float | None:
        if lab.busy:
            return 0.0001
        if lab.fresh_frame and self._under_way < CREDITS:
            return max(0.0001, self._framed + FRAME - time.monotonic())
        return None

    def _carry_out(self, lab: Lab, command: Message) -> None:
        if command is _WAKE or self.is_closed:
            return
        if command.header.get("do") == "painted":
            self._under_way = max(0, self._under_way - 1)
            return
        self._emit(answer(lab, command))

    def _work(self, lab: Lab) -> None:
        lab.work()
        if lab.comparison is None:
            return
        lab.comparison.work()
        now = time.monotonic()
        if lab.comparison.done or now - self._compared >= _COMPARED:
            self._compared = now
            self._emit(lab.comparison.message())
        if lab.comparison.done:
            lab.comparison.close()
            lab.comparison = None
            lab.fresh_state = True

    def _show(self, lab: Lab) -> None:
        if lab.fresh_state:
            self._emit(state(lab))
        if lab.fresh_data:
            self._emit(data(lab))
        now = time.monotonic()
        if lab.fresh_frame and self._under_way < CREDITS and now - self._framed >= FRAME:
            self._framed = max(self._framed + FRAME, now - FRAME)
            self._under_way += 1
            self._emit(frame(lab))

    def _emit(self, message: Message) -> None:
        self._send(encode(message))
