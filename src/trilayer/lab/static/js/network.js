// The network: weights as lines, as wide as they are large, dashed where they are negative.

import { t } from "./i18n.js";
import { html } from "./lib.js";
import { Picture } from "./picture.js";
import { frame, session } from "./state.js";
import { largest, shade } from "./strip.js";
import { cssColour, diverging, inkOn } from "./theme.js";

/** @typedef {import("./pen.js").Pen} Pen */
/** @typedef {{x: number, y: number, text: string, bias?: number}} Node */

const MOST_INPUTS = 12;
const RADIUS = 13;
/** As many of an input's name are shown. */
const LETTERS = 16;

export function Network() {
  const sizes = session.value?.sizes ?? { n1: 0, n2: 0 };
  const shown = Math.max(Math.min(sizes.n1, MOST_INPUTS), Math.min(sizes.n2, 16), 2);
  const more = sizes.n1 > MOST_INPUTS || sizes.n2 > 16;
  return html`<section class="card network" aria-labelledby="network-title">
    <h2 id="network-title">${t("network.title")} <span class="shape">
      ${sizes.n1}-${sizes.n2}-1</span></h2>
    <${Picture} name="network" title=${() => t("network.title")} draw=${draw}
      ratio=${Math.min(1.1, 0.2 + shown * 0.065)}
      label=${t("network.label", { n1: sizes.n1, n2: sizes.n2, parameters: sizes.parameters ?? 0 })} />
    <p class="legend"><span class="stroke plus" aria-hidden="true"></span> ${t("network.plus")}
      <span class="stroke minus" aria-hidden="true"></span> ${t("network.minus")}
      <span class="bias" aria-hidden="true"></span> ${t("network.bias")}</p>
    ${more && html`<p class="quiet">
      ${t("network.more", { inputs: Math.min(sizes.n1, MOST_INPUTS), units: Math.min(sizes.n2, 16) })}</p>`}
  </section>`;
}

/** @param {Pen} pen */
function draw(pen) {
  const shown = frame.value;
  const sizes = session.value?.sizes;
  if (!shown || !sizes) return;
  const { W1, b1, W2, b2 } = shown.arrays;
  const n1 = Math.min(sizes.n1, MOST_INPUTS);
  const units = /** @type {number[]} */ (shown.units);
  const names = /** @type {string[]} */ (session.value?.inputs ?? []);
  const wide = 0.54 * pen.width;
  const longest = Math.max(...names.slice(0, n1).map((name) => Math.min(name.length, LETTERS)));
  const left = Math.min(0.34 * pen.width, 24 + 6.4 * longest);
  const inputs = column(pen, left, n1, (k) => ({ text: names[k] ?? "" }));
  const hidden = column(pen, wide, units.length,
    (i) => ({ text: String(units[i] + 1), bias: b1.data[units[i]] }));
  const [output] = column(pen, 0.88 * pen.width, 1, () => ({ text: "a2", bias: b2.data[0] }));
  const n2 = sizes.n2;
  const scale1 = largest(W1?.data ?? []);
  const scale2 = largest(W2.data);
  if (n2) {
    inputs.forEach((from, k) => hidden.forEach((to, i) => {
      wire(pen, from, to, W1.data[k * n2 + units[i]], scale1);
    }));
    hidden.forEach((from, i) => wire(pen, from, output, W2.data[units[i]], scale2));
  } else {
    inputs.forEach((from, k) => wire(pen, from, output, W2.data[k], scale2));
  }
  const biases = largest(n2 ? [...b1.data, b2.data[0]] : b2.data);
  for (const node of [...inputs, ...hidden, output]) dot(pen, node, biases);
}

/**
 * Nodes evenly spread over a column.
 * @param {Pen} pen
 * @param {number} x
 * @param {number} count
 * @param {(i: number) => {text: string, bias?: number}} what
 * @returns {Node[]}
 */
function column(pen, x, count, what) {
  return Array.from({ length: count }, (_, i) => (
    { x, y: ((i + 0.5) / count) * pen.height, ...what(i) }));
}

/** @param {Pen} pen @param {Node} from @param {Node} to @param {number} w @param {number} scale */
function wire(pen, from, to, w, scale) {
  const size = Math.min(1, Math.abs(w) / scale);
  pen.line([[from.x, from.y], [to.x, to.y]], {
    stroke: diverging(w < 0 ? 0.1 : 0.9), width: 0.4 + 4.6 * size, alpha: 0.35 + 0.6 * size,
    dash: w < 0 ? [6, 4] : [],
  });
}

/** @param {Pen} pen @param {Node} node @param {number} scale */
function dot(pen, { x, y, text, bias }, scale) {
  const ink = cssColour("--ink");
  if (bias === undefined) {
    pen.circle(x, y, 5, { fill: cssColour("--card"), stroke: ink, width: 1.5 });
    const shown = text.length > LETTERS ? `${text.slice(0, LETTERS - 1)}…` : text;
    pen.text(x - 10, y, shown, { size: 11, align: "right", fill: ink });
    return;
  }
  const share = shade(bias, scale);
  const r = Math.min(RADIUS, 10 + text.length);
  pen.circle(x, y, r, { fill: diverging(share), stroke: ink, width: 1.2, dash: bias < 0 ? [3, 2] : [] });
  pen.text(x, y, text, { size: 11, align: "center", fill: inkOn(share), weight: "bold" });
}
