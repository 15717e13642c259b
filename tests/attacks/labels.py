"""Lies about classes and hyper-parameters, under a checksum that is right."""

from .forge import contents, described, lie, sealed

# ---- the classes -------------------------------------------------------------------


def _classes(dtype, *labels) -> bytes:
    tensors, description = contents()
    description["classes"] = {"dtype": dtype, "labels": list(labels)}
    description["positive"] = labels[-1]
    return sealed(tensors, description)


@lie("does not hold two different classes")
def one_class() -> bytes:
    """Nothing to tell apart."""
    return _classes("int64", 1)


@lie("has more than 2 elements")
def three_classes() -> bytes:
    """One too many."""
    return _classes("int64", 0, 1, 2)


@lie("does not hold two different classes")
def twins() -> bytes:
    """Twice the same."""
    return _classes("object", "yes", "yes")


@lie("does not hold two different classes")
def zeros() -> bytes:
    """0.0 and -0.0 are equal."""
    return _classes("float64", 0.0, -0.0)


@lie("unknown dtype, 'datetime64'")
def unknown_label_dtype() -> bytes:
    """A dtype that labels never have."""
    return _classes("datetime64", 0, 1)


@lie("unknown dtype, 'U99999'")
def wide_labels() -> bytes:
    """Labels that take megabytes."""
    return _classes("U99999", "no", "yes")


@lie("do not fit their dtype, <U2")
def cut_labels() -> bytes:
    """'yes' would become 'ye'."""
    return _classes("U2", "no", "yes")


@lie("do not fit their dtype, int8")
def overflowing_label() -> bytes:
    """200 is no int8."""
    return _classes("int8", 0, 200)


@lie("do not fit their dtype, float16")
def infinite_label() -> bytes:
    """1e300 is no float16."""
    return _classes("float16", 0.0, 1e300)


@lie("do not fit their dtype, bool")
def numbers_as_booleans() -> bytes:
    """1 is not True in a file."""
    return _classes("bool", 0, 1)


@lie("do not fit their dtype, float64")
def null_label() -> bytes:
    """None would become NaN."""
    return _classes("float64", None, 1.0)


@lie("do not fit their dtype, int64")
def texts_as_numbers() -> bytes:
    """NumPy would read them."""
    return _classes("int64", "0", "1")


@lie("not the texts they are said to be")
def tables_as_objects() -> bytes:
    """Anything fits an array of objects."""
    return _classes("object", {}, [])


@lie("does not hold two different classes")
def nested_labels() -> bytes:
    """Lists of labels."""
    return _classes("int64", [0], [1])


@lie("do not fit their dtype, int64")
def ragged_labels() -> bytes:
    """Lists of different lengths."""
    return _classes("int64", [0], [1, 2])


@lie("the positive label is not one of the two classes")
def positive_is_another() -> bytes:
    """A third label is the positive one."""
    return described("positive", value="perhaps")


@lie("the positive label is not one of the two classes")
def positive_of_another_type() -> bytes:
    """True is 1 to Python."""
    tensors, description = contents()
    description["classes"] = {"dtype": "int64", "labels": [0, 1]}
    description["positive"] = True
    return sealed(tensors, description)


# ---- the hyper-parameters ------------------------------------------------------------


def _hyper(**values) -> bytes:
    return described("hyper_parameters", value=values)


@lie("the classifier of this version has no hyper-parameter 'fit'")
def unknown_hyper_parameter() -> bytes:
    """A name that set_params might set and something else call."""
    return _hyper(fit="x")


@lie("the classifier of this version has no hyper-parameter '__class__'")
def dunder() -> bytes:
    """A name that means something to Python."""
    return _hyper(__class__="dict")


@lie("a hyper-parameter cannot be: .*'hidden_units'")
def wrong_type() -> bytes:
    """A text where an integer stands."""
    return _hyper(hidden_units="16")


@lie("a hyper-parameter cannot be: .*'l2'")
def out_of_range() -> bytes:
    """A decay that grows."""
    return _hyper(l2=-1.0)


@lie("a hyper-parameter cannot be: dtype")
def dtype_of_objects() -> bytes:
    """Arrays of objects."""
    return _hyper(dtype="object")


@lie("l2 lacks the field 'pairs'")
def an_unknown_form() -> bytes:
    """A form that means nothing."""
    return _hyper(l2={"eval": "1"})


@lie("l2 is a list")
def a_list() -> bytes:
    """No hyper-parameter is a list."""
    return _hyper(l2=[1])


@lie("is not a table of labels and numbers")
def a_pair_of_three() -> bytes:
    """Three in a pair."""
    return _hyper(class_weight={"pairs": [["yes"]]})


@lie("is not a table of labels and numbers")
def an_unhashable_label() -> bytes:
    """A label that no dict holds."""
    return _hyper(class_weight={"pairs": [[["yes"], 1]]})


@lie("names a label twice")
def a_label_twice() -> bytes:
    """1 and True are one key to Python."""
    return _hyper(class_weight={"pairs": [[1, 1.0], [True, 2.0]]})
