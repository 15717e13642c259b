// The boundary as a picture: a2 as colours and contours, the samples, the axes.

import { contour } from "./contours.js";
import { drawHeat } from "./heat.js";
import { signal } from "./lib.js";
import { minus } from "./numbers.js";
import { frame, samples, session, settings } from "./state.js";
import { cssColour, diverging } from "./theme.js";
import { ticks } from "./ticks.js";

/** @typedef {import("./pen.js").Pen} Pen */

const LEFT = 44;
const BOTTOM = 38;
const EDGE = 8;
const LEVELS = [0.1, 0.25, 0.5, 0.75, 0.9];

/** The place pointed at, in the axes' units. */
export const spot = signal(/** @type {[number, number] | null} */ (null));

/** The part of the picture that the axes enclose. @param {{width: number, height: number}} pen */
export function plot({ width, height }) {
  return { x: LEFT, y: EDGE, w: width - LEFT - EDGE, h: height - BOTTOM - EDGE };
}

/** @param {Pen} pen */
export function draw(pen) {
  const data = samples.value;
  const box = plot(pen);
  if (!data || box.w <= 0) return;
  const [x0, x1, y0, y1] = data.domain;
  /** @param {number} x */
  const toX = (x) => box.x + ((x - x0) / (x1 - x0)) * box.w;
  /** @param {number} y */
  const toY = (y) => box.y + box.h - ((y - y0) / (y1 - y0)) * box.h;
  const grid = frame.value?.arrays.boundary;
  if (grid) drawField(pen, box, grid);
  drawPoints(pen, data.arrays, toX, toY, box);
  drawAxes(pen, box, data.domain, toX, toY);
  if (spot.value) drawSpot(pen, toX(spot.value[0]), toY(spot.value[1]));
}

/**
 * @param {Pen} pen
 * @param {{x: number, y: number, w: number, h: number}} box
 * @param {import("./messages.js").NamedArray} grid
 */
function drawField(pen, box, { data, shape: [rows, columns] }) {
  drawHeat(pen, { data, rows, columns }, box.x, box.y, box.w, box.h);
  const ink = cssColour("--ink");
  const [sx, sy] = [box.w / (columns - 1), box.h / (rows - 1)];
  LEVELS.forEach((level, n) => {
    const ends = contour(data, rows, columns, level);
    for (let i = 0; i < ends.length; i += 2) {
      ends[i] = box.x + ends[i] * sx;
      ends[i + 1] = box.y + box.h - ends[i + 1] * sy;
    }
    const half = level === 0.5;
    pen.segments(ends, {
      stroke: ink, ...(half ? { width: 2 } : { width: 0.8, alpha: 0.55, dash: [4, 3] }),
    });
    // A small picture has room for one number only.
    if (ends.length > 80 && (half || box.w > 400)) {
      // Each level's number at another height, so that they do not lie on each other.
      const at = 4 * Math.floor(((n + 1) / (LEVELS.length + 1)) * (ends.length / 4));
      pen.text(ends[at], ends[at + 1], String(level), {
        size: 10, align: "center", fill: ink, halo: cssColour("--card"), weight: half ? "bold" : "normal",
      });
    }
  });
}

/**
 * Class 0 is a disc, class 1 a square; hollow: held out; a thick edge: added by hand.
 * @param {Pen} pen
 * @param {import("./messages.js").Message["arrays"]} arrays
 * @param {(v: number) => number} toX
 * @param {(v: number) => number} toY
 * @param {{x: number, y: number, w: number, h: number}} box
 */
function drawPoints(pen, { x, y, label, held_out: heldOut, added }, toX, toY, box) {
  const [ink, paper] = [cssColour("--ink"), cssColour("--card")];
  const colours = [diverging(0.08), diverging(0.92)];
  const [byHand, drawn] = [{ stroke: ink, width: 2 }, { stroke: paper, width: 0.8 }];
  const n = x.data.length;
  const r = n > 1000 ? 2 : n > 250 ? 3 : 4;
  for (let i = 0; i < n; i += 1) {
    const [px, py] = [toX(x.data[i]), toY(y.data[i])];
    if (px < box.x || px > box.x + box.w || py < box.y || py > box.y + box.h) continue;
    const style = heldOut.data[i]
      ? { stroke: colours[label.data[i]], width: 1.5, fill: paper }
      : { fill: colours[label.data[i]], ...(added.data[i] ? byHand : drawn) };
    if (label.data[i]) pen.rect(px - r, py - r, 2 * r, 2 * r, style);
    else pen.circle(px, py, r, style);
  }
}

/**
 * @param {Pen} pen
 * @param {{x: number, y: number, w: number, h: number}} box
 * @param {number[]} domain
 * @param {(v: number) => number} toX
 * @param {(v: number) => number} toY
 */
function drawAxes(pen, box, [x0, x1, y0, y1], toX, toY) {
  const quiet = cssColour("--quiet");
  const names = session.value?.inputs ?? [];
  const { axis_x: ax = 0, axis_y: ay = 1 } = settings.value;
  pen.rect(box.x, box.y, box.w, box.h, { stroke: cssColour("--line"), width: 1 });
  const small = { size: 11, fill: quiet };
  for (const v of ticks(x0, x1)) {
    pen.text(toX(v), box.y + box.h + 11, minus(v), { ...small, align: "center" });
  }
  for (const v of ticks(y0, y1)) pen.text(box.x - 5, toY(v), minus(v), { ...small, align: "right" });
  const name = { size: 12, align: /** @type {const} */ ("center"), fill: cssColour("--ink") };
  pen.text(box.x + box.w / 2, box.y + box.h + 28, names[ax] ?? "", name);
  pen.text(10, box.y + box.h / 2, names[ay] ?? "", { ...name, turn: -90 });
}

/** @param {Pen} pen @param {number} x @param {number} y */
function drawSpot(pen, x, y) {
  const ink = cssColour("--ink");
  pen.segments(Float32Array.of(x - 9, y, x - 3, y, x + 3, y, x + 9, y, x, y - 9, x, y - 3, x, y + 3, x, y + 9),
    { stroke: ink, width: 1.5 });
}
