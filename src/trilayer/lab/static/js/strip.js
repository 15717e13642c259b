// A matrix as coloured cells on canvas: what is shown while the network trains.

import { html } from "./lib.js";
import { Picture } from "./picture.js";
import { cssColour, diverging } from "./theme.js";

/**
 * A matrix, row by row; of its columns, those from `from` on (0 unless said) are stored.
 * @typedef {{data: ArrayLike<number>, rows: number, columns: number, from?: number}} Values
 */

const MOST_COLUMNS = 400;

/**
 * @param {{name: string, title: string, values: () => Values | null, ratio: number}} props
 */
export function Strip({ name, title, values, ratio }) {
  return html`<${Picture} name=${`matrix-${name}`} title=${() => title} label=${title}
    ratio=${ratio} class="strip" draw=${(/** @type {import("./pen.js").Pen} */ pen) => {
      const shown = values();
      if (shown) drawStrip(pen, shown);
    }} />`;
}

/**
 * Draw a matrix cell by cell; a negative cell carries a dash, so its sign needs no colour.
 * @param {import("./pen.js").Pen} pen
 * @param {Values} values
 */
function drawStrip(pen, { data, rows, columns }) {
  const shown = Math.min(columns, MOST_COLUMNS);
  const [w, h] = [pen.width / shown, pen.height / rows];
  const scale = largest(data);
  const dashes = [];
  for (let r = 0; r < rows; r += 1) {
    for (let c = 0; c < shown; c += 1) {
      const v = data[r * columns + c];
      pen.rect(c * w, r * h, Math.ceil(w), Math.ceil(h), { fill: diverging(shade(v, scale)) });
      if (v < 0) dashes.push((c + 0.3) * w, (r + 0.5) * h, (c + 0.7) * w, (r + 0.5) * h);
    }
  }
  if (w >= 4) pen.segments(Float32Array.from(dashes), { stroke: cssColour("--ink"), width: 1.5 });
}

/**
 * The largest size among the numbers.
 * @param {ArrayLike<number>} data
 */
export function largest(data) {
  let found = 0;
  for (let i = 0; i < data.length; i += 1) {
    const size = Math.abs(data[i]);
    if (size > found && size < Infinity) found = size;
  }
  return found || 1;
}

/**
 * Where a number lies on the diverging palette: 0.5 is zero.
 * @param {number} v
 * @param {number} scale
 */
export function shade(v, scale) {
  return 0.5 + 0.5 * Math.max(-1, Math.min(1, v / scale));
}
