"""Lies of the description, under a checksum that is right."""

import json

from .forge import contents, described, lie, sealed, with_header


def _text(change) -> bytes:
    tensors, description = contents()
    return sealed(tensors, change(json.dumps(description)))


# ---- as JSON -----------------------------------------------------------------------


@lie("its description is not valid JSON")
def not_json() -> bytes:
    """Python's notation instead."""
    return _text(lambda _: "{'format': 1}")


@lie("its description is not valid JSON")
def two_values() -> bytes:
    """Something behind the end."""
    return _text(lambda text: text + "{}")


@lie("a name appears twice")
def said_twice() -> bytes:
    """Two thresholds."""
    return _text(lambda text: text[:-1] + ', "threshold": 0.1}')


@lie("its description is nested too deeply")
def bottomless() -> bytes:
    """Brackets to break the parser's stack."""
    return _text(lambda _: '{"format": 1, "summary": ' + "[" * 100_000 + "]" * 100_000 + "}")


@lie("description.summary is nested more than 16 deep")
def deep() -> bytes:
    """Deep enough to break what walks it later, and not the parser."""
    return _text(lambda text: text.replace('{"auc": 0.9}', "[" * 200 + "]" * 200))


@lie("an integer of 5000 digits")
def endless_number() -> bytes:
    """More digits than Python reads by itself."""
    return _text(lambda text: text.replace("0.9", "9" * 5000))


@lie("description.summary is not between")
def wide_number() -> bytes:
    """An integer beyond 64 bits."""
    return described("summary", value=2**65)


@lie("description.summary.auc is not a finite number|description.summary is not a finite number")
def infinite_number() -> bytes:
    """1e999 is infinity to most parsers."""
    return _text(lambda text: text.replace("0.9", "1e999"))


@lie("Infinity is no JSON")
def infinity() -> bytes:
    """Python's own extension of JSON."""
    return _text(lambda text: text.replace("0.9", "Infinity"))


@lie("not valid Unicode")
def half_a_character() -> bytes:
    """A text that cannot be printed."""
    return described("fingerprint", value="\ud800")


@lie("not valid Unicode")
def half_a_name() -> bytes:
    """A name that cannot be printed."""
    return described("versions", value={"\ud800": "1"})


@lie("longer than 10000 characters")
def endless_text() -> bytes:
    """A screenful for whoever inspects the file."""
    return described("fingerprint", value="x" * 10_001)


# ---- the version -------------------------------------------------------------------


@lie("format version 2, written by a newer trilayer, and this one reads up to 1; upgrade")
def newer() -> bytes:
    """From the future."""
    return described("format", value=2)


@lie("format version 2, written by a newer trilayer")
def newer_with_another_seal() -> bytes:
    """From a future that seals differently: the version is still what matters."""

    def change(header):
        metadata = header["__metadata__"]
        metadata.update(trilayer=metadata["trilayer"].replace('"format":1', '"format":2'))

    return with_header(change)


@lie("format version 0, which never existed")
def older() -> bytes:
    """From before the first."""
    return described("format", value=0)


@lie("names no format version")
def version_is_true() -> bytes:
    """True is 1 to Python."""
    return described("format", value=True)


@lie("names no format version")
def version_is_a_text() -> bytes:
    """'1' is not 1."""
    return described("format", value="1")


@lie("names no format version")
def description_is_a_list() -> bytes:
    """No fields at all."""
    return _text(lambda _: "[1]")


# ---- the fields --------------------------------------------------------------------


@lie("description lacks the field 'classes'")
def a_field_less() -> bytes:
    """Labels left out."""
    tensors, description = contents()
    del description["classes"]
    return sealed(tensors, description)


@lie("description has a field that does not belong there, 'exec'")
def a_field_more() -> bytes:
    """Something for a careless reader."""
    return described("exec", value="import os")


@lie("kind is not one of classifier, pipeline")
def unknown_kind() -> bytes:
    """A kind of model that does not exist."""
    return described("kind", value="regressor")


@lie("kind is not one of")
def kind_is_a_table() -> bytes:
    """A kind that cannot even be looked up."""
    return described("kind", value={})


@lie("threshold is not a finite number between 0 and 1")
def threshold_of_two() -> bytes:
    """No probability reaches it."""
    return described("threshold", value=2)


@lie("threshold is not a number")
def threshold_is_a_text() -> bytes:
    """A text where a number stands."""
    return described("threshold", value="0.5")


@lie("threshold is not a number")
def threshold_is_true() -> bytes:
    """True is 1 to Python."""
    return described("threshold", value=True)


@lie("training is not an object")
def training_is_null() -> bytes:
    """Nothing about the training."""
    return described("training", value=None)


@lie("training.n_iter is not between 0")
def negative_iterations() -> bytes:
    """Fewer than none."""
    return described("training", "n_iter", value=-1)


@lie(r"training.loss_curve\[1\] is not a number")
def curve_of_texts() -> bytes:
    """A curve that cannot be drawn."""
    return described("training", "loss_curve", value=[0.7, "0.6"])


@lie("training.loss_curve is not a list")
def curve_is_a_number() -> bytes:
    """One value instead of a curve."""
    return described("training", "loss_curve", value=0.7)


@lie("training.solver is longer than 100")
def solver_is_a_novel() -> bytes:
    """More than a word."""
    return described("training", "solver", value="x" * 101)


@lie("versions.numpy is not a text")
def version_number() -> bytes:
    """2.0 instead of '2.0'."""
    return described("versions", value={"numpy": 2.0})


@lie("versions is not an object")
def versions_listed() -> bytes:
    """A list where names belong."""
    return described("versions", value=["numpy"])


@lie("it names 1 features for 2 inputs")
def a_name_less() -> bytes:
    """One input without a name."""
    return described("feature_names", value=["a"])


@lie(r"feature_names\[1\] is not a text")
def a_name_of_null() -> bytes:
    """A name that is none."""
    return described("feature_names", value=["a", None])


@lie("names the steps of a pipeline and is none")
def steps_of_a_classifier() -> bytes:
    """Steps where there is one."""
    return described("steps", value=["a", "b"])


@lie("does not name the two steps")
def pipeline_without_names() -> bytes:
    """Steps without names."""
    return described("kind", value="pipeline")


@lie("does not name the two steps")
def pipeline_of_twins() -> bytes:
    """Two steps of one name."""
    tensors, description = contents()
    description |= {"kind": "pipeline", "steps": ["a", "a"], "encoder": {}}
    return sealed(tensors, description)
