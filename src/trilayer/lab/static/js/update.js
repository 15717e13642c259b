// E35: the four parameters, their gradients, and the parameters after the step.

import { t } from "./i18n.js";
import { html } from "./lib.js";
import { Matrix } from "./matrix.js";
import { asMatrix } from "./messages.js";
import { exact } from "./numbers.js";
import { equations, given } from "./state.js";
import { Tex } from "./tex.js";

/** @param {{message: import("./messages.js").Message}} props */
export function Update({ message }) {
  const { update, arrays } = message;
  const names = ["W1", "b1", "W2", "b2"].filter((name) => arrays[name]);
  return html`<section class="update">
    <div class="card rule">
      <p>${t(`update.${update.kind}`, {
        solver: update.solver, rate: exact(update.learning_rate ?? 0),
        momentum: exact(update.momentum ?? 0),
      })}</p>
      ${update.kind === "gd" && html`<div class="scroll"><${Tex} display tex=${rule(update)} />
        </div>`}
      ${!update.exists && html`<p class="quiet">${t("update.none")}</p>`}
    </div>
    ${names.map((name) => html`<div class="matrices" key=${name}>
      ${part(name, name, arrays)}
      <span class="equals" aria-hidden="true">${update.kind === "gd" ? "− η ·" : "·"}</span>
      ${part(`d${name}`, `d${name}`, arrays)}
      <span class="equals" aria-hidden="true">→</span>
      ${part(`${name}_new`, name, arrays)}
    </div>`)}
  </section>`;
}

/** @param {Record<string, any>} update */
function rule({ learning_rate: rate, l2, decay }) {
  const pull = l2 ? `\\left(\\frac{\\partial J}{\\partial\\theta} + ${factor(decay)}\\,\\theta_{W}\\right)`
    : "\\frac{\\partial J}{\\partial\\theta}";
  return `\\theta \\leftarrow \\theta - ${factor(rate)}\\,${pull}`;
}

/** A knob's value in TeX. @param {number} v */
function factor(v) {
  const [digits, exponent] = exact(v).split("e");
  return exponent === undefined ? digits : `${digits}\\cdot10^{${Number(exponent)}}`;
}

/**
 * @param {string} name
 * @param {string} like the matrix whose shape and symbol it has
 * @param {import("./messages.js").Message["arrays"]} arrays
 */
function part(name, like, arrays) {
  if (!arrays[name]) return null;
  const row = [...given.value, ...equations.value].find(({ matrix }) => matrix === like);
  const tex = name.endsWith("_new") ? `${row?.symbol}_{\\,\\text{new}}` : row?.symbol ?? name;
  return html`<${Matrix} name=${name} tex=${tex} symbols=${row?.shape ?? ["", ""]}
    values=${asMatrix(arrays[name])} />`;
}
