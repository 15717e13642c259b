"""What the lab refuses, as a code and its parameters: the page says it in two languages."""

from typing import Any

from trilayer.errors import InputError, TriLayerError

_ENGLISH = {
    "bad_message": "the message cannot be read: {detail}",
    "unknown_command": "no command {command!r}",
    "missing": "{name} is missing",
    "bad_value": "{name} cannot be {value!r}",
    "not_a_knob": "{solver} does not take {name}",
    "no_iteration": "iteration {k} is out of reach: there are {oldest} to {newest}",
    "no_element": "{matrix} is {rows} × {columns}: it has no element ({row}, {column})",
    "no_matrix": "no matrix {matrix!r}",
    "no_index": "no point {index}: there are {count}",
    "one_class": "the training samples are of one class: two are needed",
    "too_few": "{rows} rows are too few to hold {held_out} of them out",
    "too_many_points": "more than {limit} points",
    "too_many_rows": "{rows} rows: the lab takes up to {limit}",
    "too_many_inputs": "{inputs} inputs: the lab takes up to {limit}",
    "too_large": "{bytes} bytes: the lab takes up to {limit}",
    "no_table": "there is no table: give one first",
    "no_column": "the table has no column {column!r}",
    "not_two_labels": "column {column!r} holds {count} different values: a target has two",
    "no_inputs": "no column is left to learn from",
    "raw_needs_numbers": "column {column!r} is no number: standardise, or ignore it",
    "too_many_parameters": "{parameters} parameters: this takes up to {limit}",
    "no_hidden_layer": "this needs a hidden layer",
    "not_believable": "nothing can be trained with misprint {misprint}",
    "no_script": "no script like this can be written of {solver}: it does not say how",
    "no_link": "the link cannot be followed: {reason}",
    "said": "{text}",
}


class RefusalError(InputError):
    """A command that cannot be carried out, and why.

    Parameters
    ----------
    code : str
        One of docs/lab-protocol.md's.
    params : dict
        What the sentence needs; plain JSON.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(_ENGLISH[code].format(**params))
        self.code, self.params = code, params

    def as_note(self) -> dict[str, Any]:
        """Return code, parameters and the English sentence, for a message's header."""
        return {"code": self.code, "params": self.params, "text": str(self)}


CODES = frozenset(_ENGLISH)
"""All codes there are."""


def refusal_of(error: TriLayerError) -> RefusalError:
    """Make what the library refused something that the lab can say."""
    return error if isinstance(error, RefusalError) else RefusalError("said", text=str(error))
