"""Numbers, dates, truth values and words for nothing, as people write them."""

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.errors import TableError
from trilayer.tables import Hints, convert
from trilayer.tables.kinds import survey_frame
from trilayer.tables.readings import BOOLEAN, CATEGORY, DATE, NUMBER, Reading, in_words, is_form
from trilayer.tables.texts import INPUT, TextColumn


def read(texts, **hints):
    """What a column of text is read as, and its values."""
    table = pa.table({"x": pa.array(texts, pa.string())})
    reading = survey_frame(table, hints=Hints(**hints))["x"]
    return reading, convert(table["x"], reading, "x").to_pylist()


# ---- numbers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "form", "values"),
    [
        (["$12.5", "-$4.99", "$0"], ".$", [12.5, -4.99, 0]),
        (["US$1,200.5", "US$7", "80"], ".US$", [1200.5, 7, 80]),
        (["12 €", "1.234,5 €"], ",€", [12, 1234.5]),
        (["EUR 5", "EUR 7.25"], ".EUR", [5, 7.25]),
        (["12%", "7.5 %", "0"], ".%", [12, 7.5, 0]),
        (["12,5", "7", "-0,25"], ",", [12.5, 7, -0.25]),
        (["1.234,56", "-4.990,00"], ",", [1234.56, -4990]),
        (["1,234.56", "-4,990.00", "12"], ".", [1234.56, -4990, 12]),
        (["12,34,567.5", "1.5"], ".", [1234567.5, 1.5]),
        (["1.234.567", "12"], ",", [1234567, 12]),
        (["1 234", "-4 990", "7"], ".", [1234, -4990, 7]),
        (["1\u00a0234,5", "1\u202f000"], ",", [1234.5, 1000]),
        (["1'234.5", "7"], ".", [1234.5, 7]),
        (["(123)", "45", "(1.5)"], ".", [-123, 45, -1.5]),
        (["123-", "45"], ".", [-123, 45]),
        (["\u221249", "32"], "", [-49, 32]),
        (["12 kg", "7.5kg"], ".kg", [12, 7.5]),
        (["90 km/h", "120 km/h"], ".km/h", [90, 120]),
        (['3.5"', '5"'], '."', [3.5, 5]),
        (["0x1f", "-0xA", "0X10"], "x", [31, -10, 16]),
        (["0,123", "0,5"], ",", [0.123, 0.5]),
        (["+1", "-2e3", " .5 ", "5."], "", [1, -2000, 0.5, 5]),
    ],
)
def test_numbers_of_one_form_are_numbers(texts, form, values):
    assert read(texts) == (Reading(NUMBER, form), values)
    assert is_form(NUMBER, form)
    # What is not there does not count, and typed numbers need no form.
    assert read([*texts, "", "NA", None])[1] == [*values, None, None, None]
    assert convert(pa.array(values, pa.float64()), Reading(NUMBER, form), "x").to_pylist() == values


@pytest.mark.parametrize(
    "texts",
    [
        ["12 kg", "7 lb", "3 st"],
        ["$5", "€7"],
        ["12%", "13"],
        ["12.5", "7,5"],
        ["1,23,4", "x"],
        ["a1", "a2"],
        ["1 2", "3 4"],
        ["(5", "7)"],
        ["0x", "0xg"],
        ["18-24", "25-34"],
        ["1st", "2nd", "3rd"],
    ],
)
def test_what_is_of_no_one_form_is_text(texts):
    assert read(texts)[0].kind == CATEGORY


def test_what_may_be_either_is_named_and_a_person_decides():
    """1.234 is a number with a point, and 1,234 one with thousands, unless it is said."""
    reading, values = read(["1.288", "-499"])
    assert (reading.form, values) == ("", [1.288, -499])
    assert "'1.288' is read as 1.288; --decimal , reads 1288" in reading.note
    assert read(["2,500", "1,500"])[1] == [2500, 1500]
    for hints in ({"decimal": ","}, {"thousands": "."}):
        assert read(["1.288", "-499"], **hints) == (Reading(NUMBER, ","), [1288, -499])
        assert read(["2,500", "12"], **hints) == (Reading(NUMBER, ","), [2.5, 12])
    assert read(["2,500", "12"], thousands=",") == (Reading(NUMBER, "."), [2500, 12])
    assert read(["1.5", "2.25"])[0] == Reading(NUMBER)  # no doubt, no note
    assert read(["12", "13"])[0] == Reading(NUMBER)
    with pytest.warns(UserWarning, match=r"'12\.88' in row 20 is none"):
        read([*(f"{i}" for i in range(19)), "12.88"], decimal=",")


