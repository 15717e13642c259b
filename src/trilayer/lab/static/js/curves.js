// The loss while it trains: J of the samples trained on and of those held out.

import { Chart } from "./chart.js";
import { Switch } from "./fields.js";
import { t } from "./i18n.js";
import { html, signal } from "./lib.js";
import { short } from "./numbers.js";
import { curve, frame, session } from "./state.js";

const logScale = signal(false);

export function Curves() {
  const heldOut = (session.value?.sizes.m_held_out ?? 0) > 0;
  const { J } = curve.value;
  const lines = () => {
    const { k, J: train, heldOut: valid } = curve.value;
    const both = [{ label: t("curves.train"), x: k, y: train }];
    if (heldOut) both.push({ label: t("curves.held_out"), x: k, y: valid });
    return both;
  };
  const looking = session.value?.looking;
  return html`<section class="card curves" aria-labelledby="curves-title">
    <h2 id="curves-title">${t("curves.title")}</h2>
    <${Chart} name="curves" title=${() => t("curves.title")} lines=${lines} logY=${logScale.value}
      xLabel=${t("run.k")} yLabel="J" height=${220} mark=${() => looking ?? null}
      label=${t("curves.label", {
        first: short(J[0] ?? NaN), last: short(J.at(-1) ?? NaN), k: frame.value?.k ?? 0,
      })} />
    <${Switch} name="log" label=${t("curves.log")} value=${logScale.value}
      onPick=${(/** @type {boolean} */ on) => { logScale.value = on; }} />
  </section>`;
}
