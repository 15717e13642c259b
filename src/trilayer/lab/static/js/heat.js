// A grid of shares as an image, stretched smoothly over its place.

import { pixel } from "./theme.js";

/** @type {HTMLCanvasElement | null} */
let scratch = null;

/**
 * Draw values of 0 to 1 as colours; row 0 lies at the bottom.
 * @param {import("./pen.js").Pen} pen
 * @param {{data: ArrayLike<number>, rows: number, columns: number, start?: number}} grid
 *   `start` is where the grid begins in `data`
 * @param {number} x
 * @param {number} y
 * @param {number} w
 * @param {number} h
 */
export function drawHeat(pen, { data, rows, columns, start = 0 }, x, y, w, h) {
  scratch ??= document.createElement("canvas");
  if (scratch.width !== columns || scratch.height !== rows) {
    scratch.width = columns;
    scratch.height = rows;
  }
  const ctx = /** @type {CanvasRenderingContext2D} */ (
    scratch.getContext("2d", { willReadFrequently: true }));
  const image = ctx.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  for (let r = 0; r < rows; r += 1) {
    const to = (rows - 1 - r) * columns;
    for (let c = 0; c < columns; c += 1) pixels[to + c] = pixel(data[start + r * columns + c]);
  }
  ctx.putImageData(image, 0, 0);
  pen.image(scratch, x, y, w, h);
}
