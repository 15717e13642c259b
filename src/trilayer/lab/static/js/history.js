// Back, forward and scrub over the last iterations.

import { t } from "./i18n.js";
import { html } from "./lib.js";
import { tell } from "./link.js";
import { grouped } from "./numbers.js";
import { frame, running, session } from "./state.js";

export function History() {
  const now = session.value;
  if (!now) return null;
  const [oldest, newest] = now.ring;
  const at = running.value ? frame.value?.k ?? now.k : now.looking ?? now.k;
  /** @param {number} k */
  const look = (k) => tell("look", { k: k >= newest ? null : Math.max(oldest, k) });
  const off = running.value;
  return html`<div class="history" role="group" aria-label=${t("history.label")}>
    <button type="button" disabled=${off || at <= oldest} onClick=${() => look(at - 1)}
      data-do="back">‹ <span class="wide">${t("history.back")}</span></button>
    <label>
      <span class="sr">${t("history.scrub")}</span>
      <input type="range" min=${oldest} max=${Math.max(newest, oldest)} step="1" value=${at}
        disabled=${off || oldest === newest} aria-valuetext=${t("history.at", { k: at })}
        onInput=${(/** @type {any} */ e) => look(Number(e.currentTarget.value))} />
    </label>
    <button type="button" disabled=${off} data-do="forward"
      onClick=${() => (at < newest ? look(at + 1) : tell("play", { iterations: 1 }))}
      ><span class="wide">${t("history.forward")}</span> ›</button>
    <output class="k">
      ${t("history.of", { k: grouped(at), newest: grouped(Math.max(at, newest)) })}</output>
    ${now.looking !== null && html`<button type="button" class="plain"
      onClick=${() => tell("look", { k: null })}>${t("history.newest")}</button>`}
  </div>`;
}
