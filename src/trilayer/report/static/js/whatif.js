// The network, computing here: a control for each column, and what each column does to the logit.

import { data, element, field, percent, place, say, signed } from "./dom.js";

/** @typedef {{column: string, kind: string, start: any, missing: boolean, low?: number, high?: number, levels?: string[]}} Control */

/** @type {Control[]} */
const controls = data.controls;

/** The values of a typical row. */
const typical = rowOf((control) => control.start);

/** @type {Map<string, (value: any) => void>} */
const setters = new Map();
const row = { ...typical };

const [where, chance, logit, refused] = [element("strong"), element("output"), element("span"), element("p", { class: "refused", role: "alert" })];
const moves = element("tbody");

/** @param {(control: Control) => any} valueOf @returns {Record<string, any>} */
function rowOf(valueOf) {
  // No prototype: a column may be called "__proto__".
  const made = Object.create(null);
  for (const control of controls) made[control.column] = valueOf(control);
  return made;
}

export function showWhatIf() {
  const reset = element("button", { type: "button", click: () => explain(typical, say("whatif.start")) }, say("whatif.reset"));
  const positive = String(data.report.card.positive);
  place("whatif").append(
    element("div", { class: "said" }, where, element("span", {}, say("whatif.probability", { positive })), chance, logit, reset),
    refused,
    element("div", { class: "knobs" }, ...controls.map(knob)),
    element("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": say("whatif.moves") },
      element("table", { class: "moves" }, element("caption", {}, say("whatif.moves")), moves)),
  );
  explain(typical, say("whatif.start"));
}

/**
 * Put a row into the controls, and explain it.
 * @param {Record<string, any>} values
 * @param {string} name
 */
export function explain(values, name) {
  for (const { column } of controls) {
    row[column] = values[column];
    setters.get(column)?.(values[column]);
  }
  where.textContent = name;
  show();
}

/** @param {Control} control */
function knob(control) {
  const { column, kind, low, high, levels } = control;
  const changed = (/** @type {any} */ value) => {
    row[column] = value;
    show();
  };
  if (kind === "number") {
    const box = element("input", { type: "number", step: "any", input: () => { slider.value = box.value; changed(box.value === "" ? null : Number(box.value)); } });
    const slider = element("input", { type: "range", min: low, max: high, step: "any", "aria-label": column, input: () => { box.value = String(Number(Number(slider.value).toPrecision(5))); changed(Number(box.value)); } });
    setters.set(column, (value) => { box.value = value ?? ""; slider.value = value ?? low; });
    const made = field(column, box);
    made.append(slider);
    return made;
  }
  if (kind === "date") {
    const box = element("input", { type: "text", input: () => changed(box.value === "" ? null : box.value) });
    setters.set(column, (value) => { box.value = value ?? ""; });
    return field(column, box);
  }
  /** @type {any[]} */
  const choices = kind === "boolean" ? [true, false] : [...(levels ?? [])];
  const select = element("select", { change: () => changed(choices[select.selectedIndex]) });
  const fill = () => select.replaceChildren(...choices.map((each) => element("option", {}, each === null ? "∅" : String(each))));
  if (control.missing) choices.push(null);
  fill();
  setters.set(column, (value) => {
    if (!choices.includes(value)) { choices.push(value); fill(); }
    select.selectedIndex = choices.indexOf(value);
  });
  return field(column, select);
}

function show() {
  try {
    const z = network.logit(row);
    const told = network.attributions(row, typical);
    refused.textContent = "";
    chance.textContent = percent(1 / (1 + Math.exp(-z)));
    logit.textContent = say("whatif.logit", { logit: signed(z) });
    moves.replaceChildren(...movesOf(told, network.logit(typical), z));
  } catch (error) {
    refused.textContent = say("whatif.refused", { error: error instanceof Error ? error.message : String(error) });
    for (const each of [chance, logit]) each.textContent = "–";
    moves.replaceChildren();
  }
}

/** @param {[string, number][]} told @param {number} start @param {number} end */
function movesOf(told, start, end) {
  const widest = Math.max(...told.map(([, by]) => Math.abs(by)), 1e-12);
  const sorted = [...told].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const line = (/** @type {string} */ name, /** @type {number} */ by, /** @type {Node | string} */ last = "") => element("tr", {},
    element("th", { scope: "row" }, name), element("td", {}, signed(by)), element("td", {}, last));
  return [
    line(say("whatif.baseline"), start),
    ...sorted.map(([name, by]) => line(name, by, bar(by / widest))),
    line(say("whatif.sum"), end),
  ];
}

/** @param {number} share −1 to 1 */
function bar(share) {
  const inner = element("i", { class: share < 0 ? "down" : "up" });
  inner.style.width = `${Math.abs(share) * 50}%`;
  return element("div", { class: "bar", "aria-hidden": "true" }, inner);
}
