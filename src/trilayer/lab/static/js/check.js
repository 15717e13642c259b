// Check: the analytic gradient against the numerical one, and the source's misprints.

import { Chart } from "./chart.js";
import { t } from "./i18n.js";
import { html, useEffect, useRef, useState } from "./lib.js";
import { ask } from "./link.js";
import { Misprints } from "./misprints.js";
import { exact, short } from "./numbers.js";
import { RunBar } from "./runbar.js";
import { running, session } from "./state.js";

/** @typedef {import("./messages.js").Message} Message */

const NAMES = ["W1", "b1", "W2", "b2"];
const PAGE = 24;

export function Check() {
  return html`<div class="screen check">
    <${RunBar} />
    <${Gradients} />
    <${Misprints} />
  </div>`;
}

/**
 * Ask again when the network, its samples or ε changed; one question at a time.
 * @param {number} h
 */
function useGradients(h) {
  const [answer, setAnswer] = useState(/** @type {Message | null} */ (null));
  const state = useRef({ busy: false, next: /** @type {number | null} */ (null) });
  const now = session.value;
  useEffect(() => {
    if (!now || now.running) return;
    /** @param {number} wanted */
    const go = (wanted) => {
      if (state.current.busy) {
        state.current.next = wanted;
        return;
      }
      state.current.busy = true;
      ask("gradients", { k: null, h: wanted }).then(setAnswer, () => {}).finally(() => {
        state.current.busy = false;
        const { next } = state.current;
        state.current.next = null;
        if (next !== null) go(next);
      });
    };
    go(h);
  }, [h, now]);
  return answer;
}

function Gradients() {
  const [power, setPower] = useState(-3);
  const answer = useGradients(10 ** power);
  if (running.value) return html`<section class="card"><p class="quiet">${t("check.running")}</p>
    </section>`;
  return html`<section class="card gradients" aria-labelledby="gradients-title">
    <h2 id="gradients-title">${t("check.title")}</h2>
    <p class="help">${t("check.help")}</p>
    <div class="field slider epsilon">
      <label for="epsilon">ε = <output data-field="h">
        ${exact(Number((10 ** power).toPrecision(3)))}</output></label>
      <input id="epsilon" name="epsilon" type="range" min="-13" max="0" step="0.25" value=${power}
        aria-valuetext=${`10^${power}`} onInput=${(/** @type {any} */ e) => setPower(e.currentTarget.valueAsNumber)} />
      ${answer && html`<button type="button"
        onClick=${() => setPower(Math.round(4 * Math.log10(answer.best_h)) / 4)}
        >${t("check.best", { h: answer.best_h.toExponential(1) })}</button>`}
    </div>
    ${answer ? html`<${Curve} answer=${answer} /><${Elements} answer=${answer} />` : html`<p
      class="quiet">…</p>`}
  </section>`;
}

/** The V: truncation on the right, round-off on the left. @param {{answer: Message}} props */
function Curve({ answer }) {
  const { curve_h: h, curve_error: four, curve_error2: two } = answer.arrays;
  return html`<${Chart} name="gradient-v" title=${() => t("check.title")} logX=${true} logY=${true}
    height=${260}
    lines=${() => [
      { label: t("check.four"), x: h.data, y: four.data, points: true },
      { label: t("check.two"), x: h.data, y: two.data, points: true },
    ]}
    xLabel="ε" yLabel=${t("check.error")} mark=${() => answer.h}
    label=${t("check.label", { h: answer.best_h.toExponential(1) })} />
    <p class="quiet">
      ${t("check.reading", { worst: short(answer.worst), m: answer.m, sampled: answer.sampled })}</p>`;
}

/** Element by element. @param {{answer: Message}} props */
function Elements({ answer }) {
  const [first, setFirst] = useState(0);
  const { analytic, numerical, error, numerical2, error2, places } = answer.arrays;
  const count = analytic.data.length;
  const from = Math.min(first, Math.max(0, count - 1));
  const rows = Array.from({ length: Math.min(PAGE, count - from) }, (_, i) => from + i);
  return html`<div class="scroll"><table class="elements">
    <caption>${t("check.elements")}</caption>
    <thead><tr><th scope="col">θ</th><th scope="col">${t("check.analytic")}</th>
      <th scope="col">${t("check.numerical4")}</th><th scope="col">${t("check.error4")}</th>
      <th scope="col">${t("check.numerical2")}</th><th scope="col">${t("check.error2")}</th></tr>
        </thead>
    <tbody>${rows.map((p) => {
      const [matrix, r, c] = places.data.slice(3 * p, 3 * p + 3);
      return html`<tr key=${p}><th scope="row">${NAMES[matrix]}[${r + 1}, ${c + 1}]</th>
        ${[analytic, numerical, error, numerical2, error2].map((array, i) => html`<td key=${i}
          data-value=${exact(array.data[p])}>${i === 2 || i === 4 ? array.data[p].toExponential(1) : short(array.data[p])}</td>`)}
      </tr>`;
    })}</tbody>
  </table></div>
  ${count > PAGE && html`<div class="pager">
    <button type="button" disabled=${from === 0} aria-label=${t("check.earlier")}
      onClick=${() => setFirst(Math.max(0, from - PAGE))}>‹</button>
    <span>${t("check.rows", { from: from + 1, to: from + rows.length, all: count })}</span>
    <button type="button" disabled=${from + PAGE >= count} aria-label=${t("check.later")}
      onClick=${() => setFirst(from + PAGE)}>›</button>
  </div>`}`;
}
