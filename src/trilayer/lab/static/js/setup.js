// What is trained: the samples, the network, the solver and when to stop.

import { Choice, Numeric, Slider } from "./fields.js";
import { has, t } from "./i18n.js";
import { html } from "./lib.js";
import { tell } from "./link.js";
import { percent } from "./numbers.js";
import { hello, session, settings } from "./state.js";
import { Table } from "./table.js";

/** @param {Record<string, unknown>} changed */
export function change(changed) {
  tell("set", { settings: changed });
}

/**
 * What the server takes for a setting.
 * @param {string} name
 * @returns {{min?: number, max?: number, whole?: boolean}}
 */
function range(name) {
  const { min, max, whole } = hello.value?.settings[name] ?? {};
  return { min, max, whole };
}

export function Data() {
  const now = settings.value;
  const toys = /** @type {{name: string, points: number, noise: number}[]} */ (hello.value?.toys ?? []);
  const ofTable = now.source === "table";
  /** @param {string} name */
  const pick = (name) => {
    if (name === "table") return;
    const toy = toys.find((one) => one.name === name);
    change({ source: "toy", toy: name, points: toy?.points, noise: toy?.noise });
  };
  const options = toys.map(({ name }) => ({ value: name, text: t(`toy.${name}`) }));
  if (ofTable) options.push({ value: "table", text: t("data.own") });
  return html`<section class="card setup" aria-labelledby="data-title">
    <h2 id="data-title">${t("data.title")}</h2>
    <div class="fields">
      <${Choice} name="toy" label=${t("data.toy")} value=${ofTable ? "table" : now.toy}
        options=${options} onPick=${pick} />
      ${!ofTable && html`
        <${Numeric} name="points" label=${t("data.points")} value=${now.points}
          ...${range("points")}
          onPick=${(/** @type {number} */ v) => change({ points: v })} />
        <${Slider} name="noise" label=${t("data.noise")} value=${now.noise} min=${0} max=${1}
          step=${0.05}
          shown=${String(now.noise)} onPick=${(/** @type {number} */ v) => change({ noise: v })} />
        <${Numeric} name="data_seed" label=${t("data.seed")} value=${now.data_seed}
          ...${range("data_seed")}
          onPick=${(/** @type {number} */ v) => change({ data_seed: v })} />`}
      <${Slider} name="held_out" label=${t("data.held_out")} value=${now.held_out} min=${0}
        max=${0.9} step=${0.05}
        shown=${percent(now.held_out)} onPick=${(/** @type {number} */ v) => change({ held_out: v })} />
    </div>
    <${Axes} />
    <${Table} />
  </section>`;
}

/** With more than two inputs: which two are shown, and how the others are held. */
function Axes() {
  const names = /** @type {string[]} */ (session.value?.inputs ?? []);
  const now = settings.value;
  if (names.length <= 2) return null;
  const options = names.map((text, value) => ({ value, text }));
  const holds = ["mean", "median", "most_frequent"].map((value) => ({ value, text: t(`hold.${value}`) }));
  return html`<div class="fields">
    <${Choice} name="axis_x" label=${t("data.axis_x")} value=${now.axis_x} options=${options}
      onPick=${(/** @type {string} */ v) => change({ axis_x: Number(v) })} />
    <${Choice} name="axis_y" label=${t("data.axis_y")} value=${now.axis_y} options=${options}
      onPick=${(/** @type {string} */ v) => change({ axis_y: Number(v) })} />
    <${Choice} name="hold" label=${t("data.hold")} value=${now.hold} options=${holds}
      onPick=${(/** @type {string} */ v) => change({ hold: v })} />
  </div>`;
}

export function Model() {
  const now = settings.value;
  const solvers = /** @type {Record<string, Record<string, any>>} */ (hello.value?.solvers ?? {});
  return html`<section class="card setup" aria-labelledby="model-title">
    <h2 id="model-title">${t("model.title")}</h2>
    <div class="fields">
      <${Numeric} name="hidden" label=${t("model.hidden")} value=${now.hidden} ...${range("hidden")}
        onPick=${(/** @type {number} */ v) => change({ hidden: v })} />
      <${Choice} name="start" label=${t("model.start")} value=${now.start}
        options=${["random", "zero"].map((value) => ({ value, text: t(`start.${value}`) }))}
        onPick=${(/** @type {string} */ v) => change({ start: v })} />
      <${Numeric} name="seed" label=${t("model.seed")} value=${now.seed} ...${range("seed")}
        onPick=${(/** @type {number} */ v) => change({ seed: v })} />
      <${Choice} name="solver" label=${t("model.solver")} value=${now.solver}
        options=${Object.keys(solvers).map((value) => ({ value, text: solverName(value) }))}
        onPick=${(/** @type {string} */ v) => change({ solver: v })} />
      ${Object.entries(solvers[now.solver] ?? {}).map(([name, spec]) => html`<${Knob} key=${name}
        name=${name} spec=${spec} value=${now[name]} onPick=${(/** @type {any} */ v) => change({ [name]: v })} />`)}
      <${Numeric} name="l2" label=${t("knob.l2")} value=${now.l2} ...${range("l2")}
        onPick=${(/** @type {number} */ v) => change({ l2: v })} />
    </div>
    <details>
      <summary>${t("stop.title")}</summary>
      <div class="fields">
        ${["stop_iteration", "stop_loss", "stop_seconds"].map((name) => html`<${Numeric} key=${name}
          name=${name} label=${t(`stop.${name}`)} value=${now[name] ?? null} optional
          ...${range(name)} placeholder=${t("stop.never")}
          onPick=${(/** @type {number | null} */ v) => change({ [name]: v })} />`)}
      </div>
    </details>
  </section>`;
}

/**
 * One knob of a solver, as the server describes it.
 * @param {{name: string, spec: Record<string, any>, value: any, onPick: (value: any) => void}} props
 */
export function Knob({ name, spec, value, onPick }) {
  const label = knobName(name);
  if (spec.choices) {
    return html`<${Choice} name=${name} label=${label} value=${value ?? spec.default}
      options=${spec.choices.map((/** @type {string} */ v) => ({ value: v, text: choiceName(v) }))} onPick=${onPick} />`;
  }
  return html`<${Numeric} name=${name} label=${label} value=${value ?? spec.default} min=${spec.min}
    max=${spec.max} whole=${spec.whole} onPick=${onPick} />`;
}

// Names of the solvers, and of their knobs and choices: one that is registered beside those of
// trilayer has its own for want of better.

/** @param {string} name */
export function solverName(name) {
  return has(`solver.${name}`) ? t(`solver.${name}`) : name;
}

/** @param {string} name */
export function knobName(name) {
  return has(`knob.${name}`) ? t(`knob.${name}`) : name;
}

/** @param {any} value */
export function choiceName(value) {
  return has(`schedule.${value}`) ? t(`schedule.${value}`) : String(value);
}
