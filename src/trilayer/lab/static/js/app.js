// The page: its head, its screens, and what is said when something is wrong.

import { Check } from "./check.js";
import { Compare } from "./compare.js";
import { Exporting } from "./exporting.js";
import { Guide } from "./guide.js";
import { has, language, speak, t } from "./i18n.js";
import { html, useState } from "./lib.js";
import { connect, connection, keepToken, problem } from "./link.js";
import { SCREENS, hello, receive, screen } from "./state.js";
import { Step } from "./step.js";
import { dress, theme } from "./theme.js";
import { Train } from "./train.js";

/** @type {Record<string, () => any>} */
const SHOWN = { train: Train, step: Step, check: Check, compare: Compare, guide: Guide };

export function App() {
  const [exporting, setExporting] = useState(false);
  const Screen = SHOWN[screen.value] ?? Train;
  const open = connection.value === "open" && hello.value;
  return html`
    <a class="skip" href="#main" onClick=${skip}>${t("app.skip")}</a>
    <${Head} onExport=${() => setExporting(true)} />
    <${Problem} />
    <main id="main" tabindex="-1">
      <h1 class="sr">trilayer lab: ${t(`screen.${screen.value}`)}</h1>
      ${open ? html`<${Screen} />` : html`<${Door} />`}
    </main>
    <${Exporting} open=${exporting} close=${() => setExporting(false)} />
    <footer>trilayer ${hello.value?.version ?? ""} · ${hello.value?.engine ?? ""} · ${t("app.exact")}</footer>`;
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** @param {{onExport: () => void}} props */
function Head({ onExport }) {
  const dark = theme.value === "dark";
  return html`<header class="head">
    <div class="brand"><img src="static/icon.svg" alt="" width="26" height="26"
      /> <strong>trilayer lab</strong></div>
    <nav aria-label=${t("app.screens")}>${SCREENS.map((name) => html`<button type="button"
      key=${name} data-screen=${name}
      class=${screen.value === name ? "on" : ""} aria-current=${screen.value === name ? "page" : undefined}
      onClick=${() => { screen.value = name; }}>${t(`screen.${name}`)}</button>`)}</nav>
    <div class="tools">
      <button type="button" data-do="export" onClick=${onExport}
        disabled=${connection.value !== "open"}>${t("export.title")}</button>
      <button type="button" data-do="language" lang=${language.value === "zh" ? "en" : "zh-CN"}
        onClick=${() => speak(language.value === "zh" ? "en" : "zh")}>${language.value === "zh" ? "English" : "中文"}</button>
      <button type="button" data-do="theme" aria-label=${t(dark ? "app.light" : "app.dark")}
        title=${t(dark ? "app.light" : "app.dark")}
        onClick=${() => dress(dark ? "light" : "dark")}><span aria-hidden="true">
          ${dark ? "☀" : "☾"}</span></button>
    </div>
  </header>`;
}

/** The one error that is shown, in the page's language. */
function Problem() {
  const shown = problem.value;
  return html`<div role="alert" class="alert">${shown && html`<p data-code=${shown.code}>
    <span>${say(shown)}</span>
    <button type="button" class="plain" aria-label=${t("app.dismiss")}
      onClick=${() => { problem.value = null; }}>✕</button></p>`}</div>`;
}

/** @param {{code: string, params: Record<string, any>, text: string}} error */
function say({ code, params, text }) {
  if (code === "bad_value") return badValue(params);
  return has(`error.${code}`) ? t(`error.${code}`, params) : text || code;
}

/** @param {Record<string, any>} params */
function badValue({ name, value, min, max, choices, expected }) {
  const called = has(`knob.${name}`) ? t(`knob.${name}`) : name;
  const start = t("error.bad_value", { name: called, value: JSON.stringify(value ?? null) });
  if (choices) return `${start} ${t("error.choices", { choices: choices.join(", ") })}`;
  if (typeof min === "number" && typeof max === "number") {
    return `${start} ${t("error.between", { min, max })}`;
  }
  if (typeof min === "number") return `${start} ${t("error.at_least", { min })}`;
  return expected ? `${start} ${t(`error.expected.${expected}`)}` : start;
}

/** What is shown while there is no session. */
function Door() {
  const [token, setToken] = useState("");
  const enter = (/** @type {Event} */ event) => {
    event.preventDefault();
    keepToken(token.trim());
    connect(receive);
  };
  if (connection.value === "connecting" || connection.value === "open") return html`<p
    class="quiet">${t("app.waiting")}</p>`;
  if (connection.value !== "refused") {
    return html`<section class="card door"><p>${t(`app.${connection.value}`)}</p>
      <button type="button" class="primary" onClick=${() => connect(receive)}>
        ${t("app.again")}</button></section>`;
  }
  return html`<section class="card door"><form onSubmit=${enter}>
    <h2>${t("token.title")}</h2><p>${t("token.help")}</p>
    <label for="token">${t("token.label")}</label>
    <div class="joined"><input id="token" name="token" type="text" autocomplete="off"
      spellcheck=${false} value=${token}
      onInput=${(/** @type {any} */ e) => setToken(e.currentTarget.value)} />
      <button type="submit" class="primary" disabled=${!token.trim()}>${t("token.go")}</button>
        </div>
  </form></section>`;
}
