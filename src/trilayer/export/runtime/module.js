// What a trilayer model computes for one row: an ES module for browsers, Node.js and others.
// `description` is the model, and all that is known of it; its form is that of
// trilayer.export.description, and the functions are those of trilayer.export.runtime.rows.

const DAY = 86_400_000_000; // microseconds
const NUMBER = /^[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf(?:inity)?|nan)$/i;
const WHOLE = /^([+-]?[0-9]+)\.0+$/;
const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)? ?(?:Z|([+-])(\d\d):?(\d\d))?$/;

const BLANKS = new Set(description.blanks);
const YES = new Set(description.yes);
const NO = new Set(description.no);
if (description.single) {
  // These weights are float32 numbers, of which a few digits tell all.
  for (const row of [...description.W1, description.b1, description.W2 ?? []]) {
    row.forEach((w, j) => {
      row[j] = Math.fround(w);
    });
  }
  description.b2 = Math.fround(description.b2);
}
const { W1, b1, W2, b2 } = description;
// Maps, not objects: a text may be called "__proto__".
const COLUMNS = description.columns.map((column) => ({
  ...column,
  nothing: new Set(column.nothing),
  parts: column.parts.map((part) => ({ ...part, nodes: nodesOf(part) })),
  levels: column.levels && {
    ...column.levels,
    places: new Map(column.levels.places),
    truths: new Map(column.levels.truths),
  },
}));

/** The two labels; probabilities are those of the second. */
export const classes = description.classes;
/** The probability from which on the second label is said. */
export const threshold = description.threshold;

/** Z2 (E10): the logit of the second class. A row is an object: columns to values. */
export function logit(row) {
  return output(COLUMNS.reduce((Z1, column) => added(Z1, column, value(column, row)), b1.slice()));
}

/** A2 (E11): the probability of the second class. */
export function probability(row) {
  return sigmoid(logit(row));
}

/** The label that is said of a row. */
export function label(row) {
  return classes[probability(row) >= threshold ? 1 : 0];
}

/**
 * By how much each column moves the logit from a baseline's to a row's: pairs of name and number.
 *
 * Integrated gradients along the straight line between the two rows' inputs, summed over each
 * column's. On that line the gradient of a hidden unit depends on its own Z1 alone, so the
 * integral needs no quadrature: it is the difference of the unit's activations, which the columns
 * share as they share that of its Z1. What rounding leaves goes to the largest that can take it:
 * the baseline's logit and these, added in their order, are the row's logit to the bit, or where
 * no float can be that (the sum passes much larger numbers) to the last bits of the largest.
 */
export function attributions(row, baseline) {
  const none = () => b1.map(() => 0);
  const sums = (each) => COLUMNS.map((column) => added(none(), column, value(column, each)));
  const before = sums(baseline);
  const after = sums(row);
  const total = (parts, j) => parts.reduce((z, part) => z + part[j], b1[j]);
  const slopes = b1.map((_, j) => (W2 === null ? 1 : W2[j] * slope(total(before, j), total(after, j))));
  const told = COLUMNS.map((_, c) =>
    slopes.reduce((sum, by, j) => sum + by * (after[c][j] - before[c][j]), 0),
  );
  addingUp(told, logit(baseline), logit(row));
  return COLUMNS.map((column, c) => [column.name, told[c]]);
}

// ---- inside --------------------------------------------------------------------------

function addingUp(told, start, end) {
  const order = told.map((_, c) => c).filter((c) => told[c]).sort((a, b) => Math.abs(told[b]) - Math.abs(told[a]));
  for (const place of order) {
    for (let turn = 0; turn < 4; turn += 1) {
      const lacks = end - told.reduce((sum, each) => sum + each, start);
      if (lacks === 0) return;
      told[place] += lacks;
    }
  }
}

/** The mean slope of the sigmoid between two places, without cancelling. */
function slope(a, b) {
  const [low, high] = a < b ? [a, b] : [b, a];
  const width = high - low;
  return sigmoid(high) * sigmoid(-low) * (width ? -Math.expm1(-width) / width : 1);
}

