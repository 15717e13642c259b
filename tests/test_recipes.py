"""docs/recipes.md is run as it stands, a section at a time, where its libraries are installed."""

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from unittest.mock import MagicMock

import numpy as np
import pytest

from conftest import ROOT

PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
FIRST, *SECTIONS = re.split(r"^## ", PAGE, flags=re.MULTILINE)
RECIPES = {section.split("\n", 1)[0]: section for section in SECTIONS}


def code(section):
    return "\n\n".join(re.findall(r"```python\n(.*?)```", section, re.DOTALL))


def libraries(section):
    return re.search(r"^`pip install (.*)`$", section, re.MULTILINE)[1].split()


def is_missing(name):
    try:
        distribution(name)
    except PackageNotFoundError:
        return True
    return False


def skops_checks(found):
    rows = found["X_test"]
    assert np.array_equal(found["again"].predict_proba(rows), found["model"].predict_proba(rows))
    assert np.array_equal(
        found["table_again"].predict_proba(rows), found["table"].predict_proba(rows)
    )


def mlflow_checks(found):
    rows, model = found["X_test"], found["model"]
    assert np.array_equal(found["again"].predict_proba(rows), model.predict_proba(rows))
    assert np.array_equal(found["served"].predict(rows), model.predict(rows))
    assert found["losses"] == model[-1].loss_curve_


def shap_checks(found):
    rows, scaled = found["X_test"], found["scaler"].transform(found["X_test"])
    np.testing.assert_allclose(found["logits"], found["model"].decision_function(rows[:5]))
    linear = found["linear"].values.sum(axis=1) + found["linear"].base_values
    np.testing.assert_allclose(linear, found["unit"].decision_function(scaled))
    of_table = found["of_table"].values.sum(axis=1) + found["of_table"].base_values
    frame = found["frame"].loc[rows.index[:5]]
    np.testing.assert_allclose(of_table, found["table"].decision_function(frame))


def imblearn_checks(found):
    from trilayer import load

    rows = found["X_test"]
    expected = found["sampled"].predict_proba(rows)
    assert np.array_equal(load("sampled.safetensors").predict_proba(rows), expected)
    with pytest.raises(ValueError, match="'smote' is a SMOTE"):
        found["save"](found["sampled"], "refused.safetensors")


def fairlearn_checks(found):
    assert found["by_group"].min() > 0.8
    assert found["gap"] < found["gap_before"]
    assert found["gap_reduced"] < found["gap_before"]


def mapie_checks(found):
    sets, truth = found["sets"][:, :, 0], found["y_test"].to_numpy()
    assert sets[np.arange(len(truth)), truth].mean() > 0.9
    assert np.array_equal(found["labels"], found["model"].predict(found["X_test"]))


def optuna_checks(found):
    states = [trial.state.name for trial in found["study"].trials]
    assert set(states) == {"COMPLETE", "PRUNED"}
    assert found["study"].best_value < 0.4


def onnx_checks(found):
    rows, model = found["X_test"], found["model"]
    np.testing.assert_allclose(found["probabilities"], model.predict_proba(rows), atol=2e-6)
    assert np.array_equal(found["labels"], model.predict(rows))


CHECKS = {
    "skops": skops_checks,
    "mlflow": mlflow_checks,
    "shap": shap_checks,
    "imbalanced-learn": imblearn_checks,
    "fairlearn": fairlearn_checks,
    "mapie": mapie_checks,
    "optuna": optuna_checks,
    "ONNX": onnx_checks,
}


@pytest.mark.filterwarnings("ignore")  # what those libraries warn of is theirs to mend
@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_run(name, tmp_path, monkeypatch):
    section = RECIPES[name]
    if missing := [library for library in libraries(section) if is_missing(library)]:
        pytest.skip(f"{', '.join(missing)} not installed: pip install --group recipes")
    monkeypatch.chdir(tmp_path)
    for module in [name for name, each in sys.modules.items() if isinstance(each, MagicMock)]:
        monkeypatch.delitem(sys.modules, module)  # colour-science stands in for Matplotlib
    found = {}
    exec(compile(code(FIRST) + "\n\n" + code(section), f"docs/recipes.md, {name}", "exec"), found)
    CHECKS[name](found)


def test_the_page_names_what_is_tested_and_the_group_has_it():
    assert list(CHECKS) == list(RECIPES) == re.findall(r"^\| \[(.*?)\]", FIRST, re.MULTILINE)
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    wanted = {re.match(r"[\w-]+", line)[0] for line in groups["recipes"]}
    assert wanted == {library for section in RECIPES.values() for library in libraries(section)}
