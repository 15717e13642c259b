// R1 to R15: as printed, as corrected, and what becomes of whoever believes the print.

import { Chart } from "./chart.js";
import { language, t } from "./i18n.js";
import { html, useEffect, useState } from "./lib.js";
import { ask } from "./link.js";
import { short } from "./numbers.js";
import { hello, session } from "./state.js";
import { Prose } from "./tex.js";

/** @typedef {import("./messages.js").Message} Message */
/** @typedef {{kind: string, error: number | null, got: [number, number] | null,
 *   should: [number, number] | null, detail: string | null}} Outcome */

/**
 * The fifteen in Chinese, and their formulas in TeX, as docs/derivation.zh-CN.md has them.
 * @type {Record<string, Record<"where" | "printed" | "corrected" | "why" | "check", string>>}
 */
let chinese = {};

export async function loadMisprints() {
  chinese = await (await fetch("static/i18n/misprints.zh.json")).json();
}

/** @param {any} row @param {"where" | "why" | "check"} what */
function words(row, what) {
  return language.value === "zh" ? chinese[row.id]?.[what] ?? row[what] : row[what];
}

export function Misprints() {
  const [answer, setAnswer] = useState(/** @type {Message | null} */ (null));
  const now = session.value;
  useEffect(() => {
    if (now && !now.running) ask("misprints", { k: null }).then(setAnswer, () => {});
  }, [now]);
  if (!answer) return null;
  return html`<section class="card misprints" aria-labelledby="misprints-title">
    <h2 id="misprints-title">${t("misprints.title")}</h2>
    <p class="help">${t(`misprints.${answer.network}`)}</p>
    <ul>${answer.rows.map((/** @type {any} */ row) => html`<${Misprint} key=${row.id} row=${row}
      />`)}</ul>
  </section>`;
}

/** @param {{row: any}} props */
function Misprint({ row }) {
  const [belief, setBelief] = useState(/** @type {Message | null} */ (null));
  const about = hello.value?.misprints.find((/** @type {any} */ m) => m.id === row.id);
  const believe = () => ask("believe", { misprint: row.id, iterations: 200 }).then(setBelief, () => {});
  return html`<li id=${row.id} data-misprint=${row.id} data-fails=${row.fails}>
    <h3><span class="badge">${row.id}</span> <${Prose} text=${words(row, "where")} /></h3>
    <dl>
      <dt>${t("misprints.printed")}</dt><dd class="scroll wrong"><${Prose}
        text=${chinese[row.id]?.printed ?? row.printed} /></dd>
      <dt>${t("misprints.corrected")}</dt><dd class="scroll"><${Prose}
        text=${chinese[row.id]?.corrected ?? row.corrected} /></dd>
      <dt>${t("misprints.why")}</dt><dd><${Prose} text=${words(row, "why")} /></dd>
      <dt>${t("misprints.check")}</dt><dd><${Prose} text=${words(row, "check")} /></dd>
      <dt>${t("misprints.outcome")}</dt>
      <dd class=${row.fails ? "fails" : "holds"}><span aria-hidden="true">
        ${row.fails ? "✗" : "✓"}</span> ${outcome(row.outcome)}</dd>
    </dl>
    ${about?.believable && html`<button type="button" data-do="believe" onClick=${believe}>
      ${t("misprints.believe")}</button>`}
    ${belief && html`<${Belief} belief=${belief} />`}
  </li>`;
}

/** @param {Outcome} outcome */
function outcome({ kind, error, got, should, detail }) {
  return t(`outcome.${kind}`, {
    error: error?.toPrecision(2) ?? "∞", got: got?.join(" × ") ?? "", should: should?.join(" × ") ?? "",
    detail: detail ?? "",
  });
}

/** @param {{belief: Message}} props */
function Belief({ belief }) {
  const { J_printed: printed, J_corrected: corrected } = belief.arrays;
  if (!printed?.data.length) return html`<p class="fails">
    ${t("belief.broken", { outcome: outcome(belief.outcome) })}</p>`;
  const k = Array.from(corrected.data, (_, i) => i);
  return html`<div class="belief">
    ${belief.factor && html`<p>${t("belief.factor", { factor: belief.factor })}</p>`}
    <${Chart} name=${`belief-${belief.id}`} title=${() => `${belief.id}`} height=${200}
      lines=${() => [
        { label: t("belief.corrected"), x: k, y: corrected.data },
        { label: t("belief.printed"), x: k.slice(0, printed.data.length), y: printed.data },
      ]}
      xLabel=${t("run.k")} yLabel="J" label=${t("belief.label", {
        printed: short(printed.data[printed.data.length - 1]),
        corrected: short(corrected.data[corrected.data.length - 1]),
      })} />
  </div>`;
}
