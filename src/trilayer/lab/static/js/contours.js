// Marching squares: where a grid of probabilities crosses a level.

/**
 * @param {ArrayLike<number>} grid rows × columns, row 0 at the bottom
 * @param {number} rows
 * @param {number} columns
 * @param {number} level
 * @returns {Float32Array} ends of segments, x1 y1 x2 y2 …, in cells from the lower left centre
 */
export function contour(grid, rows, columns, level) {
  /** @type {number[]} */
  const ends = [];
  for (let r = 0; r + 1 < rows; r += 1) {
    for (let c = 0; c + 1 < columns; c += 1) {
      const at = r * columns + c;
      const [a, b] = [grid[at] - level, grid[at + 1] - level];
      const [d, e] = [grid[at + columns] - level, grid[at + columns + 1] - level];
      const kind = (a > 0 ? 1 : 0) | (b > 0 ? 2 : 0) | (e > 0 ? 4 : 0) | (d > 0 ? 8 : 0);
      if (kind === 0 || kind === 15) continue;
      // Crossings on the lower, right, upper and left side of the square.
      const lower = [c + a / (a - b), r];
      const right = [c + 1, r + b / (b - e)];
      const upper = [c + d / (d - e), r + 1];
      const left = [c, r + a / (a - d)];
      for (const [p, q] of pairs(kind, a + b + d + e > 0, lower, right, upper, left)) {
        ends.push(p[0], p[1], q[0], q[1]);
      }
    }
  }
  return Float32Array.from(ends);
}

/**
 * Which crossings belong together; on a saddle the middle's sign decides.
 * @param {number} kind
 * @param {boolean} high
 * @param {number[]} lower
 * @param {number[]} right
 * @param {number[]} upper
 * @param {number[]} left
 * @returns {number[][][]}
 */
function pairs(kind, high, lower, right, upper, left) {
  switch (kind) {
    case 1: case 14: return [[left, lower]];
    case 2: case 13: return [[lower, right]];
    case 3: case 12: return [[left, right]];
    case 4: case 11: return [[right, upper]];
    case 6: case 9: return [[lower, upper]];
    case 7: case 8: return [[left, upper]];
    case 5: return high ? [[left, upper], [lower, right]] : [[left, lower], [right, upper]];
    default: return high ? [[left, lower], [right, upper]] : [[left, upper], [lower, right]];
  }
}
