// Light and dark: the page's attribute, and the colours that pictures are drawn in.

import { signal } from "./lib.js";

/** @typedef {"light" | "dark"} Theme */
/** @typedef {{diverging: string[], series: string[]}} Colours */

export const theme = signal(/** @type {Theme} */ ("light"));

/** @type {Record<Theme, Colours>} */
let palettes = { light: { diverging: [], series: [] }, dark: { diverging: [], series: [] } };

const STEPS = 256;
/** @type {Record<Theme, Uint32Array>} */
const tables = { light: new Uint32Array(STEPS), dark: new Uint32Array(STEPS) };

/** Load the palette that the tests judge (palette.json). */
export async function loadPalette() {
  palettes = await (await fetch("static/palette.json")).json();
  for (const name of /** @type {Theme[]} */ (["light", "dark"])) {
    for (let i = 0; i < STEPS; i += 1) {
      const [r, g, b] = mix(palettes[name].diverging, i / (STEPS - 1));
      tables[name][i] = (255 << 24) | (b << 16) | (g << 8) | r;
    }
  }
}

/** @param {Theme} name */
export function dress(name) {
  theme.value = name;
  document.documentElement.dataset.theme = name;
}

/** @returns {Theme} What the system asks for. */
export function preferredTheme() {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/**
 * The colour between the palette's ends.
 * @param {number} share 0 for the negative end, 1 for the positive one
 * @returns {string} a CSS colour
 */
export function diverging(share) {
  const [r, g, b] = mix(palettes[theme.value].diverging, share);
  return `rgb(${r} ${g} ${b})`;
}

/**
 * The same as a 32-bit pixel, for images.
 * @param {number} share
 */
export function pixel(share) {
  const at = Math.round(Math.min(1, Math.max(0, share)) * (STEPS - 1));
  return tables[theme.value][at];
}

/**
 * Ink that can be read on `diverging(share)`.
 * @param {number} share
 */
export function inkOn(share) {
  const [r, g, b] = mix(palettes[theme.value].diverging, share).map((v) => linear(v / 255));
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  // Where black and white stand out equally well (WCAG's contrast).
  return luminance > 0.179 ? "#000" : "#fff";
}

/** @param {number} i */
export function seriesColour(i) {
  const { series } = palettes[theme.value];
  return series[i % series.length];
}

/**
 * A custom property of the style sheet, such as "--ink".
 * @param {string} name
 */
export function cssColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @param {number} v */
function linear(v) {
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}

/**
 * @param {string[]} stops
 * @param {number} share
 * @returns {[number, number, number]}
 */
function mix(stops, share) {
  const at = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0.5)) * (stops.length - 1);
  const i = Math.min(Math.floor(at), stops.length - 2);
  const [from, to] = [stops[i], stops[i + 1]].map(channels);
  const part = at - i;
  return /** @type {[number, number, number]} */ (
    from.map((v, c) => Math.round(v + (to[c] - v) * part)));
}

/** @param {string} hex */
function channels(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}
