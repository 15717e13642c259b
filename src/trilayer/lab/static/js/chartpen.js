// A chart drawn with a pen: axes, lines, legend. What is exported.

import { cssColour, seriesColour } from "./theme.js";
import { decades, ticks } from "./ticks.js";

/** @typedef {import("./pen.js").Pen} Pen */
/** @typedef {import("./chart.js").ChartProps} ChartProps */
/** @typedef {{to: (v: number) => number, marks: {at: number, text: string}[]}} Axis */

const LEFT = 56;
const BOTTOM = 42;
const EDGE = 14;

/** Patterns that tell lines apart without colour. */
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [5, 2], [1, 2]];

/** @param {number} i */
export function dashOf(i) {
  return DASHES[i % DASHES.length];
}

/**
 * @param {Pen} pen
 * @param {ChartProps} props
 */
export function drawChart(pen, props) {
  const lines = props.lines();
  const top = EDGE + 16 * Math.ceil(lines.length / 3);
  const x = scale(lines.map((one) => one.x), props.logX, LEFT, pen.width - EDGE);
  const y = scale(lines.map((one) => one.y), props.logY, pen.height - BOTTOM, top);
  if (!x || !y) return;
  drawAxes(pen, props, x, y, top);
  lines.forEach((one, i) => {
    const ink = { stroke: seriesColour(one.colour ?? i), width: 2, dash: one.dash ?? dashOf(i) };
    const points = Array.from(one.x, (v, n) => [x.to(v), y.to(one.y[n])])
      .filter((p) => p.every(Number.isFinite));
    pen.line(points, ink);
    if (one.points) for (const [px, py] of points) pen.circle(px, py, 2.5, { fill: ink.stroke });
    const [lx, ly] = [LEFT + (i % 3) * ((pen.width - LEFT) / 3), EDGE + 16 * Math.floor(i / 3)];
    pen.line([[lx, ly], [lx + 22, ly]], ink);
    pen.text(lx + 27, ly, one.label, { size: 11, fill: cssColour("--ink") });
  });
}

/**
 * @param {Pen} pen
 * @param {ChartProps} props
 * @param {Axis} x
 * @param {Axis} y
 * @param {number} top
 */
function drawAxes(pen, props, x, y, top) {
  const [ink, faint] = [cssColour("--quiet"), cssColour("--faint")];
  const [low, right] = [pen.height - BOTTOM, pen.width - EDGE];
  for (const { at, text } of x.marks) {
    pen.line([[at, top], [at, low]], { stroke: faint, width: 1 });
    pen.text(at, low + 12, text, { size: 11, align: "center", fill: ink });
  }
  for (const { at, text } of y.marks) {
    pen.line([[LEFT, at], [right, at]], { stroke: faint, width: 1 });
    pen.text(LEFT - 6, at, text, { size: 11, align: "right", fill: ink });
  }
  const at = props.mark?.();
  if (at !== null && at !== undefined) {
    pen.line([[x.to(at), top], [x.to(at), low]], { stroke: cssColour("--ink"), width: 1, dash: [3, 3] });
  }
  pen.text((LEFT + right) / 2, low + 30, props.xLabel, { size: 12, align: "center", fill: ink });
  pen.text(12, (top + low) / 2, props.yLabel, { size: 12, align: "center", fill: ink, turn: -90 });
}

/**
 * @param {ArrayLike<number>[]} values
 * @param {boolean | undefined} log
 * @param {number} from
 * @param {number} to
 * @returns {Axis | null} null when there is nothing to show
 */
function scale(values, log, from, to) {
  let [low, high] = [Infinity, -Infinity];
  for (const list of values) {
    for (let i = 0; i < list.length; i += 1) {
      const v = list[i];
      if (!Number.isFinite(v) || (log && v <= 0)) continue;
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
  }
  if (low > high) return null;
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
  /** @param {number} v */
  const measure = (v) => (log ? (v > 0 ? Math.log10(v) : NaN) : v);
  const [a, b] = [measure(low), measure(high)];
  /** @param {number} v */
  const place = (v) => from + ((measure(v) - a) / (b - a)) * (to - from);
  const marks = log
    ? decades(low, high).filter((e) => e >= a - 1e-9 && e <= b + 1e-9)
      .map((e) => ({ at: place(10 ** e), text: Math.abs(e) < 4 ? String(10 ** e) : `1e${e}` }))
    : ticks(low, high).map((v) => ({ at: place(v), text: String(v) }));
  return { to: place, marks };
}
