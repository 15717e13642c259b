// A matrix as a grid of numbers that a keyboard can walk and a screen reader can read.
//
// Only a window of rows and columns is in the page at a time (m may be hundreds); the grid
// says how large the whole is and which part each cell is.

import { html, useEffect, useRef, useState } from "./lib.js";
import { t } from "./i18n.js";
import { exact, short } from "./numbers.js";
import { largest, shade } from "./strip.js";
import { Tex } from "./tex.js";
import { diverging, inkOn, theme } from "./theme.js";

const ROWS = 16;
const COLUMNS = 8;

/** @typedef {{row: number, column: number}} Place */

/**
 * @param {{
 *   name: string, tex: string, symbols: readonly string[], values: import("./strip.js").Values,
 *   ring?: (row: number, column: number) => boolean, ringLabel?: string,
 *   chosen?: Place | null, first?: number, onFirst?: (column: number) => void,
 *   onPoint?: (place: Place) => void, large?: boolean,
 * }} props `first` is the first column shown, shared by all matrices of samples.
 */
export function Matrix(props) {
  const { name, values, symbols, chosen } = props;
  const [ownFirst, setOwnFirst] = useState(0);
  const [firstRow, setFirstRow] = useState(0);
  const [focus, setFocus] = useState({ row: 0, column: 0 });
  const grid = useRef(/** @type {HTMLElement | null} */ (null));
  const wanted = useRef(/** @type {Place | null} */ (null));
  const setFirst = props.onFirst ?? setOwnFirst;
  const first = clamp(props.first ?? ownFirst, 0, Math.max(0, values.columns - COLUMNS));
  const top = clamp(firstRow, 0, Math.max(0, values.rows - ROWS));
  const at = {
    row: clamp(focus.row, top, Math.min(values.rows, top + ROWS) - 1),
    column: clamp(focus.column, first, Math.min(values.columns, first + COLUMNS) - 1),
  };

  useEffect(() => {
    // An earlier rendering may come first: then the cell is not there, or not yet the one.
    if (wanted.current?.row !== at.row || wanted.current.column !== at.column) return;
    wanted.current = null;
    /** @type {HTMLElement | null} */ (grid.current?.querySelector('[tabindex="0"]'))?.focus();
  });

  /** @param {Place} to */
  const go = (to) => {
    const place = {
      row: clamp(to.row, 0, values.rows - 1), column: clamp(to.column, 0, values.columns - 1),
    };
    wanted.current = place;
    setFocus(place);
    setFirstRow(shift(top, place.row, ROWS));
    const moved = shift(first, place.column, COLUMNS);
    if (moved !== first) setFirst(moved);
    props.onPoint?.(place);
  };
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    const to = target(event, at, values);
    if (!to) return;
    event.preventDefault();
    go(to);
  };

  const rows = Math.min(ROWS, values.rows);
  const columns = Math.min(COLUMNS, values.columns);
  const label = t("matrix.label", {
    name, rows: symbols[0], columns: symbols[1], r: values.rows, c: values.columns,
  });
  return html`<figure class=${`matrix ${props.large ? "large" : ""}`} data-matrix=${name}
      data-rows=${values.rows} data-columns=${values.columns} data-first=${first}>
    <figcaption>
      <${Tex} tex=${props.tex} />
      <span class="shape">${symbols[0]} × ${symbols[1]} = ${values.rows} × ${values.columns}</span>
    </figcaption>
    <div class="cells" role="grid" ref=${grid} aria-label=${label} aria-rowcount=${values.rows}
        aria-colcount=${values.columns} onKeyDown=${onKey} data-theme-seen=${theme.value}>
      ${range(rows).map((i) => html`<div role="row" class="row" key=${i}
        aria-rowindex=${top + i + 1}>
        ${range(columns).map((k) => cell(props, top + i, first + k, at, chosen, go))}
      </div>`)}
    </div>
    <${Pager} what="columns" first=${first} shown=${columns} all=${values.columns} go=${setFirst}
      step=${COLUMNS} name=${name} symbol=${symbols[1]} />
    <${Pager} what="rows" first=${top} shown=${rows} all=${values.rows} go=${setFirstRow}
      step=${ROWS} name=${name} symbol=${symbols[0]} />
  </figure>`;
}

