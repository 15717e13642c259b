"""JSON changed at random."""

import copy

from hypothesis import strategies as st

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["yes", "no", "float32", "object", "int64", "pipeline", "adam", "inf", "1"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["pairs", "dtype", "x"]), inner, max_size=3),
    ),
    max_leaves=6,
)


def places(value, path=()):
    """Every place in a JSON value."""
    yield path
    children = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        children = enumerate(value)
    for key, child in children:
        yield from places(child, (*path, key))


def mutated(value, path, change, new):
    """A copy with something replaced, taken out or added at one place."""
    result = copy.deepcopy(value)
    if not path:
        return new
    place = result
    for step in path[:-1]:
        place = place[step]
    if change == "remove":
        del place[path[-1]]
    elif change == "add" and isinstance(place, dict):
        place[str(new)[:10]] = new
    else:
        place[path[-1]] = new
    return result


changes = st.sampled_from(["replace", "remove", "add"])
