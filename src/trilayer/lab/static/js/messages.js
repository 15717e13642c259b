// The messages of docs/lab-protocol.md, and their binary form.

/** @typedef {Float64Array | Float32Array | Int32Array | Uint8Array} Numbers */
/** @typedef {{name: string, dtype: "f8" | "f4" | "i4" | "u1", shape: number[], offset: number}} Place */
/** @typedef {{shape: number[], data: Numbers}} NamedArray */
/**
 * What the server says: its header's fields, and its arrays by name.
 * @typedef {{type: string, re?: number, arrays: Record<string, NamedArray>, [field: string]: any}} Message
 */

const KINDS = { f8: Float64Array, f4: Float32Array, i4: Int32Array, u1: Uint8Array };

/**
 * Read one binary message.
 * @param {ArrayBuffer} buffer
 * @returns {Message}
 */
export function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  /** @type {Record<string, NamedArray>} */
  const arrays = {};
  for (const { name, dtype, shape, offset } of /** @type {Place[]} */ (header.arrays ?? [])) {
    const count = shape.reduce((product, n) => product * n, 1);
    arrays[name] = { shape, data: new KINDS[dtype](buffer, offset, count) };
  }
  return { ...header, arrays };
}

/**
 * Write an upload: a header and one array of bytes.
 * @param {Record<string, unknown>} header
 * @param {Uint8Array} bytes
 * @returns {ArrayBuffer}
 */
export function encodeUpload(header, bytes) {
  /** @param {number} offset */
  const write = (offset) => new TextEncoder().encode(JSON.stringify({
    ...header, arrays: [{ name: "file", dtype: "u1", shape: [bytes.length], offset }],
  }));
  // The header holds the offset, whose digits are part of the header's length.
  let offset = 0;
  let text = write(offset);
  while (offset !== padded(4 + text.length)) {
    offset = padded(4 + text.length);
    text = write(offset);
  }
  const message = new Uint8Array(padded(offset + bytes.length));
  new DataView(message.buffer).setUint32(0, text.length, true);
  message.set(text, 4);
  message.set(bytes, offset);
  return message.buffer;
}

/** @param {number} n */
function padded(n) {
  return Math.ceil(n / 8) * 8;
}

/**
 * An array as a matrix; a vector is one row.
 * @param {NamedArray} array
 * @returns {import("./strip.js").Values}
 */
export function asMatrix({ shape, data }) {
  const [rows, columns] = shape.length === 2 ? shape : [1, shape[0] ?? 1];
  return { data, rows, columns };
}