/**
 * @param {Parameters<typeof Matrix>[0]} props
 * @param {number} row
 * @param {number} column
 * @param {Place} at
 * @param {Place | null | undefined} chosen
 * @param {(place: Place) => void} go
 */
function cell(props, row, column, at, chosen, go) {
  const { values, name } = props;
  const v = elementOf(values, row, column);
  const share = shade(v, largest(values.data));
  const ringed = props.ring?.(row, column) ?? false;
  const isChosen = chosen?.row === row && chosen?.column === column;
  const says = t("matrix.cell", { name, r: row + 1, c: column + 1, value: short(v) });
  return html`<div role="gridcell"
    class=${`cell${ringed ? " ring" : ""}${isChosen ? " chosen" : ""}`}
    key=${column} data-row=${row} data-column=${column} data-value=${exact(v)}
    aria-colindex=${column + 1} aria-selected=${isChosen}
    aria-label=${ringed && props.ringLabel ? `${says}, ${props.ringLabel}` : says}
    tabindex=${at.row === row && at.column === column ? 0 : -1} title=${exact(v)}
    style=${{ background: diverging(share), color: inkOn(share) }}
    onPointerEnter=${() => props.onPoint?.({ row, column })}
    onFocus=${() => props.onPoint?.({ row, column })}
    onClick=${() => go({ row, column })}>${short(v)}</div>`;
}

/**
 * @param {{what: "columns" | "rows", first: number, shown: number, all: number, step: number,
 *   name: string, symbol: string, go: (first: number) => void}} props
 */
function Pager({ what, first, shown, all, step, name, symbol, go }) {
  if (all <= shown) return null;
  const samples = symbol === "m" ? "samples" : what;
  return html`<div class="pager">
    <button type="button" disabled=${first === 0} aria-label=${t("matrix.earlier", { name })}
      onClick=${() => go(Math.max(0, first - step))}>‹</button>
    <span>${t(`matrix.${samples}`, { from: first + 1, to: first + shown, all })}</span>
    <button type="button" disabled=${first + shown >= all} aria-label=${t("matrix.later", { name })}
      onClick=${() => go(Math.min(all - shown, first + step))}>›</button>
  </div>`;
}

/**
 * Where a key leads, as grids do it; null for other keys.
 * @param {KeyboardEvent} event
 * @param {Place} at
 * @param {{rows: number, columns: number}} size
 * @returns {Place | null}
 */
function target(event, { row, column }, { rows, columns }) {
  const whole = event.ctrlKey || event.metaKey;
  switch (event.key) {
    case "ArrowUp": return { row: row - 1, column };
    case "ArrowDown": return { row: row + 1, column };
    case "ArrowLeft": return { row, column: column - 1 };
    case "ArrowRight": return { row, column: column + 1 };
    case "Home": return { row: whole ? 0 : row, column: 0 };
    case "End": return { row: whole ? rows - 1 : row, column: columns - 1 };
    case "PageUp": return { row, column: column - COLUMNS };
    case "PageDown": return { row, column: column + COLUMNS };
    default: return null;
  }
}

/**
 * An element of a matrix of which only the columns from `from` on may be stored.
 * @param {import("./strip.js").Values} values
 * @param {number} row
 * @param {number} column
 */
function elementOf({ data, rows, from = 0 }, row, column) {
  return data[row * (data.length / rows) + column - from];
}

/** @param {number} first @param {number} at @param {number} size */
function shift(first, at, size) {
  if (at < first) return at;
  return at >= first + size ? at - size + 1 : first;
}

/** @param {number} v @param {number} low @param {number} high */
function clamp(v, low, high) {
  return Math.max(low, Math.min(high, v));
}

/** @param {number} n */
function range(n) {
  return Array.from({ length: n }, (_, i) => i);
}