function output(Z1) {
  return W2 === null ? Z1[0] : W2.reduce((Z2, w, j) => Z2 + w * sigmoid(Z1[j]), b2);
}

function sigmoid(z) {
  const e = Math.exp(-Math.abs(z));
  return (z >= 0 ? 1 : e) / (1 + e);
}

/** What the sums are at each edge of a part's bins. */
function nodesOf(part) {
  const nodes = [b1.map(() => 0)];
  for (let bin = 1; bin < part.edges.length; bin += 1) {
    nodes.push(nodes[bin - 1].map((at, j) => at + W1[part.input + bin][j]));
  }
  return nodes;
}

/** Add to Z1 what a column's value is worth. */
function added(Z1, column, given) {
  if (column.kind === "category") return addLevels(Z1, column, given);
  if (column.kind === "plain") return add(Z1, W1[column.input], plain(column, given));
  const numbers = parts(column, given);
  for (const part of column.parts) {
    const number = numbers === null ? part.center : numbers[part.name];
    add(Z1, W1[part.input], scaled(number, part));
    if (part.edges.length) addBins(Z1, part, number);
  }
  if (numbers === null && column.missing !== null) add(Z1, W1[column.missing], 1);
  return Z1;
}

function add(Z1, weights, times) {
  for (let j = 0; j < Z1.length; j += 1) Z1[j] += times * weights[j];
  return Z1;
}

function addBins(Z1, part, number) {
  const { edges, nodes } = part;
  let at = 0; // the last edge that is not greater; there is a bin behind it
  for (let high = edges.length - 1; high - at > 1; ) {
    const middle = (at + high) >> 1;
    if (edges[middle] <= number) at = middle;
    else high = middle;
  }
  const far = Math.min(Math.max((number - edges[at]) / (edges[at + 1] - edges[at]), 0), 1);
  add(Z1, nodes[at], 1 - far);
  add(Z1, nodes[at + 1], far);
}

function addLevels(Z1, column, given) {
  const { places, truths, inputs, numbers } = column.levels;
  const found = text(column, given);
  const which = found === null ? "missing" : "unseen";
  const place = found === null ? undefined : places.get(found) ?? truths.get(found.toLowerCase());
  const k = place === undefined ? column.levels[which] : inputs[place];
  if (k !== null) add(Z1, W1[k], 1);
  for (const each of numbers) {
    add(Z1, W1[each.input], place === undefined ? each[which] : each.values[place]);
  }
  return Z1;
}

function value(column, row) {
  const found = Object.hasOwn(row, column.name) ? row[column.name] : undefined;
  if (found === undefined) throw new Error(`the row has no column ${JSON.stringify(column.name)}`);
  return found;
}

function refused(column, given, wanted) {
  const shown = typeof given === "string" ? JSON.stringify(given) : String(given);
  return new RangeError(`column ${JSON.stringify(column.name)}: ${shown} is not ${wanted}`);
}

/** A text without the blanks around it; null where it stands for nothing. */
function trimmed(column, given) {
  const signs = Array.from(given);
  let first = 0;
  let last = signs.length;
  while (first < last && BLANKS.has(signs[first])) first += 1;
  while (last > first && BLANKS.has(signs[last - 1])) last -= 1;
  const kept = signs.slice(first, last).join("");
  return kept === "" || column.nothing.has(kept) ? null : kept;
}

/** The numbers of a value, by name; null where it is missing. */
function parts(column, given) {
  const known = typeof given === "string" ? trimmed(column, given) : given;
  if (known === null || Number.isNaN(known)) return null;
  return { number, boolean: truth, date }[column.kind](column, known);
}

function number(column, given) {
  const x = asNumber(column, given);
  if (Number.isNaN(x) || column.nothing_numbers.includes(x)) return null;
  if (!Number.isFinite(x)) throw refused(column, given, "a finite number");
  return { value: x };
}

