// Which elements feed which, read off the table of equations in both directions.

/** @typedef {import("./state.js").Equation} Equation */
/** @typedef {import("./state.js").Element} Element */

/**
 * Whether element (row, column) of a source goes into element (r, c) of the equation's target.
 * @param {{row: string, column: string}} source
 * @param {number} r
 * @param {number} c
 * @param {number} row
 * @param {number} column
 */
function goesInto(source, r, c, row, column) {
  /** @param {string} rule @param {number} index */
  const fits = (rule, index) => rule === ":"
    || index === ({ r, c, 0: 0 })[/** @type {"r" | "c" | "0"} */ (rule)];
  return fits(source.row, row) && fits(source.column, column);
}

/**
 * Which elements of `matrix` are ringed while `at` is pointed at.
 * @param {Equation[]} table
 * @param {"sources" | "feeds"} direction
 * @param {Element | null} at
 * @param {string} matrix
 * @returns {(row: number, column: number) => boolean}
 */
export function rings(table, direction, at, matrix) {
  if (!at) return () => false;
  const [made, read] = direction === "sources" ? [at.matrix, matrix] : [matrix, at.matrix];
  const sources = table.find((row) => row.matrix === made)?.sources ?? [];
  const from = sources.filter((source) => source.matrix === read);
  return direction === "sources"
    ? (row, column) => from.some((s) => goesInto(s, at.row, at.column, row, column))
    : (row, column) => from.some((s) => goesInto(s, row, column, at.row, at.column));
}

/**
 * The direction that has something to show: an operand of the equation on screen feeds its
 * target, and what it came from is not there.
 * @param {"sources" | "feeds"} wanted
 * @param {Element | null} at
 * @param {string} target
 */
export function shownDirection(wanted, at, target) {
  return wanted === "sources" && at?.matrix === target ? "sources" : "feeds";
}
