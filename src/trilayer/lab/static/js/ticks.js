// Round numbers along an axis.

/**
 * @param {number} low
 * @param {number} high
 * @param {number} [about] how many
 */
export function ticks(low, high, about = 5) {
  if (!(high > low)) return [low];
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? rough;
  /** @type {number[]} */
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i += 1) {
    found.push(Number((i * step).toPrecision(12)));
  }
  return found;
}

/**
 * Powers of ten between two positive numbers, thinned to `most`.
 * @param {number} low
 * @param {number} high
 * @param {number} [most]
 */
export function decades(low, high, most = 7) {
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const step = Math.max(1, Math.ceil((to - from) / most));
  /** @type {number[]} */
  const found = [];
  for (let e = from; e <= to; e += step) found.push(e);
  return found;
}
