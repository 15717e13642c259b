// Form fields, each with its label: a choice, a number, a switch.

import { html, useEffect, useState } from "./lib.js";

let made = 0;
/** @param {string} name */
function useId(name) {
  return useState(() => `${name}-${(made += 1)}`)[0];
}

/**
 * @param {{label: string, value: string | number, options: {value: string | number, text: string}[],
 *   onPick: (value: string) => void, name: string, help?: string}} props
 */
export function Choice({ label, value, options, onPick, name, help }) {
  const id = useId(name);
  return html`<div class="field">
    <label for=${id} title=${help}>${label}</label>
    <select id=${id} name=${name} value=${String(value)}
      onChange=${(/** @type {any} */ e) => onPick(e.currentTarget.value)}>
      ${options.map((o) => html`<option key=${o.value} value=${String(o.value)}
        selected=${String(o.value) === String(value)}>${o.text}</option>`)}
    </select>
  </div>`;
}

/**
 * A number, sent when it was typed to the end; empty means none where `optional`.
 * @param {{label: string, value: number | null, min?: number, max?: number, whole?: boolean,
 *   onPick: (value: number | null) => void, name: string, help?: string, optional?: boolean,
 *   placeholder?: string}} props
 */
export function Numeric({ label, value, min, max, whole, onPick, name, help, optional, placeholder }) {
  const id = useId(name);
  const [text, setText] = useState(value === null ? "" : String(value));
  useEffect(() => setText(value === null ? "" : String(value)), [value]);
  const commit = () => {
    const typed = text.trim();
    if (typed === "" && optional) return value !== null && onPick(null);
    const number = Number(typed);
    if (typed === "" || !Number.isFinite(number)) return setText(value === null ? "" : String(value));
    return number !== value && onPick(number);
  };
  return html`<div class="field">
    <label for=${id} title=${help}>${label}</label>
    <input id=${id} name=${name} type="number" value=${text} min=${min} max=${max}
      step=${whole ? 1 : "any"} inputmode=${whole ? "numeric" : "decimal"} placeholder=${placeholder}
      onInput=${(/** @type {any} */ e) => setText(e.currentTarget.value)} onChange=${commit}
      onKeyDown=${(/** @type {KeyboardEvent} */ e) => e.key === "Enter" && commit()} />
  </div>`;
}

/**
 * @param {{label: string, value: number, min: number, max: number, step: number,
 *   onPick: (value: number) => void, name: string, shown: string}} props
 */
export function Slider({ label, value, min, max, step, onPick, name, shown }) {
  const id = useId(name);
  return html`<div class="field slider">
    <label for=${id}>${label} <output>${shown}</output></label>
    <input id=${id} name=${name} type="range" min=${min} max=${max} step=${step} value=${value}
      aria-valuetext=${shown}
      onChange=${(/** @type {any} */ e) => onPick(e.currentTarget.valueAsNumber)} />
  </div>`;
}

/**
 * @param {{label: string, value: boolean, onPick: (value: boolean) => void, name: string}} props
 */
export function Switch({ label, value, onPick, name }) {
  return html`<label class="switch"><input type="checkbox" name=${name} checked=${value}
    onChange=${(/** @type {any} */ e) => onPick(e.currentTarget.checked)} /> ${label}</label>`;
}
