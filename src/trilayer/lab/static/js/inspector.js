// The inspector: one element's sum, in symbols, in numbers, and its value.

import { t } from "./i18n.js";
import { html, useEffect, useState } from "./lib.js";
import { ask } from "./link.js";
import { exact, short } from "./numbers.js";
import { equationAt, given, pointed } from "./state.js";
import { Tex } from "./tex.js";

/** @typedef {import("./messages.js").Message} Message */
/** @typedef {import("./state.js").Element} Element */
/** @typedef {{matrix: string, rows: [number, number], columns: [number, number]}} Lead */

/**
 * Ask for an element at most once a frame, and keep the last answer that is still wanted.
 * @param {number} k
 * @param {Element | null} at
 */
function useInspection(k, at) {
  const [answer, setAnswer] = useState(/** @type {Message | null} */ (null));
  useEffect(() => {
    if (!at) return undefined;
    let wanted = true;
    const soon = requestAnimationFrame(() => {
      ask("inspect", { k, ...at }).then((m) => wanted && setAnswer(m), () => {});
    });
    return () => {
      wanted = false;
      cancelAnimationFrame(soon);
    };
  }, [k, at?.matrix, at?.row, at?.column]);
  return answer;
}

/** @param {{k: number, at: Element | null}} props */
export function Inspector({ k, at }) {
  const answer = useInspection(k, at);
  if (!at) return html`<section class="card inspector"><p class="quiet">${t("inspect.none")}</p>
    </section>`;
  if (!answer) return html`<section class="card inspector"><p class="quiet">…</p></section>`;
  const place = `${answer.matrix}[${answer.row + 1}, ${answer.column + 1}]`;
  const kind = isGiven(answer.matrix) ? "given" : "parameter";
  return html`<section class="card inspector" aria-live="polite" aria-label=${t("inspect.label")}
      data-element=${`${answer.matrix},${answer.row},${answer.column}`}>
    <h3>${place} ${answer.id && html`<span class="badge">${answer.id}</span>`}</h3>
    ${answer.id ? html`<div class="sum">
        <div class="scroll"><${Tex} tex=${answer.symbols} display /></div>
        <div class="scroll"><${Tex} tex=${answer.numbers} display /></div>
      </div>` : html`<p>${t(`inspect.${kind}`)}</p>`}
    <p class="value">= <output data-value=${exact(answer.value)}>${exact(answer.value)}</output>
      <span class="quiet">${t("inspect.short", { value: short(answer.value) })}</span></p>
    <${Leads} label=${t("inspect.sources")} list=${answer.sources} />
    <${Leads} label=${t("inspect.feeds")} list=${answer.feeds} />
  </section>`;
}

/** @param {string} matrix */
function isGiven(matrix) {
  return (matrix === "X" || matrix === "Y") && given.value.some((row) => row.matrix === matrix);
}

/**
 * Where to go from here: each matrix, with how many of its elements are concerned.
 * @param {{label: string, list: Lead[]}} props
 */
function Leads({ label, list }) {
  if (!list?.length) return null;
  return html`<p class="leads"><span>${label}</span>
    ${list.map((lead) => html`<button type="button" class="plain" key=${lead.matrix}
      onClick=${() => follow(lead)}>${named(lead)}</button>`)}</p>`;
}

/** @param {Lead} lead */
function named({ matrix, rows, columns }) {
  const count = (rows[1] - rows[0]) * (columns[1] - columns[0]);
  return count === 1 ? `${matrix}[${rows[0] + 1}, ${columns[0] + 1}]`
    : t("inspect.elements", { matrix, count });
}

/** @param {Lead} lead */
function follow({ matrix, rows, columns }) {
  if (!given.value.some((line) => line.matrix === matrix)) equationAt.value = matrix;
  pointed.value = { matrix, row: rows[0], column: columns[0] };
}
