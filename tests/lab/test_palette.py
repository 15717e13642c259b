"""The colours of numbers can be told apart by everyone, and text on them can be read."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

# Its import makes NumPy write twelve digits of every number, CSV files of other tests included.
with warnings.catch_warnings(), np.printoptions():
    warnings.simplefilter("ignore")  # about Matplotlib, which it does without
    import colour

STATIC = Path(__file__).resolve().parents[2] / "src/trilayer/lab/static"
PALETTE = json.loads((STATIC / "palette.json").read_text())
THEMES = sorted(PALETTE)
SEEING = ["Normal", "Protanomaly", "Deuteranomaly", "Tritanomaly"]


def seen(colours: list[str], by: str) -> np.ndarray:
    """Linear sRGB as somebody sees it (Machado, Oliveira and Fernandes 2009, severity 1)."""
    linear = colour.models.eotf_sRGB(colour.notation.HEX_to_RGB(colours))
    if by == "Normal":
        return linear
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that for tritanopia the model is an approximation
        matrix = colour.blindness.matrix_cvd_Machado2009(by, 1.0)
    return np.clip(linear @ np.asarray(matrix).T, 0, 1)


def lab(linear: np.ndarray) -> np.ndarray:
    return colour.XYZ_to_Lab(colour.RGB_to_XYZ(linear, "sRGB"))


def luminance(colours: list[str]) -> np.ndarray:
    return seen(colours, "Normal") @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("by", SEEING)
@pytest.mark.parametrize("theme", THEMES)
def test_the_ends_differ_for_everyone(theme, by):
    low, *_, high = lab(seen(PALETTE[theme]["diverging"], by))
    assert colour.delta_E(low, high, method="CIE 2000") >= 25


@pytest.mark.parametrize("by", SEEING)
@pytest.mark.parametrize("theme", THEMES)
def test_each_side_grows_away_from_the_middle(theme, by):
    stops = lab(seen(PALETTE[theme]["diverging"], by))
    middle = stops[len(stops) // 2]
    away = [float(colour.delta_E(stop, middle, method="CIE 2000")) for stop in stops]
    assert away[:4] == sorted(away[:4], reverse=True)
    assert away[3:] == sorted(away[3:])


@pytest.mark.parametrize("theme", THEMES)
def test_black_or_white_can_be_read_on_every_colour(theme):
    shares = np.linspace(0, len(PALETTE[theme]["diverging"]) - 1, 256)
    stops = colour.notation.HEX_to_RGB(PALETTE[theme]["diverging"])
    mixed = np.stack([np.interp(shares, range(len(stops)), stops[:, c]) for c in range(3)], axis=1)
    light = colour.models.eotf_sRGB(mixed) @ [0.2126, 0.7152, 0.0722]
    contrast = np.maximum(1.05 / (light + 0.05), (light + 0.05) / 0.05)
    assert contrast.min() >= 4.5


@pytest.mark.parametrize(("theme", "card"), [("light", "#fffefb"), ("dark", "#1d2127")])
def test_lines_stand_out_from_the_paper(theme, card):
    assert f"--card: {card}" in (STATIC / "css/theme.css").read_text()
    paper = luminance([card])[0]
    lines = luminance(PALETTE[theme]["series"])
    contrast = (np.maximum(lines, paper) + 0.05) / (np.minimum(lines, paper) + 0.05)
    assert contrast.min() >= 3
