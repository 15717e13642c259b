// Step: one iteration, equation by equation, with every matrix and every number.

import { History } from "./history.js";
import { t, language } from "./i18n.js";
import { Inspector } from "./inspector.js";
import { html } from "./lib.js";
import { Matrix } from "./matrix.js";
import { asMatrix } from "./messages.js";
import { rings, shownDirection } from "./rings.js";
import { RunBar } from "./runbar.js";
import {
  direction, equationAt, equations, firstSample, frame, given, pointed, running, session, traced,
} from "./state.js";
import { Strip } from "./strip.js";
import { Tex } from "./tex.js";
import { Update } from "./update.js";

/** @typedef {import("./state.js").Equation} Equation */

export function Step() {
  const table = equations.value;
  const row = table.find(({ matrix }) => matrix === equationAt.value) ?? table[0];
  if (!row) return null;
  return html`<div class="screen step">
    <${RunBar} />
    <${History} />
    <${Rail} table=${table} at=${row.matrix} />
    <section class="card equation" aria-label=${t("step.equation")}>
      <h2><span class="badge">${row.id}</span> ${t(`matrix.${row.matrix}`)}</h2>
      <div class="big"><${Tex} tex=${row.tex} display /></div>
      <p class="help">${row.help[language.value]}</p>
    </section>
    ${body(row)}
  </div>`;
}

/** @param {Equation} row */
function body(row) {
  if (running.value) return html`<${Strips} />`;
  if (!traced.value) return html`<p class="quiet">${t("step.waiting")}</p>`;
  if (row.matrix === "update") return html`<${Update} message=${traced.value} />`;
  return html`<${Operands} row=${row} message=${traced.value} />`;
}

/** @param {{table: Equation[], at: string}} props */
function Rail({ table, at }) {
  return html`<nav class="rail" aria-label=${t("step.rail")}>
    ${table.map(({ matrix, id }, i) => html`<button type="button" key=${matrix}
      class=${matrix === at ? "on" : ""} aria-current=${matrix === at ? "step" : undefined}
      onClick=${() => show(matrix)} data-step=${matrix}>
      <span class="name">${matrix === "update" ? t("step.update") : matrix}</span>
      <span class="id">${id}</span>
      ${i + 1 < table.length && html`<span class="arrow" aria-hidden="true">›</span>`}
    </button>`)}
  </nav>`;
}

/** @param {string} matrix */
function show(matrix) {
  equationAt.value = matrix;
  pointed.value = matrix === "update" ? null : { matrix, row: 0, column: 0 };
}

/** @param {{row: Equation, message: import("./messages.js").Message}} props */
function Operands({ row, message }) {
  const names = [...new Set((row.sources ?? []).map(({ matrix }) => matrix))];
  const at = pointed.value ?? { matrix: row.matrix, row: 0, column: 0 };
  const way = shownDirection(direction.value, at, row.matrix);
  return html`<div class="operands">
    <${Ways} />
    <div class="matrices">
      ${shown(row.matrix, message, way, at, true)}
      <span class="equals" aria-hidden="true">=</span>
      ${names.map((name) => shown(name, message, way, at, false))}
    </div>
    <${Inspector} k=${message.k} at=${at} />
  </div>`;
}

/**
 * @param {string} name
 * @param {import("./messages.js").Message} message
 * @param {"sources" | "feeds"} way
 * @param {import("./state.js").Element} at
 * @param {boolean} large
 */
function shown(name, message, way, at, large) {
  const array = message.arrays[name];
  if (!array) return null;
  const [from] = message.columns;
  const row = [...given.value, ...equations.value].find(({ matrix }) => matrix === name);
  const symbols = row?.shape ?? ["", ""];
  const ofSamples = symbols[1] === "m";
  const stored = asMatrix(array);
  const values = ofSamples ? { ...stored, columns: message.m, from } : stored;
  return html`<${Matrix} key=${name} name=${name} tex=${row?.symbol ?? name} symbols=${symbols}
    values=${values} large=${large} chosen=${at.matrix === name ? at : null}
    ring=${rings(equations.value, way, at, name)} ringLabel=${t(`ring.${way}`)}
    first=${ofSamples ? firstSample.value : undefined}
    onFirst=${ofSamples ? (/** @type {number} */ c) => { firstSample.value = c; } : undefined}
    onPoint=${(/** @type {{row: number, column: number}} */ place) => {
      pointed.value = { matrix: name, ...place };
    }} />`;
}

/** The two directions of the rings. */
function Ways() {
  return html`<fieldset class="choice">
    <legend>${t("ring.legend")}</legend>
    ${/** @type {const} */ (["sources", "feeds"]).map((way) => html`<label key=${way}>
      <input type="radio" name="way" checked=${direction.value === way}
        onChange=${() => { direction.value = way; }} /> ${t(`ring.choose.${way}`)}
    </label>`)}
  </fieldset>`;
}

/** While it runs: the parameters as coloured strips; numbers come with the pause. */
function Strips() {
  const names = session.value?.sizes.n2 ? ["W1", "b1", "W2", "b2"] : ["W2", "b2"];
  return html`<section class="card strips">
    <p class="quiet">${t("step.running")}</p>
    <div class="matrices">${names.map((name) => {
      const [rows, columns] = frame.value?.arrays[name]?.shape ?? [1, 1];
      return html`<figure class="stripped" key=${name}
        style=${{ width: `${Math.max(3, Math.min(columns * 3, 60))}rem` }}>
        <figcaption>${name} <span class="shape">${rows} × ${columns}</span></figcaption>
        <${Strip} name=${name} title=${`${name}, ${rows} × ${columns}`}
          ratio=${(0.55 * rows) / columns}
          values=${() => (frame.value?.arrays[name] ? asMatrix(frame.value.arrays[name]) : null)} />
      </figure>`;
    })}</div>
  </section>`;
}
