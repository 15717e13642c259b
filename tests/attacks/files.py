"""Lies of the container: other files, and headers."""

import io
import pickle
import zipfile

import numpy as np

from .forge import assemble, lie, parts, sound, with_header

# ---- other files -------------------------------------------------------------------


@lie("it is empty")
def empty() -> bytes:
    """No bytes at all."""
    return b""


@lie("too short")
def seven_bytes() -> bytes:
    """Less than the header's length takes."""
    return sound()[:7]


@lie("it is a zip archive; name a file that trilayer saved")
def a_zip() -> bytes:
    """A zip, as .npz and torch's files are."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("W1", sound())
    return stream.getvalue()


@lie("it is a pickle, which trilayer never opens")
def a_pickle() -> bytes:
    """Code that would run if anyone unpickled it."""

    class Bomb:
        def __reduce__(self):
            return exec, ("raise SystemExit('a pickle was opened')",)

    return pickle.dumps(Bomb(), protocol=4)


@lie("it is a text file")
def a_text() -> bytes:
    """A CSV, say."""
    return b"age,income\n39,<=50K\n50,>50K\n"


@lie("it is a NumPy file")
def an_npy() -> bytes:
    """A single array."""
    stream = io.BytesIO()
    np.save(stream, np.eye(3))
    return stream.getvalue()


@lie("it is a Parquet file")
def a_parquet() -> bytes:
    """A table instead of the model trained on it."""
    return b"PAR1\x15\x04\x15" + bytes(100)


@lie("of another program")
def other_program() -> bytes:
    """Sound safetensors, but nobody's network."""
    return with_header(lambda header: header.pop("__metadata__"))


# ---- the header --------------------------------------------------------------------


@lie("its header claims 18446744073709551615 bytes, and 16777216 are the limit")
def header_of_all_bytes() -> bytes:
    """A length that no memory holds."""
    return b"\xff" * 8 + sound()[8:]


@lie("are the limit")
def header_over_the_limit() -> bytes:
    """A header that is there, in full, and longer than will be parsed."""
    return assemble(b"{" + b" " * (16 << 20) + b"}", b"")


@lie("cut short")
def header_longer_than_the_file() -> bytes:
    """A length that the file does not have."""
    data = sound()
    return assemble(*parts(data), length=1_000_000)


@lie("does not start like")
def header_of_nothing() -> bytes:
    """Length 0."""
    return assemble(*parts(sound()), length=0)


@lie("its header is not valid JSON")
def header_cut() -> bytes:
    """A length one less than the header's."""
    header, body = parts(sound())
    data = assemble(header, body)
    return (int.from_bytes(data[:8], "little") - 1).to_bytes(8, "little") + data[8:]


@lie("does not start like")
def header_is_a_list() -> bytes:
    """Valid JSON, but no object."""
    return assemble([1], b"")


@lie("does not start like")
def header_after_a_space() -> bytes:
    """White space before the header: two readers might disagree about it."""
    header, body = parts(sound())
    return assemble(b" " + assemble(header, b"")[8:], body)


@lie("its header is not valid JSON")
def header_not_utf8() -> bytes:
    """Bytes that are no text."""
    return assemble(b'{"\xff\xfe": 1}', b"")


@lie("a name appears twice")
def header_says_it_twice() -> bytes:
    """Two W1: which one a reader takes would be its own affair."""
    header, body = parts(sound())
    head = assemble(header, b"")[8:-1] + b', "W1": {}}'
    return assemble(head, body)


@lie("nested too deeply")
def header_bottomless() -> bytes:
    """A million brackets, to break the parser's stack."""
    return assemble(b'{"W1": ' + b"[" * 1_000_000, b"")


@lie("an integer of 100000 digits")
def header_endless_number() -> bytes:
    """A number that takes quadratic time to read."""
    return assemble(b'{"W1": ' + b"9" * 100_000 + b"}", b"")


@lie("NaN is no JSON")
def header_not_a_number() -> bytes:
    """NaN, which JSON does not have."""
    return assemble(b'{"W1": NaN}', b"")


# ---- the metadata ------------------------------------------------------------------


@lie("of another program")
def metadata_is_a_list() -> bytes:
    """No table of names."""
    return with_header(lambda header: header.update(__metadata__=[]))


@lie("__metadata__ lacks the field 'trilayer'")
def no_description() -> bytes:
    """Metadata without trilayer's."""
    return with_header(lambda header: header["__metadata__"].pop("trilayer"))


@lie("__metadata__ lacks the field 'sha256'")
def no_checksum() -> bytes:
    """The checksum taken out."""
    return with_header(lambda header: header["__metadata__"].pop("sha256"))


@lie("__metadata__ has a field that does not belong there, 'more'")
def hidden_metadata() -> bytes:
    """Metadata beside what the checksum covers."""
    return with_header(lambda header: header["__metadata__"].update(more="x"))


@lie("__metadata__.trilayer is not a text")
def description_not_text() -> bytes:
    """The description as JSON instead of a text."""
    return with_header(lambda header: header["__metadata__"].update(trilayer={"format": 1}))


@lie("the checksum does not match")
def another_checksum() -> bytes:
    """Well-formed and wrong."""
    return with_header(lambda header: header["__metadata__"].update(sha256="0" * 64))


@lie("__metadata__.sha256 is longer")
def a_long_checksum() -> bytes:
    """A checksum and a half."""
    return with_header(lambda header: header["__metadata__"].update(sha256="0" * 96))


@lie("the checksum does not match")
def two_names_changed_places() -> bytes:
    """b1 and W2 have the same shape here: swap their names."""

    def swap(header):
        header["b1"], header["W2"] = header["W2"], header["b1"]

    return with_header(swap)
