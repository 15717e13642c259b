// The page's data, words and elements. Text becomes text nodes, never markup.

/** @type {any} */
export const data = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("data")).textContent ?? "");

/**
 * A sentence of the page's language, filled in.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function say(key, values = {}) {
  return data.words[key].replace(/\{(\w+)\}/g, (/** @type {string} */ _, /** @type {string} */ name) => String(values[name]));
}

/**
 * An element.
 * @param {string} tag
 * @param {Record<string, any>} [attributes] functions listen, all else is set as an attribute
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false && value !== null) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/** A field with its label. @param {string} label @param {HTMLElement} input @param {string} [more] */
export function field(label, input, more = "") {
  fields += 1;
  input.id = `field-${fields}`;
  return element("div", { class: `knob ${more}` }, element("label", { for: input.id }, label), input);
}

let fields = 0;

/** The place in a section that is the script's. @param {string} section @returns {HTMLElement} */
export function place(section) {
  return /** @type {HTMLElement} */ (document.querySelector(`#${section} .live`));
}

/** @param {number} value @param {number} [digits] */
export function fixed(value, digits = 4) {
  return Number.isFinite(value) ? value.toFixed(digits) : "–";
}

/** @param {number} value */
export function percent(value) {
  return Number.isFinite(value) ? `${(100 * value).toFixed(1)}%` : "–";
}

/** @param {number} value */
export function signed(value) {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;
}