function asNumber(column, given) {
  if (typeof given === "number" || typeof given === "bigint") return Number(given);
  if (typeof given === "boolean") return given ? 1 : 0;
  if (typeof given !== "string") throw refused(column, given, "a number");
  const word = given.toLowerCase();
  if (word === "true" || word === "false") return word === "true" ? 1 : 0;
  if (column.form) throw refused(column, given, "a number: its text is not plain, so read it");
  if (!NUMBER.test(given)) throw refused(column, given, "a number");
  if (word === "nan") return NaN;
  return word.includes("inf") ? Infinity : Number(given);
}

function truth(column, given) {
  if (typeof given === "string") {
    const word = given.toLowerCase();
    if (!YES.has(word) && !NO.has(word)) throw refused(column, given, "true or false");
    return { value: YES.has(word) ? 1 : 0 };
  }
  const x = Number(given);
  if (column.nothing_numbers.includes(x)) return null;
  if (x !== 0 && x !== 1) throw refused(column, given, "true or false");
  return { value: x };
}

function date(column, given) {
  let days;
  let rest;
  if (typeof given === "number" && column.microseconds !== null) {
    if (column.nothing_numbers.includes(given)) return null;
    const count = Math.trunc(given * column.microseconds);
    [days, rest] = [Math.floor(count / DAY), ((count % DAY) + DAY) % DAY];
  } else {
    [days, rest] = instant(column, given);
  }
  const day = new Date(days * 86_400_000);
  return {
    year: day.getUTCFullYear(),
    month: day.getUTCMonth() + 1,
    weekday: ((((days + 3) % 7) + 7) % 7) + 1, // 1970 began on a Thursday
    hour: rest / (DAY / 24),
    days: (days * DAY + rest) / DAY,
  };
}

/** Days since 1970, and microseconds of the day; UTC, where no zone is said. */
function instant(column, given) {
  if (given instanceof Date && !Number.isNaN(given.getTime())) {
    const days = Math.floor(given.getTime() / 86_400_000);
    return [days, (given.getTime() - days * 86_400_000) * 1000];
  }
  const found = typeof given === "string" ? INSTANT.exec(given) : null;
  const piece = (i) => Number(found[i] ?? 0);
  const wanted = "a date such as 2024-12-31 or 2024-12-31 23:59";
  if (found === null) throw refused(column, given, wanted);
  const day = new Date(0);
  day.setUTCFullYear(piece(1), piece(2) - 1, piece(3));
  const real = day.getUTCMonth() === piece(2) - 1 && day.getUTCDate() === piece(3) && piece(1) > 0;
  if (!real || piece(4) > 23 || piece(5) > 59 || piece(6) > 59) throw refused(column, given, wanted);
  const zone = (piece(9) * 60 + piece(10)) * (found[8] === "-" ? -1 : 1);
  const part = Number((found[7] ?? "").slice(0, 6).padEnd(6, "0"));
  const seconds = (piece(4) * 60 + piece(5) - zone) * 60 + piece(6);
  const over = Math.floor(seconds / 86_400);
  const rest = (seconds - over * 86_400) * 1_000_000 + part;
  return [Math.round(day.getTime() / 86_400_000) + over, rest];
}

function scaled(x, part) {
  const z = Math.min(Math.max((x - part.center) / part.scale, -1e150), 1e150);
  return part.clip === null ? z : z / Math.sqrt(1 + (z / part.clip) ** 2);
}

function plain(column, given) {
  const known = typeof given === "string" ? trimmed(column, given) : given;
  let x = known === null ? NaN : asNumber(column, known);
  for (const [name, by, high] of column.steps) {
    if (name === "fill") x = Number.isNaN(x) ? by : x;
    else if (name === "plus") x += by;
    else if (name === "minus") x -= by;
    else if (name === "times") x *= by;
    else if (name === "over") x /= by;
    else x = Math.min(Math.max(x, by), high);
  }
  if (Number.isFinite(x)) return x;
  throw refused(column, given, "a finite number, and nothing fills gaps here");
}

/** A level's text, as a table would show the value; null where it is missing. */
function text(column, given) {
  if (given === null || Number.isNaN(given)) return null;
  const kept = trimmed(column, String(given));
  const whole = kept === null ? null : WHOLE.exec(kept);
  return whole === null ? kept : whole[1];
}
