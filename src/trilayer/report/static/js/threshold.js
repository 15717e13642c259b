// The threshold, moved: counts come from sorted scores and prefix sums, so any place costs a few steps.

import { data, element, field, fixed, percent, place, say } from "./dom.js";

const steps = data.report.scores.steps;
const [negative, positive] = [data.report.card.negative, data.report.card.positive].map(String);

/** @type {{threshold: number, moved: (() => void)[]}} */
export const chosen = { threshold: data.report.scores.threshold, moved: [] };

/**
 * How many steps have a threshold of at least t: those rows are called positive.
 * @param {number} t
 */
export function stepAt(t) {
  let low = 0;
  let high = steps.threshold.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps.threshold[middle] >= t) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {number} step */
export function countsAt(step) {
  const tp = step ? steps.true_positive[step - 1] : 0;
  const fp = step ? steps.false_positive[step - 1] : 0;
  return { tp, fp, fn: steps.positives - tp, tn: steps.negatives - fp };
}

/**
 * The step with the least cost, the highest threshold of equals.
 * @param {number} falseYes
 * @param {number} falseNo
 */
export function cheapest(falseYes, falseNo) {
  let best = 0;
  let least = Infinity;
  for (let step = 0; step <= steps.threshold.length; step += 1) {
    const { fp, fn } = countsAt(step);
    const cost = falseYes * fp + falseNo * fn;
    if (cost < least) [best, least] = [step, cost];
  }
  return { step: best, cost: least, threshold: best ? steps.threshold[best - 1] : 1 };
}

export function showThreshold() {
  const slider = element("input", { type: "range", min: 0, max: 1, step: 0.001, value: chosen.threshold, input: () => move(Number(slider.value)) });
  const box = element("input", { type: "number", min: 0, max: 1, step: 0.001, value: chosen.threshold, change: () => move(Number(box.value)) });
  const falseYes = element("input", { type: "number", min: 0, step: "any", value: 1, input: () => show() });
  const falseNo = element("input", { type: "number", min: 0, step: "any", value: 1, input: () => show() });
  const best = element("button", { type: "button", click: () => move(cheapest(...costs()).threshold) }, say("cost.best"));
  const table = element("tbody");
  const rates = element("dl", { class: "rates" });
  const total = element("p", { role: "status" });

  /** @returns {[number, number]} */
  function costs() {
    const read = (/** @type {any} */ input) => Math.max(0, Number(input.value) || 0);
    return [read(falseYes), read(falseNo)];
  }
  /** @param {number} t */
  function move(t) {
    chosen.threshold = Math.min(1, Math.max(0, Number.isFinite(t) ? t : 0.5));
    slider.value = String(chosen.threshold);
    box.value = String(chosen.threshold);
    show();
    for (const tell of chosen.moved) tell();
  }
  function show() {
    const counts = countsAt(stepAt(chosen.threshold));
    const [yes, no] = costs();
    const rows = data.report.scores.rows;
    const least = cheapest(yes, no);
    table.replaceChildren(...confusion(counts));
    rates.replaceChildren(...ratesOf(counts, rows));
    total.textContent = say("cost.total", {
      cost: fixed((yes * counts.fp + no * counts.fn) / rows), least: fixed(least.cost / rows), threshold: fixed(least.threshold, 3),
    });
  }

  const head = element("tr", {}, element("td"), ...[negative, positive].map((label) => element("th", { scope: "col" }, say("said", { label }))));
  place("threshold").append(
    element("div", { class: "knobs" },
      field(say("threshold"), slider, "wide"), field(say("threshold"), box),
      field(say("cost.false_positive"), falseYes), field(say("cost.false_negative"), falseNo), best),
    element("table", { class: "numbers confusion" }, element("thead", {}, head), table), rates, total,
  );
  // What stands there without a script is the same, at the model's own threshold.
  document.querySelector("#threshold .tables")?.remove();
  show();
}

/** @param {{tp: number, fp: number, fn: number, tn: number}} counts */
function confusion({ tp, fp, fn, tn }) {
  const row = (/** @type {string} */ label, /** @type {[number, boolean][]} */ cells) => element("tr", {},
    element("th", { scope: "row" }, say("truly", { label })),
    ...cells.map(([count, right]) => element("td", { class: right ? "right" : "" }, count.toLocaleString("en"))));
  return [row(negative, [[tn, true], [fp, false]]), row(positive, [[fn, false], [tp, true]])];
}

/** @param {{tp: number, fp: number, fn: number, tn: number}} counts @param {number} rows */
function ratesOf({ tp, fp, fn, tn }, rows) {
  const found = {
    sensitivity: tp / (tp + fn), specificity: tn / (tn + fp), precision: tp / (tp + fp),
    accuracy: (tp + tn) / rows, f1: (2 * tp) / (2 * tp + fp + fn), selected: (tp + fp) / rows,
  };
  return Object.entries(found).map(([name, value]) => element("div", {},
    element("dt", {}, say(`rate.${name}`)), element("dd", {}, name === "f1" ? fixed(value, 3) : percent(value))));
}
