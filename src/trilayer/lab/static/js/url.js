// The state in the address: what the server calls `link`, and what the page alone knows.

import { LANGUAGES, language, preferred, speak } from "./i18n.js";
import { effect } from "./lib.js";
import { SCREENS, equationAt, screen, session } from "./state.js";
import { dress, preferredTheme, theme } from "./theme.js";

/** @typedef {{view?: string, lang?: string, theme?: string, at?: string, s?: any}} Kept */

/** @returns {Kept} What the address holds; what cannot be read is nothing. */
export function read() {
  const held = new URLSearchParams(location.hash.slice(1));
  /** @type {Kept} */
  const kept = Object.fromEntries([...held].filter(([name]) => name !== "s"));
  const text = held.get("s");
  if (text) {
    try {
      kept.s = JSON.parse(fromBase64(text));
    } catch {
      kept.s = undefined;
    }
  }
  return kept;
}

/** Dress the page as the address, the browser or the system wants it. */
export function applyView() {
  const kept = read();
  const spoken = LANGUAGES.find((name) => name === kept.lang);
  speak(spoken ?? preferred());
  dress(kept.theme === "dark" || kept.theme === "light" ? kept.theme : preferredTheme());
  if (kept.view && SCREENS.includes(kept.view)) screen.value = kept.view;
  if (kept.at) equationAt.value = kept.at;
}

/** Keep the address in step from now on. */
export function keepAddress() {
  effect(() => {
    const fragment = written();
    if (session.value && `#${fragment}` !== location.hash) history.replaceState(null, "", `#${fragment}`);
  });
}

/** The address that leads back here; empty where the data are a table's. */
export function address() {
  return session.value?.link ? new URL(`#${written()}`, location.href).href : "";
}

function written() {
  const held = new URLSearchParams({ view: screen.value, lang: language.value, theme: theme.value });
  if (screen.value === "step") held.set("at", equationAt.value);
  const link = session.value?.link;
  if (link) held.set("s", toBase64(JSON.stringify(link)));
  return held.toString();
}

/** @param {string} text */
function toBase64(text) {
  const bytes = new TextEncoder().encode(text);
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} text */
function fromBase64(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(binary, (c) => c.charCodeAt(0)));
}
