// Words in two languages: flat keys, `{name}` for what is filled in.

import { signal } from "./lib.js";

/** @typedef {"en" | "zh"} Language */

/** @type {readonly Language[]} */
export const LANGUAGES = ["en", "zh"];

/** @type {Record<Language, Record<string, string>>} */
const dictionaries = { en: {}, zh: {} };

export const language = signal(/** @type {Language} */ ("en"));

/** Load both dictionaries: a switch of language needs no server. */
export async function loadDictionaries() {
  await Promise.all(LANGUAGES.map(async (name) => {
    const answer = await fetch(`static/i18n/${name}.json`);
    dictionaries[name] = await answer.json();
  }));
}

/**
 * Say a key in the current language.
 * @param {string} key
 * @param {Record<string, string | number>} [params]
 * @returns {string}
 */
export function t(key, params = {}) {
  const text = dictionaries[language.value][key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(params[name] ?? `{${name}}`));
}

/**
 * Whether the dictionary has a key: for texts that come from the server's codes.
 * @param {string} key
 */
export function has(key) {
  return key in dictionaries[language.value];
}

/** @returns {Language} The first of the browser's languages that the lab speaks. */
export function preferred() {
  const spoken = navigator.languages.map((name) => name.slice(0, 2));
  const found = spoken.find((name) => name === "zh" || name === "en");
  return found === "zh" ? "zh" : "en";
}

/** @param {Language} name */
export function speak(name) {
  language.value = name;
  document.documentElement.lang = name === "zh" ? "zh-CN" : "en";
}
