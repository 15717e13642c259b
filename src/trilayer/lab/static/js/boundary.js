// The boundary: a2 over the two inputs shown, its contours, and the samples.

import { contour } from "./contours.js";
import { drawHeat } from "./heat.js";
import { t } from "./i18n.js";
import { html, signal } from "./lib.js";
import { tell } from "./link.js";
import { short } from "./numbers.js";
import { repaint } from "./paint.js";
import { Picture } from "./picture.js";
import { frame, samples, session, settings } from "./state.js";
import { cssColour, diverging } from "./theme.js";
import { ticks } from "./ticks.js";

/** @typedef {import("./pen.js").Pen} Pen */

const LEFT = 44;
const BOTTOM = 38;
const EDGE = 8;
const LEVELS = [0.1, 0.25, 0.5, 0.75, 0.9];
const REACH = 14;

/** What a click does. */
export const tool = signal(/** @type {"look" | "add0" | "add1" | "remove"} */ ("look"));
/** The place pointed at, in the axes' units. */
const spot = signal(/** @type {[number, number] | null} */ (null));

export function Boundary() {
  const names = session.value?.inputs ?? [];
  const { axis_x: ax = 0, axis_y: ay = 1 } = settings.value;
  return html`<section class="card boundary" aria-labelledby="boundary-title">
    <h2 id="boundary-title">${t("boundary.title")}</h2>
    <div class="focusable" tabindex="0" role="application" aria-label=${t("boundary.keys")}
        onKeyDown=${onKey} onFocus=${() => { spot.value ??= middle(); repaint(); }}
        onPointerLeave=${() => { spot.value = null; repaint(); }}>
      <${Picture} name="boundary" title=${() => t("boundary.title")} ratio=${1} draw=${draw}
        label=${describe(names[ax] ?? "", names[ay] ?? "")}
        onMove=${(/** @type {number} */ x, /** @type {number} */ y) => { point(x, y); }}
        onPick=${(/** @type {number} */ x, /** @type {number} */ y) => { point(x, y); act(); }} />
    </div>
    <p class="spot" aria-live="polite">${readSpot(names[ax] ?? "x1", names[ay] ?? "x2")}</p>
    <${Tools} />
  </section>`;
}

function Tools() {
  const classes = session.value?.classes ?? ["0", "1"];
  const edited = Boolean(session.value?.link?.added?.length || session.value?.link?.removed?.length);
  return html`<fieldset class="choice tools">
    <legend>${t("tool.legend")}</legend>
    ${/** @type {const} */ (["look", "add0", "add1", "remove"]).map((name) => html`<label key=${name}>
      <input type="radio" name="tool" checked=${tool.value === name} value=${name}
        onChange=${() => { tool.value = name; }} />
      ${name === "add0" && html`<span class="mark zero" aria-hidden="true"></span>`}
      ${name === "add1" && html`<span class="mark one" aria-hidden="true"></span>`}
      ${t(`tool.${name}`, { zero: classes[0], one: classes[1] })}</label>`)}
    <button type="button" class="plain" disabled=${!edited} onClick=${() => tell("clear_points")}>${t("tool.clear")}</button>
  </fieldset>`;
}

/** The part of the picture that the axes enclose. @param {{width: number, height: number}} pen */
function plot({ width, height }) {
  return { x: LEFT, y: EDGE, w: width - LEFT - EDGE, h: height - BOTTOM - EDGE };
}

/** @param {Pen} pen */
function draw(pen) {
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
    pen.segments(ends, { stroke: ink, width: half ? 2 : 0.8, alpha: half ? 1 : 0.55, dash: half ? [] : [4, 3] });
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
  const n = x.data.length;
  const r = n > 1000 ? 2 : n > 250 ? 3 : 4;
  for (let i = 0; i < n; i += 1) {
    const [px, py] = [toX(x.data[i]), toY(y.data[i])];
    if (px < box.x || px > box.x + box.w || py < box.y || py > box.y + box.h) continue;
    const style = heldOut.data[i]
      ? { stroke: colours[label.data[i]], width: 1.5, fill: paper }
      : { fill: colours[label.data[i]], stroke: added.data[i] ? ink : paper, width: added.data[i] ? 2 : 0.8 };
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
  for (const v of ticks(x0, x1)) {
    pen.text(toX(v), box.y + box.h + 11, short(v).replace(/\.?0+$/, ""), { size: 11, align: "center", fill: quiet });
  }
  for (const v of ticks(y0, y1)) {
    pen.text(box.x - 5, toY(v), short(v).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, ""), { size: 11, align: "right", fill: quiet });
  }
  pen.text(box.x + box.w / 2, box.y + box.h + 28, names[ax] ?? "", { size: 12, align: "center", fill: cssColour("--ink") });
  pen.text(10, box.y + box.h / 2, names[ay] ?? "", { size: 12, align: "center", fill: cssColour("--ink"), turn: -90 });
}