def test_zeros_before_digits_of_one_width_are_codes_unless_told():
    reading, _ = read(["00123", "98052", "NA"])
    assert (reading.kind, reading.form) == (CATEGORY, "")
    assert "--number" in reading.note
    assert read(["00123", "98052"], number=("x",)) == (Reading(NUMBER), [123, 98052])
    assert read(["007", "12"])[0] == Reading(NUMBER)
    assert read(["0.12", "0.55"])[0] == Reading(NUMBER)
    assert read(["0", "1"])[0] == Reading(NUMBER)


@given(
    st.lists(st.integers(-(10**9), 10**9).map(lambda n: n / 100), min_size=1, max_size=30),
    st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", "."), ("\u00a0", ",")]),
    st.sampled_from(["{}", "${}", "{} €", "{}%", "{} kg"]),
)
def test_what_is_written_is_what_is_read(values, signs, form):
    group, decimal = signs
    swapped = str.maketrans({",": group, ".": decimal})
    texts = [form.format(f"{value:,.2f}".translate(swapped)) for value in values]
    assert read(texts)[1] == values


# ---- dates ---------------------------------------------------------------------------

NEW_YEAR = dt.datetime(2023, 1, 2)
AFTERNOON = dt.datetime(2023, 1, 2, 15, 4)


@pytest.mark.parametrize(
    ("texts", "form", "values"),
    [
        (["02/01/2023", "13/01/2023"], "dmy", [NEW_YEAR, dt.datetime(2023, 1, 13)]),
        (["02-01-2023", "31-01-2023"], "dmy", [NEW_YEAR, dt.datetime(2023, 1, 31)]),
        (["2.1.23", "13.1.23"], "dmy", [NEW_YEAR, dt.datetime(2023, 1, 13)]),
        (["1/2/2023 3:04 PM", "1/13/2023 12:00 AM"], "mdy", [AFTERNOON, dt.datetime(2023, 1, 13)]),
        (["2023/01/02", "2023.1.2"], "", [NEW_YEAR, NEW_YEAR]),
        (["02-Jan-2023", "2 January 2023", "Jan 2, 2023", "Mon, 02 Jan 2023"], "", [NEW_YEAR] * 4),
        (["Jan-2023", "January 2023", "2023-01"], "", [dt.datetime(2023, 1, 1)] * 3),
        (["2023-01-02 15:04:00 UTC", "2023-01-02T15:04Z", "2023-01-02 15:04"], "", [AFTERNOON] * 3),
        (["2023-01-02T16:04+01:00", "2023-01-02 10:04:00-0500"], "", [AFTERNOON] * 2),
        (["2023-01-02", "0000-00-00", "0000-00-00 00:00:00"], "", [NEW_YEAR, None, None]),
        (["3:04 pm", "15:04"], "", [dt.datetime(1970, 1, 1, 15, 4)] * 2),
        (["2023-01-02 15:04:00.0000019Z"], "", [AFTERNOON.replace(microsecond=1)]),
    ],
)
def test_dates_of_one_form_are_dates(texts, form, values):
    assert read(texts) == (Reading(DATE, form), values)


def test_where_no_date_shows_its_order_a_person_is_asked():
    with pytest.warns(UserWarning, match=r"'05/09/2020', none of which tells .* --dayfirst or"):
        assert read(["05/09/2020", "01/02/2020"])[0].kind == CATEGORY
    assert read(["05/09/2020"], dayfirst=True)[1] == [dt.datetime(2020, 9, 5)]
    assert read(["05/09/2020"], dayfirst=False)[1] == [dt.datetime(2020, 5, 9)]
    # A column that shows it needs no saying.
    assert read(["13/01/2020"], dayfirst=False)[0].kind == CATEGORY


