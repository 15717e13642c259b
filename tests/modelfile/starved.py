"""Python gets no memory at its Nth allocation while a model file is read: run by itself."""

import warnings
from importlib import import_module
from pathlib import Path

from attacks.encoder import sound_pipeline
from trilayer.errors import ModelFileError
from trilayer.modelfile.decode import decode
from trilayer.modelfile.record import encode


def starved(read, data, forbid, allow):
    """Hold the law; return how often it was refused for want of memory, and how often done."""
    number, refused, done = 1, 0, 0
    while done < 3:
        forbid(number, number + 1)
        try:
            found = read(data)
        except (MemoryError, ModelFileError, SystemError):  # NumPy's sums lose their exception
            found = None
        except BaseException as error:  # Rust, within safetensors, has no other word for it
            if type(error).__name__ != "PanicException":
                raise
            found = None
        finally:
            allow()
        refused += found is None
        done = done + 1 if found == data else 0
        assert found in (None, data)
        assert read(data) == data
        number += 1 + number // 40
    return refused, number


def main():
    hooks = import_module("_testcapi")
    data = sound_pipeline()
    warnings.simplefilter("ignore")
    counts = starved(
        lambda each: encode(decode(each)), data, hooks.set_nomemory, hooks.remove_mem_hooks
    )
    Path("/dev/stdout").write_text(f"{counts[0]} refused, the last of {counts[1]}\n")


if __name__ == "__main__":
    main()
