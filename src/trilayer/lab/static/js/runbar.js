// Running: play, pause, one iteration, N iterations, rewind, a new seed.

import { t, has } from "./i18n.js";
import { html, useState } from "./lib.js";
import { tell } from "./link.js";
import { grouped, short } from "./numbers.js";
import { frame, running, session, settings } from "./state.js";

export function RunBar() {
  const [count, setCount] = useState(100);
  const on = running.value;
  return html`<div class="runbar" role="group" aria-label=${t("run.label")}>
    <button type="button" class="primary" data-do="play" aria-pressed=${on}
      aria-keyshortcuts="Alt+P"
      onClick=${toggle}><span aria-hidden="true">
        ${on ? "❚❚" : "▶"}</span> ${t(on ? "run.pause" : "run.play")}</button>
    <button type="button" data-do="step" disabled=${on} title=${t("run.step.help")}
      onClick=${() => tell("play", { iterations: 1 })}>${t("run.step")}</button>
    <span class="joined">
      <label class="sr" for="run-count">${t("run.count")}</label>
      <input id="run-count" type="number" min="1" max="1000000" step="1" value=${count}
        onInput=${(/** @type {any} */ e) => setCount(Math.max(1, Math.round(e.currentTarget.valueAsNumber || 1)))} />
      <button type="button" data-do="steps" disabled=${on}
        onClick=${() => tell("play", { iterations: count })}>${t("run.steps")}</button>
    </span>
    <button type="button" data-do="rewind" title=${t("run.rewind.help")}
      onClick=${() => tell("rewind")}><span aria-hidden="true">⏮</span> ${t("run.rewind")}</button>
    <button type="button" data-do="reseed" title=${t("run.reseed.help")}
      onClick=${() => tell("set", { settings: { seed: (settings.value.seed + 1) % 2 ** 31 } })}
      ><span aria-hidden="true">⚄</span> ${t("run.reseed")}</button>
    <${Readout} />
  </div>`;
}

export function toggle() {
  tell(running.value ? "pause" : "play");
}

/** Iteration, J and speed: text only, so that it may change with each frame. */
function Readout() {
  const shown = frame.value;
  if (!shown) return null;
  const stopped = session.value?.stopped;
  return html`<dl class="readout">
    <div><dt>${t("run.k")}</dt><dd data-field="k">${grouped(shown.k)}</dd></div>
    <div><dt>J</dt><dd data-field="J" data-value=${shown.J}>${short(shown.J ?? NaN)}</dd></div>
    ${shown.running && html`<div><dt>${t("run.rate")}</dt><dd data-field="rate">
      ${grouped(Math.round(shown.rate ?? 0))}</dd></div>`}
    ${!shown.running && stopped && has(`stopped.${stopped}`)
      && html`<div class="why"><dt class="sr">${t("run.why")}</dt><dd>
        ${t(`stopped.${stopped}`)}</dd></div>`}
  </dl>`;
}
