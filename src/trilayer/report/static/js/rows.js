// The rows that were judged: sorted by a heading, explained by their number.

import { data, element, field, fixed, place, say } from "./dom.js";
import { chosen } from "./threshold.js";
import { explain } from "./whatif.js";

const PAGE = 25;
const { rows } = data;
const names = data.controls.map((/** @type {any} */ control) => control.column);

/** @type {{by: string, down: boolean, shown: number, mistakes: boolean}} */
const view = { by: "loss", down: true, shown: PAGE, mistakes: false };
const OWN = ["number", "probability", "positive", "loss"];
const TITLES = { number: "rows.number", probability: "rows.probability", positive: "rows.truth", loss: "rows.loss" };

/** The column's values; those of the model are told from the table's by a list of their own. @param {string} key */
function valuesOf(key) {
  return key.startsWith("column:") ? rows.columns[key.slice(7)] : rows[key];
}

export function showRows() {
  const keys = [...OWN, ...names.map((/** @type {string} */ name) => `column:${name}`)];
  const heads = keys.map((key) => heading(key));
  const body = element("tbody");
  const more = element("button", { type: "button", click: () => { view.shown += 4 * PAGE; show(); } }, say("rows.more"));
  const filter = element("select", { change: () => { view.mistakes = filter.selectedIndex === 1; view.shown = PAGE; show(); } },
    element("option", {}, say("rows.all")), element("option", {}, say("rows.mistakes")));

  /** @param {string} key */
  function heading(key) {
    const title = key.startsWith("column:") ? key.slice(7) : say(TITLES[/** @type {"number"} */ (key)]);
    const sort = () => {
      Object.assign(view, view.by === key ? { down: !view.down } : { by: key, down: true });
      show();
    };
    return element("th", { scope: "col" }, element("button", { type: "button", click: sort }, title));
  }
  function show() {
    heads.forEach((/** @type {HTMLElement} */ head, /** @type {number} */ i) => {
      if (keys[i] === view.by) head.setAttribute("aria-sort", view.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    const order = sorted();
    body.replaceChildren(...order.slice(0, view.shown).map((/** @type {number} */ i) => line(i, keys)));
    more.hidden = order.length <= view.shown;
  }

  chosen.moved.push(() => { if (view.mistakes) show(); });
  place("rows").append(
    element("p", { class: "help" }, say("rows.help", { shown: rows.number.length.toLocaleString("en"), rows: rows.of.toLocaleString("en") })),
    element("div", { class: "knobs" }, field(say("rows.filter"), filter)),
    element("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": say("rows.filter") },
      element("table", { class: "judged" }, element("thead", {}, element("tr", {}, ...heads)), body)),
    more,
  );
  show();
}

function sorted() {
  const values = valuesOf(view.by);
  const order = rows.number.map((/** @type {number} */ _, /** @type {number} */ i) => i)
    .filter((/** @type {number} */ i) => !view.mistakes || (rows.probability[i] >= chosen.threshold) !== rows.positive[i]);
  const sign = view.down ? -1 : 1;
  return order.sort((/** @type {number} */ a, /** @type {number} */ b) => {
    const [x, y] = [values[a], values[b]];
    // What is missing comes last, whichever way.
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (x < y ? -1 : Number(x > y)) || a - b;
  });
}

/** @param {number} i @param {string[]} keys */
function line(i, keys) {
  const number = rows.number[i];
  const button = element("button", { type: "button", "aria-label": say("rows.explain", { row: number }), click: () => {
    const values = Object.create(null);
    for (const name of names) values[name] = rows.columns[name][i];
    explain(values, say("whatif.row", { row: number }));
    document.getElementById("whatif")?.scrollIntoView();
  } }, String(number));
  const truth = String(rows.positive[i] ? data.report.card.positive : data.report.card.negative);
  const told = [fixed(rows.probability[i]), truth, fixed(rows.loss[i])];
  const own = keys.slice(OWN.length).map((key) => {
    const value = valuesOf(key)[i];
    return element("td", { title: value === null ? false : String(value) }, value === null ? "∅" : String(value));
  });
  return element("tr", {}, element("th", { scope: "row" }, button), ...told.map((text) => element("td", {}, text)), ...own);
}