@pytest.mark.parametrize(
    ("values", "form"),
    [
        ([1_672_617_600, 1_672_617_601], "s"),
        ([1_672_617_600_000, 0], "ms"),
        ([1_672_617_600_000_000], "us"),
        ([1_672_617_600_000_000_000], "ns"),
        ([20230102, 20231231], "ymd"),
    ],
)
def test_numbers_that_are_dates_where_it_is_said(values, form):
    for column in (pa.array(values), pa.array([str(value) for value in values])):
        reading = survey_frame(pa.table({"x": column}), hints=Hints(date=("x",)))["x"]
        assert reading == Reading(DATE, form)
        assert convert(column, reading, "x")[0].as_py() == NEW_YEAR


@pytest.mark.parametrize("text", ["2023-02-30", "2023-13-01", "24:00", "13:00 pm", "soon"])
def test_days_that_there_are_not_are_none(text):
    with pytest.raises(TableError, match="row 1"):
        convert(pa.array([text]), DATE, "x")


@given(st.lists(st.dates(dt.date(1970, 1, 1), dt.date(2068, 12, 31)), min_size=1, max_size=20))
def test_orders_agree(days):
    days = [*days, dt.date(2024, 5, 13)]
    for written in ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y", "%Y/%m/%d", "%d %b %Y", "%B %d, %Y"):
        _, values = read([day.strftime(written) for day in days])
        assert [value.date() for value in values] == days


# ---- truth values, and nothing -------------------------------------------------------


def test_truth_values_of_every_spelling():
    assert read(["True", "false", " TRUE", "NA"]) == (
        Reading(BOOLEAN),
        [True, False, True, None],
    )
    for yes, no in (("yes", "No"), ("Y", "n"), ("t", "F"), ("1", "0"), ("1.0", "0.0")):
        column = pa.array([yes, no, None])
        assert convert(column, BOOLEAN, "x").to_pylist() == [True, False, None]
    assert convert(pa.array(["True", "FALSE"]), NUMBER, "x").to_pylist() == [1, 0]


@pytest.mark.parametrize(
    "word", ["\\N", "NaT", "--", "n.a.", "#DIV/0!", "#N/A N/A", "1.#QNAN", "nil", "", " ", "?"]
)
def test_words_for_nothing(word):
    assert read(["1", word, "2.5"]) == (Reading(NUMBER), [1, None, 2.5])
    assert read(["2023-01-02", word])[1] == [NEW_YEAR, None]
    assert read(["a", word])[0].kind == CATEGORY


def test_words_for_nothing_may_be_added():
    reading, values = read(["1", "unknown", "-9999", "-9999.0"], missing=("unknown", "-9999"))
    assert (reading.kind, values) == (NUMBER, [1, None, None, None])
    assert convert(pa.array([1, -9999]), reading, "x").to_pylist() == [1, None]
    assert read(["a", " unknown", "b"], missing=("unknown",))[1] == ["a", None, "b"]


# ---- laws ----------------------------------------------------------------------------

NUMBERS = ["1", "2.5", "007", "$3", "4%", "1,234", "1.234", "5,5", "0x1f", "-9", " 7 ", "0"]
VALUES = st.sampled_from(
    [*NUMBERS, "true", "2023-01-02", "13/01/2023", "01/13/2023", "05/09/2020", "a", "NA", ""]
)


def outcome(columns):
    column = TextColumn("x", INPUT, Hints())
    for part in columns:
        column.add(pa.array(part, pa.large_string()))
    try:
        return column.reading(), column.left
    except TableError as error:
        return str(error), column.left


@given(st.lists(VALUES, min_size=1, max_size=25), st.integers(1, 6))
def test_how_rows_are_cut_does_not_matter(values, size):
    parts = [values[i : i + size] for i in range(0, len(values), size)]
    assert outcome(parts) == outcome([values])


@given(st.lists(VALUES, min_size=1, max_size=25))
def test_what_is_read_as_something_can_be_read_so(values):
    column = TextColumn("x", INPUT, Hints(dayfirst=True))
    column.add(pa.array(values, pa.large_string()))
    reading = column.reading()
    made = convert(pa.array(values, pa.large_string()), reading, "x")
    assert len(made) == len(values)
    assert is_form(reading.kind, reading.form)
    assert bool(in_words(reading.kind, reading.form)) == bool(reading.form)
