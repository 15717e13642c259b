"""No equation without code, proof and page; no function of `core` without an equation."""

import inspect
import re

import pytest

from conftest import ROOT
from trilayer.derivation import core
from trilayer.derivation.claims import CLAIMS
from trilayer.derivation.misprints import MISPRINTS, examine
from trilayer.derivation.trace import NETWORK
from trilayer.params import Params

DOCS = ROOT / "docs"
PAGES = ["derivation.md", "derivation.zh-CN.md"]

FUNCTIONS = {
    name: f
    for name, f in vars(core).items()
    if inspect.isfunction(f) and f.__module__ == core.__name__ and not name.startswith("_")
}


def equations_named(docstring):
    """Numbers before the first colon: "E7, E8:" or "E7 to E32:"."""
    lead = docstring.partition(":")[0]
    spans = re.findall(r"E(\d+) to E(\d+)", lead)
    spanned = {n for low, high in spans for n in range(int(low), int(high) + 1)}
    return spanned | {int(n) for n in re.findall(r"E(\d+)", lead)}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_names_its_equation(name):
    assert equations_named(FUNCTIONS[name].__doc__) & set(range(6, 36))


def test_every_equation_has_its_function():
    single = [equations_named(f.__doc__) for f in FUNCTIONS.values() if " to E" not in f.__doc__]
    assert set().union(*single) == set(range(6, 36)) - {9}
    assert "E9" in Params.__doc__


def test_every_equation_has_its_proof():
    assert [claim.id for claim in CLAIMS] == [f"E{n}" for n in range(6, 36) if n != 9]


@pytest.mark.parametrize("equation", NETWORK, ids=lambda e: e.target)
def test_every_traced_matrix_is_made_by_its_equations_function(equation):
    called = [FUNCTIONS[name] for name in equation.compute.__code__.co_names if name in FUNCTIONS]
    assert int(equation.id[1:]) in set().union(*(equations_named(f.__doc__) for f in called))


# ---- the pages ----------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_pages_show_every_equation_once_with_its_functions(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    for n in range(1, 36):
        assert len(re.findall(rf"^\*\*E{n}\*\*", text, flags=re.MULTILINE)) == 1, f"E{n}"
    for name, f in FUNCTIONS.items():
        for n in equations_named(f.__doc__) if " to E" not in f.__doc__ else ():
            entry = re.search(rf"^\*\*E{n}\*\*.*?(?=^\*\*E|^#)", text, re.MULTILINE | re.DOTALL)
            assert entry, n
            assert f"`{name}`" in entry[0], f"E{n} does not name {name}"


@pytest.mark.parametrize("page", PAGES)
def test_pages_have_both_tables_in_full(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    assert [row for row in rows if re.fullmatch(r"R\d+", row)] == [r.id for r in MISPRINTS]
    assert [row for row in rows if re.fullmatch(r"E\d+", row)] == [c.id for c in CLAIMS]


@pytest.mark.parametrize("finding", examine(), ids=lambda f: f.id)
def test_the_page_says_what_the_check_finds(finding):
    text = (DOCS / "derivation.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| {finding.id} \|.*\|$", text, flags=re.MULTILINE)
    outcome = finding.printed_outcome.partition(", relative")[0]
    assert row.endswith(f"| {outcome} |")


@pytest.mark.parametrize("page", PAGES)
def test_pages_name_only_functions_that_exist(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    for module, name in re.findall(r"`(core|params|trace|proofs|misprints)\.(\w+)`", text):
        room = "trilayer" if module == "params" else "trilayer.derivation"
        namespace = __import__(f"{room}.{module}", fromlist=[name])
        assert hasattr(namespace, name), f"{module}.{name}"
