"""Files that appear whole or not at all: who sweeps what, and what two writers leave."""

import signal
import subprocess
import sys
import threading

import pytest

from trilayer.atomic import LEFTOVER, drop_parts, keep, part_of, to_disk
from trilayer.modelfile.disk import write_bytes
from trilayer.tables.writing import write_whole

WRITERS = [write_bytes, write_whole]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def write(place, data):
    with part_of(place) as (part, file):
        file.write(data)
        to_disk(file)
        keep(part, file, place)


def killed(place):
    """Let a process be killed while it writes."""
    code = (
        "import os, signal, sys; from pathlib import Path; from trilayer.atomic import part_of\n"
        "with part_of(Path(sys.argv[1])) as (part, file):\n"
        "    file.write(b'half'); file.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, place], check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("name", ["m", "p.csv", "a" * 251 + ".csv", "\nodd [name].*"])
def test_the_next_writer_of_the_name_sweeps_what_a_killed_one_left(tmp_path, writer, name):
    place, other = tmp_path / name, tmp_path / f"{name[:-1]}0"
    killed(place)
    killed(place)
    killed(other)
    before = names(tmp_path)
    assert len(before) == 2  # the second that was killed has swept the first
    assert all(LEFTOVER.fullmatch(each) for each in before)
    writer(place, b"whole", force=False)
    assert place.read_bytes() == b"whole"
    assert len(names(tmp_path)) == 2  # what another name left is not ours
    writer(other, b"whole", force=False)
    assert names(tmp_path) == sorted([place.name, other.name])


def test_a_writer_that_is_alive_is_left_alone(tmp_path):
    place = tmp_path / "m"
    with part_of(place) as (part, file):
        file.write(b"slow")
        write(place, b"quick")
        assert part.exists()
        assert place.read_bytes() == b"quick"
        keep(part, file, place)
    assert names(tmp_path) == ["m"]
    assert place.read_bytes() == b"slow"


def test_what_is_no_leftover_stays(tmp_path):
    mine = [".m.part", ".m.0123456.part", ".m.0123456g.part", "m.01234567.part", ".n.01234567.part"]
    for name in mine:
        (tmp_path / name).write_text("mine")
    (tmp_path / ".m.01234567.part").mkdir()
    (tmp_path / ".m.89abcdef.part").symlink_to(tmp_path / ".m.part")
    before = names(tmp_path)
    write(tmp_path / "m", b"whole")
    assert names(tmp_path) == sorted([*before, "m"])


def test_nothing_stays_of_a_writer_that_failed(tmp_path):
    def fail():
        with part_of(tmp_path / "m") as (_, file):
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert names(tmp_path) == []


def test_a_process_that_is_about_to_end_drops_its_parts(tmp_path):
    with part_of(tmp_path / "m"), part_of(tmp_path / "n"):
        assert len(names(tmp_path)) == 2
        drop_parts()
        assert names(tmp_path) == []


@pytest.mark.parametrize("writer", WRITERS)
def test_many_writers_of_one_place_leave_one_whole_file(tmp_path, writer):
    place = tmp_path / "m"
    texts = [bytes([65 + i]) * 100_000 for i in range(6)]

    def often(text):
        for _ in range(8):
            writer(place, text, force=True)

    threads = [threading.Thread(target=often, args=[text]) for text in texts]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if place.exists():
            assert place.read_bytes() in texts
    for thread in threads:
        thread.join()
    assert names(tmp_path) == ["m"]


def test_processes_that_write_and_die_leave_one_whole_file(tmp_path):
    code = (
        "import os, random, signal, sys; from pathlib import Path\n"
        "from trilayer.modelfile.disk import write_bytes\n"
        "signal.setitimer(signal.ITIMER_REAL, random.uniform(.01, .15))\n"
        "signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))\n"
        "while True: write_bytes(Path(sys.argv[1]), sys.argv[2].encode() * 50_000, force=True)"
    )
    place = tmp_path / "m"
    letters = "abcdefgh"
    running = [subprocess.Popen([sys.executable, "-c", code, place, each]) for each in letters]
    assert {child.wait(60) for child in running} == {-signal.SIGKILL}
    write_bytes(place, b"the end", force=True)
    assert names(tmp_path) == ["m"]
