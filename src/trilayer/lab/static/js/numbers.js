// How numbers are written: short on the page, exact where it matters.

/**
 * A number in few characters; never rounds a nonzero number to 0.
 * @param {number} v
 */
export function short(v) {
  if (!Number.isFinite(v)) return Number.isNaN(v) ? "NaN" : v > 0 ? "∞" : "−∞";
  const size = Math.abs(v);
  if (size !== 0 && (size < 1e-3 || size >= 1e4)) return minus(tidy(v.toExponential(2)));
  return minus(Number.isInteger(v) ? String(v) : v.toFixed(4));
}

/**
 * All digits: the shortest text that reads back as the same float64.
 * @param {number} v
 */
export function exact(v) {
  if (Object.is(v, -0)) return "-0";
  return Number.isFinite(v) ? String(v) : Number.isNaN(v) ? "nan" : v > 0 ? "inf" : "-inf";
}

/**
 * Groups of three: 12 345 678.
 * @param {number} v
 */
export function grouped(v) {
  return String(v).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** @param {number} v A share, as a percentage. */
export function percent(v) {
  return `${(100 * v).toFixed(1)}%`;
}

/**
 * With a minus sign instead of a hyphen.
 * @param {string | number} text
 */
export function minus(text) {
  return String(text).replace("-", "−").replace("e-", "e−");
}

/** @param {string} text 1.20e+5 → 1.20e5 */
function tidy(text) {
  return text.replace("e+", "e");
}
