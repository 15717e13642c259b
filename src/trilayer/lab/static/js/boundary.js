// The boundary: a2 over the two inputs shown, its contours, and the samples.

import { draw, plot, spot } from "./boundarypicture.js";
import { t } from "./i18n.js";
import { html, signal } from "./lib.js";
import { tell } from "./link.js";
import { short } from "./numbers.js";
import { repaint } from "./paint.js";
import { Picture } from "./picture.js";
import { frame, samples, session, settings } from "./state.js";

const REACH = 14;

/** What a click does. */
const tool = signal(/** @type {"look" | "add0" | "add1" | "remove"} */ ("look"));

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
    ${/** @type {const} */ (["look", "add0", "add1", "remove"]).map((name) => html`<label
      key=${name}>
      <input type="radio" name="tool" checked=${tool.value === name} value=${name}
        onChange=${() => { tool.value = name; }} />
      ${name === "add0" && html`<span class="mark zero" aria-hidden="true"></span>`}
      ${name === "add1" && html`<span class="mark one" aria-hidden="true"></span>`}
      ${t(`tool.${name}`, { zero: classes[0], one: classes[1] })}</label>`)}
    <button type="button" class="plain" disabled=${!edited} onClick=${() => tell("clear_points")}>
      ${t("tool.clear")}</button>
  </fieldset>`;
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
    spot.value = [
      Math.min(d[1], Math.max(d[0], from[0] + by[0])),
      Math.min(d[3], Math.max(d[2], from[1] + by[1])),
    ];
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