/** @param {Pen} pen @param {number} x @param {number} y */
function drawSpot(pen, x, y) {
  const ink = cssColour("--ink");
  pen.segments(Float32Array.of(x - 9, y, x - 3, y, x + 3, y, x + 9, y, x, y - 9, x, y - 3, x, y + 3, x, y + 9),
    { stroke: ink, width: 1.5 });
}

/** The size of the picture as it lies on the page. */
function onPage() {
  const canvas = document.querySelector(".boundary canvas");
  return { width: canvas?.clientWidth ?? 1, height: canvas?.clientHeight ?? 1 };
}

/** @param {number} px @param {number} py */
function point(px, py) {
  const data = samples.value;
  if (!data) return;
  const box = plot(onPage());
  const [x0, x1, y0, y1] = data.domain;
  const [u, v] = [(px - box.x) / box.w, 1 - (py - box.y) / box.h];
  spot.value = u < 0 || u > 1 || v < 0 || v > 1 ? null : [x0 + u * (x1 - x0), y0 + v * (y1 - y0)];
  repaint();
}

/** @returns {[number, number] | null} */
function middle() {
  const d = samples.value?.domain;
  return d ? [(d[0] + d[1]) / 2, (d[2] + d[3]) / 2] : null;
}

/** Do at the spot what the chosen tool does. */
function act() {
  const at = spot.value;
  if (!at || tool.value === "look") return;
  if (tool.value === "remove") {
    const index = nearest(at);
    if (index !== null) tell("remove_point", { index });
    return;
  }
  tell("add_point", { x: at[0], y: at[1], label: tool.value === "add1" ? 1 : 0 });
}

/** The sample under the spot. @param {[number, number]} at @returns {number | null} */
function nearest([x, y]) {
  const data = samples.value;
  if (!data) return null;
  const box = plot(onPage());
  const [x0, x1, y0, y1] = data.domain;
  const [sx, sy] = [box.w / (x1 - x0), box.h / (y1 - y0)];
  let [best, found] = [REACH, /** @type {number | null} */ (null)];
  data.arrays.x.data.forEach((px, i) => {
    const far = Math.hypot((px - x) * sx, (data.arrays.y.data[i] - y) * sy);
    if (far < best) [best, found] = [far, i];
  });
  return found;
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const d = samples.value?.domain;
  const from = spot.value ?? middle();
  if (!d || !from) return;
  const part = event.shiftKey ? 0.1 : 0.02;
  const [dx, dy] = [(d[1] - d[0]) * part, (d[3] - d[2]) * part];
  /** @type {Record<string, [number, number]>} */
  const moves = { ArrowLeft: [-dx, 0], ArrowRight: [dx, 0], ArrowUp: [0, dy], ArrowDown: [0, -dy] };
  const by = moves[event.key];
  if (by) {
    spot.value = [Math.min(d[1], Math.max(d[0], from[0] + by[0])), Math.min(d[3], Math.max(d[2], from[1] + by[1]))];
    repaint();
  } else if (event.key === "Enter" || event.key === " ") {
    act();
  } else {
    return;
  }
  event.preventDefault();
}

/** @param {string} nameX @param {string} nameY */
function readSpot(nameX, nameY) {
  const data = samples.value;
  const at = spot.value;
  if (!data || !at) return t("boundary.hint");
  const grid = frame.value?.arrays.boundary;
  const [x0, x1, y0, y1] = data.domain;
  const place = `${nameX} = ${short(at[0])}, ${nameY} = ${short(at[1])}`;
  if (!grid) return place;
  const [rows, columns] = grid.shape;
  const r = Math.round(((at[1] - y0) / (y1 - y0)) * (rows - 1));
  const c = Math.round(((at[0] - x0) / (x1 - x0)) * (columns - 1));
  return `${place}, a2 ≈ ${grid.data[r * columns + c].toFixed(3)}`;
}

/** @param {string} x @param {string} y */
function describe(x, y) {
  const data = samples.value;
  const labels = /** @type {Uint8Array | undefined} */ (data?.arrays.label?.data);
  const ones = labels ? labels.reduce((sum, v) => sum + v, 0) : 0;
  return t("boundary.label", { x, y, zeros: (labels?.length ?? 0) - ones, ones });
}
