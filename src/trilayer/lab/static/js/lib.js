// The vendored libraries, at one place: the rest of the lab imports from here.

import { h, render } from "../vendor/preact.js";
import { useEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { batch, computed, effect, signal, untracked } from "../vendor/signals-core.js";
// Teaches Preact's components to follow the signals that they read.
import "../vendor/signals.js";
import htm from "../vendor/htm.js";
import katex from "../vendor/katex.js";
import uPlot from "../vendor/uplot.js";

/** Turns tagged templates into Preact's tree: html`<p>${text}</p>`. */
export const html = htm.bind(h);

export {
  batch, computed, effect, h, katex, render, signal, uPlot, untracked,
  useEffect, useRef, useState,
};
