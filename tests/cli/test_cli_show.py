"""What `inspect`, `check`, `trace` and `demo` show is what is there."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors import safe_open

from trilayer import TriLayerClassifier, load, save, trace
from trilayer.cli import check as check_command
from trilayer.cli.trace import GIVEN, MADE
from trilayer.derivation.claims import CLAIMS
from trilayer.derivation.misprints import MISPRINTS
from trilayer.derivation.trace import NETWORK
from trilayer.modelfile import read

# ---- inspect --------------------------------------------------------------------------


def test_inspect_tells_all_that_the_file_holds(trilayer, people):
    told = json.loads(trilayer("inspect", people.model, "--json").out)
    record = read(people.model)
    assert told["inputs"] == record.params.n1
    assert told["hidden"] == 4
    assert told["parameters"] == 4 * record.params.n1 + 4 + 4 + 1
    assert told["classes"] == ["no", "yes"]
    assert told["summary"] == record.summary
    assert told["fingerprint"]["sha256"] == hashlib.sha256(people.csv.read_bytes()).hexdigest()
    assert sum(column["inputs"] for column in told["columns"]) == record.params.n1
    with safe_open(people.model, "numpy") as file:
        assert told["checksum"] == file.metadata()["sha256"]
    assert len(told["curves"]["loss_curve"]) == told["training"]["n_iter"]


def test_inspect_says_it_in_words(trilayer, people):
    said = trilayer("inspect", people.model)
    told = json.loads(trilayer("inspect", people.model, "--json").out)
    for words in (told["checksum"], "4 hidden units", "job (category", "name: nearly every value"):
        assert words in said.out
    for name in ("auc", "log_loss", "brier", "ece", "accuracy"):
        assert f"{name} {told['summary']['network'][name]:.4f}" in said.out
    assert all(line == line.rstrip() for line in said.out.splitlines())


@pytest.mark.parametrize("summary", [None, "by hand", {"auc": 1}, {"network": {"auc": None}}])
def test_inspect_takes_any_model(trilayer, tmp_path, summary):
    X = np.random.default_rng(0).normal(size=(40, 3))
    y = np.arange(40) % 2
    model = TriLayerClassifier(0, random_state=0).fit(X, y)
    del model.validation_curve_
    save(model, tmp_path / "m", summary=summary, fingerprint={"files": ["a", "b"]})
    said = trilayer("inspect", tmp_path / "m")
    assert said.code == 0
    assert "numbers without names" in said.out
    assert "files a b" in said.out
    frame = pd.DataFrame(X, columns=list("abc"))
    save(TriLayerClassifier(1, random_state=0).fit(frame, y), tmp_path / "m")
    assert "a (number), b (number), c (number)" in trilayer("inspect", tmp_path / "m").out


# ---- check ----------------------------------------------------------------------------


def test_check_shows_every_equation_and_misprint(trilayer, people):
    said = trilayer("check", people.model)
    told = json.loads(trilayer("check", people.model, "--json").out)
    assert said.code == 0
    assert [each["id"] for each in told["equations"]] == [claim.id for claim in CLAIMS]
    assert [each["id"] for each in told["misprints"]] == [misprint.id for misprint in MISPRINTS]
    for claim in CLAIMS:
        assert f" {claim.id} " in said.out
        assert claim.statement in said.out
    for misprint in MISPRINTS:
        assert misprint.as_corrected in said.out
    assert "Live engine:" in said.out
    assert told["failed"] == []
    assert told["gradients"]["max_relative_error"] < 1e-6
    sizes = [value.size for value in vars(read(people.model).params).values()]
    assert told["gradients"]["parameters"] == sum(sizes)
    assert "Gradients of" in said.out
    assert "Gradients of" not in trilayer("check").out


def test_a_failed_check_exits_with_one(trilayer, people, monkeypatch):
    monkeypatch.setattr(
        "trilayer.derivation.proofs.TOLERANCE", {claim.method: -1.0 for claim in CLAIMS}
    )
    monkeypatch.setattr("trilayer.derivation.misprints.TOLERANCE", -1.0)
    monkeypatch.setattr(check_command, "GRADIENT_TOLERANCE", 0.0)
    said = trilayer("check", people.model)
    assert said.code == 1
    assert said.err.startswith("trilayer: the check failed for E6, E7")
    assert said.err.endswith("R15, gradients\n")
    assert said.out.count("FAILS") == len(CLAIMS) + len(MISPRINTS) + 1


# ---- trace ----------------------------------------------------------------------------


def matrices(said):
    told = json.loads(said.out)
    return told, {each["name"]: np.array(each["values"]) for each in told["matrices"]}


@pytest.mark.parametrize("rows", [1, 3, 7])
def test_trace_shows_what_trace_computes(trilayer, people, rows):
    said = trilayer("trace", people.model, people.csv, "--rows", rows, "--json")
    told, shown = matrices(said)
    model = load(people.model)
    X = model[0].transform(people.frame[:rows]).T
    Y = (people.frame.buys[:rows] == "yes").to_numpy()[None]
    expected = trace(read(people.model).params, X, Y).matrices
    assert set(shown) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(shown[name], value, rtol=1e-12, atol=1e-15, err_msg=name)
    assert told["m"] == rows
    for each in told["matrices"]:
        symbols = {"n1": told["n1"], "n2": told["n2"], "m": rows, "1": 1}
        assert each["shape"] == [symbols[symbol] for symbol in each["symbols"]]


def test_trace_names_every_equation_and_input(trilayer, people):
    said = trilayer("trace", people.model, people.csv)
    for equation in NETWORK:
        assert f"({equation.id}, " in said.out
    assert set(MADE) == {equation.target for equation in NETWORK}
    for name in json.loads(trilayer("trace", people.model, people.csv, "--json").out)["inputs"]:
        assert said.out.count(f"  {name}\n") == 3  # X, W1 and dW1
    assert "y = 0 is 'no', y = 1 is 'yes'" in said.err


def test_without_the_target_trace_goes_forward_only(trilayer, people):
    text = people.frame.drop(columns="buys").to_csv(index=False).encode()
    said = trilayer("trace", people.model, "-", "--json", stdin=text)
    _, shown = matrices(said)
    assert list(shown) == ["X", "W1", "b1", "W2", "b2", "Z1", "A1", "Z2", "A2"]
    assert "no cost and no gradients" in said.err
    p = load(people.model).predict_proba(people.frame[:3])[:, 1]
    np.testing.assert_allclose(shown["A2"][0], p, rtol=1e-12)
    gap = people.frame.assign(buys=people.frame.buys.where(people.frame.row != 1))
    said = trilayer("trace", people.model, "-", "--json", stdin=gap.to_csv().encode())
    assert "no cost and no gradients" in said.err


def test_a_positive_first_label_is_y_zero(trilayer, people, tmp_path):
    words = ("--target", "buys", "--positive", "no", "--max-iter", 5, "-o", tmp_path / "m")
    assert trilayer("train", people.csv, *words).code == 0
    _, shown = matrices(trilayer("trace", tmp_path / "m", people.csv, "--rows", 9, "--json"))
    np.testing.assert_array_equal(shown["Y"][0], people.frame.buys[:9] == "yes")


def test_the_unit_has_matrices_of_its_own(trilayer, people, tmp_path):
    words = ("--target", "buys", "--hidden", 0, "-o", tmp_path / "m")
    assert trilayer("train", people.csv, *words).code == 0
    _, shown = matrices(trilayer("trace", tmp_path / "m", people.csv, "--json"))
    assert list(shown) == ["X", "Y", "W2", "b2", "Z2", "A2", "J", "dZ2", "dW2", "db2"]
    np.testing.assert_allclose(shown["Z2"], shown["W2"].T @ shown["X"] + shown["b2"], rtol=1e-12)
    said = trilayer("trace", tmp_path / "m", people.csv)
    assert "Z2  = W2ᵀ X + b2   (E33, 1 × m = 1 × 3)" in said.out
    assert f"(E9, n1 × 1 = {len(shown['X'])} × 1)" in said.out


def test_all_rows_when_there_are_fewer(trilayer, people, tmp_path):
    people.frame[:2].to_csv(tmp_path / "x.csv", index=False)
    told, _ = matrices(trilayer("trace", people.model, tmp_path / "x.csv", "--rows", 5, "--json"))
    assert told["m"] == 2


def test_every_matrix_has_words():
    names = {name for equation in NETWORK for name in [equation.target]}
    sources = {source.matrix for equation in NETWORK for source in equation.sources}
    assert names | sources == set(GIVEN) | set(MADE)


# ---- demo -----------------------------------------------------------------------------


def test_demo_goes_end_to_end_and_again(trilayer, tmp_path):
    folder = tmp_path / "new" / "demo"
    for _ in range(2):
        said = trilayer("demo", "--output", folder)
        assert said.code == 0
        last = said.out.splitlines()[-1]
        assert last.startswith("test AUC ")
        assert float(last.split()[-1]) >= 0.98
        for command in ("train", "evaluate", "predict"):
            assert f"\n$ trilayer {command} " in said.err
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "breast_cancer.csv", "breast_cancer.safetensors", "train.csv", "test.csv",
        "predictions.csv",
    }  # fmt: skip
    predicted = trilayer("predict", folder / "breast_cancer.safetensors", folder / "test.csv")
    kept = pd.read_csv(folder / "predictions.csv")
    assert predicted.out.count("\n") == len(kept) + 1 == 115
    auc = json.loads(
        trilayer(
            "evaluate", folder / "breast_cancer.safetensors", folder / "test.csv", "--json"
        ).out
    )["auc"]
    assert last == f"test AUC {auc:.4f}"


@pytest.mark.parametrize("seed", [1, 2])
def test_demo_does_not_hang_on_its_seed(trilayer, tmp_path, seed):
    said = trilayer("demo", "-o", tmp_path, "--seed", seed)
    assert float(said.out.split()[-1]) >= 0.98


@pytest.mark.parametrize("name", ["breast_cancer.csv", "train.csv"])
def test_demo_replaces_no_file_of_yours(refused, tmp_path, name):
    (tmp_path / name).write_text("mine\n")
    assert "is no earlier demo's" in refused("demo", "--output", tmp_path)


def test_demo_stops_where_a_command_fails(trilayer, tmp_path, monkeypatch):
    from trilayer.cli import shell

    run = shell.run
    monkeypatch.setattr(shell, "run", lambda words: run(words) if words[0] == "demo" else 130)
    said = trilayer("demo", "--output", tmp_path)
    assert said.code == 130
    assert "test AUC" not in said.out


def test_the_data_of_the_demo_say_where_they_are_from():
    import trilayer

    folder = Path(trilayer.__file__).parent / "data"
    assert "CC BY 4.0" in (folder / "README.md").read_text()
    assert len((folder / "breast_cancer.csv").read_text().splitlines()) == 570
