// How good it is: J, accuracy, AUC and the confusion matrix, for both parts of the samples.

import { t } from "./i18n.js";
import { html } from "./lib.js";
import { grouped, percent, short } from "./numbers.js";
import { frame, session } from "./state.js";

/** @typedef {{accuracy: number | null, auc: number | null, loss: number | null, confusion: number[]}} Metrics */

export function MetricsCard() {
  const { train, held_out: heldOut } = frame.value?.metrics ?? {};
  if (!train) return null;
  const parts = /** @type {[string, Metrics][]} */ ([["train", train], ["held_out", heldOut]].filter(([, m]) => m));
  const classes = session.value?.classes ?? ["0", "1"];
  const sizes = session.value?.sizes ?? {};
  const counts = /** @type {Record<string, number>} */ ({ train: sizes.m, held_out: sizes.m_held_out });
  return html`<section class="card metrics" aria-labelledby="metrics-title">
    <h2 id="metrics-title">${t("metrics.title")}</h2>
    <table class="scores">
      <thead><tr><td></td>${parts.map(([part]) => html`<th scope="col" key=${part}>
        ${t(`metrics.${part}`)} <span class="quiet">m = ${grouped(counts[part] ?? 0)}</span></th>`)}</tr></thead>
      <tbody>
        ${row("loss", parts, ({ loss }) => written(loss, short))}
        ${row("accuracy", parts, ({ accuracy }) => written(accuracy, percent))}
        ${row("auc", parts, ({ auc }) => written(auc, (v) => v.toFixed(4)))}
      </tbody>
    </table>
    <div class="confusions">${parts.map(([part, m]) => html`<${Confusion} key=${part}
      title=${t(`metrics.${part}`)} cells=${m.confusion} classes=${classes} />`)}</div>
  </section>`;
}

/** @param {number | null} v @param {(v: number) => string} how */
function written(v, how) {
  return v === null ? "–" : how(v);
}

/**
 * @param {string} name
 * @param {[string, Metrics][]} parts
 * @param {(m: Metrics) => string} value
 */
function row(name, parts, value) {
  return html`<tr><th scope="row">${t(`metrics.${name}`)}</th>${parts.map(([part, m]) => html`
    <td key=${part} data-metric=${`${part}.${name}`}>${value(m)}</td>`)}</tr>`;
}

/** @param {{title: string, cells: number[], classes: string[]}} props */
function Confusion({ title, cells: [tn, fp, fn, tp], classes: [zero, one] }) {
  return html`<table class="confusion">
    <caption>${t("metrics.confusion")} · ${title}</caption>
    <thead><tr><td></td><th scope="col">${t("metrics.says", { name: zero })}</th>
      <th scope="col">${t("metrics.says", { name: one })}</th></tr></thead>
    <tbody>
      <tr><th scope="row">${t("metrics.is", { name: zero })}</th><td class="right">
        ${grouped(tn)}</td><td>${grouped(fp)}</td></tr>
      <tr><th scope="row">${t("metrics.is", { name: one })}</th><td>${grouped(fn)}</td><td
        class="right">${grouped(tp)}</td></tr>
    </tbody>
  </table>`;
}
