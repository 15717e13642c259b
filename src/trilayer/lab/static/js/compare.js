// Compare: up to six solver settings from one start, on one axis.

import { Chart } from "./chart.js";
import { Choice, Numeric, Switch } from "./fields.js";
import { t } from "./i18n.js";
import { html, signal } from "./lib.js";
import { tell } from "./link.js";
import { grouped, short } from "./numbers.js";
import { Knob, choiceName, knobName, solverName } from "./setup.js";
import { comparison, hello, session } from "./state.js";

/** @typedef {Record<string, any>} Run */

const runs = signal(/** @type {Run[]} */ ([
  { solver: "gd" },
  { solver: "gd", momentum: 0.9 },
  { solver: "adam", learning_rate: 0.02 },
  { solver: "lbfgs" },
]));
const iterations = signal(300);
const seconds = signal(10);
const by = signal(/** @type {"k" | "s"} */ ("k"));
const logJ = signal(true);

export function Compare() {
  const most = hello.value?.limits.compare ?? 6;
  const busy = Boolean(session.value?.comparing);
  const begin = () => tell("compare", {
    runs: runs.value, iterations: iterations.value, seconds: seconds.value,
  });
  return html`<div class="screen compare">
    <section class="card" aria-labelledby="compare-title">
      <h2 id="compare-title">${t("compare.title")}</h2>
      <p class="help">${t("compare.help")}</p>
      <ol class="runs">${runs.value.map((run, i) => html`<${Line} key=${i} run=${run} at=${i}
        />`)}</ol>
      <div class="buttons">
        <button type="button" disabled=${runs.value.length >= most}
          onClick=${() => { runs.value = [...runs.value, { solver: "gd" }]; }}
          >+ ${t("compare.add")}</button>
        <${Numeric} name="iterations" label=${t("compare.iterations")} value=${iterations.value}
          min=${1} whole
          onPick=${(/** @type {number} */ v) => { iterations.value = v; }} />
        <${Numeric} name="seconds" label=${t("compare.seconds")} value=${seconds.value} min=${0}
          onPick=${(/** @type {number} */ v) => { seconds.value = v; }} />
        ${busy ? html`<button type="button" class="primary" data-do="stop-compare"
          onClick=${() => tell("stop_compare")}>${t("compare.stop")}</button>`
          : html`<button type="button" class="primary" data-do="compare" onClick=${begin}>
            ${t("compare.go")}</button>`}
      </div>
    </section>
    ${comparison.value && html`<${Result} />`}
  </div>`;
}

/** @param {{run: Run, at: number}} props */
function Line({ run, at }) {
  const solvers = hello.value?.solvers ?? {};
  /** @param {Run} changed */
  const put = (changed) => { runs.value = runs.value.map((old, i) => (i === at ? changed : old)); };
  return html`<li class="fields">
    <${Choice} name=${`solver-${at}`} label=${t("model.solver")} value=${run.solver}
      options=${Object.keys(solvers).map((value) => ({ value, text: solverName(value) }))}
      onPick=${(/** @type {string} */ v) => put({ solver: v })} />
    ${Object.entries(solvers[run.solver] ?? {}).map(([name, spec]) => html`<${Knob} key=${name}
      name=${name}
      spec=${spec} value=${run[name]} onPick=${(/** @type {any} */ v) => put({ ...run, [name]: v })} />`)}
    <${Numeric} name="l2" label=${t("knob.l2")} value=${run.l2 ?? 0} min=${0}
      onPick=${(/** @type {number} */ v) => put({ ...run, l2: v })} />
    <button type="button" class="plain" disabled=${runs.value.length < 2}
      aria-label=${t("compare.remove", { n: at + 1 })}
      onClick=${() => { runs.value = runs.value.filter((_, i) => i !== at); }}>✕</button>
  </li>`;
}

/**
 * A run by its solver and the knobs that were set.
 * @param {Run} run
 * @param {number} i
 */
function named(run, i) {
  const specs = hello.value?.solvers[run.solver] ?? {};
  const knobs = Object.keys(run).filter((name) => name in specs || (name === "l2" && run.l2))
    .filter((name) => run[name] !== specs[name]?.default || name === "learning_rate")
    .map((name) => `${knobName(name)} ${choiceName(run[name])}`);
  return `${i + 1} ${solverName(run.solver)}${knobs.length ? `: ${knobs.join(", ")}` : ""}`;
}

function Result() {
  const answer = /** @type {import("./messages.js").Message} */ (comparison.value);
  const list = /** @type {Run[]} */ (answer.runs);
  const lines = () => {
    const shown = /** @type {import("./messages.js").Message} */ (comparison.value);
    return shown.runs.map((/** @type {Run} */ run, /** @type {number} */ i) => ({
      label: named(run, i),
      x: shown.arrays[`${by.value}_${i}`]?.data ?? [],
      y: shown.arrays[`J_${i}`]?.data ?? [],
    }));
  };
  const best = Math.min(...list.map(({ J }) => J ?? Infinity));
  return html`<section class="card" aria-labelledby="result-title">
    <h2 id="result-title">${t("compare.result")}</h2>
    <fieldset class="choice"><legend>${t("compare.by")}</legend>
      ${/** @type {const} */ (["k", "s"]).map((axis) => html`<label key=${axis}><input type="radio"
        name="by" checked=${by.value === axis}
        onChange=${() => { by.value = axis; }} /> ${t(`compare.by.${axis}`)}</label>`)}
      <${Switch} name="log-j" label=${t("curves.log")} value=${logJ.value}
        onPick=${(/** @type {boolean} */ on) => { logJ.value = on; }} />
    </fieldset>
    <${Chart} name=${`compare-${by.value}`} title=${() => t("compare.title")} lines=${lines}
      logY=${logJ.value} height=${320}
      xLabel=${t(`compare.by.${by.value}`)} yLabel="J" label=${t("compare.label", { count: list.length })} />
    <div class="scroll"><table class="scores">
      <thead><tr><th scope="col">${t("compare.run")}</th><th scope="col">J</th><th scope="col">
        ${t("run.k")}</th>
        <th scope="col">${t("compare.by.s")}</th><th scope="col">${t("compare.state")}</th></tr>
          </thead>
      <tbody>${list.map((run, i) => html`<tr key=${i} class=${run.J === best ? "best" : ""}>
        <th scope="row">${named(run, i)}</th><td data-run=${i}>${short(run.J ?? NaN)}</td><td>
          ${grouped(run.k)}</td>
        <td>${run.seconds.toFixed(3)}</td><td>${t(`compare.${run.state}`)}</td></tr>`)}</tbody>
    </table></div>
  </section>`;
}
