// Lines over an axis: uPlot on the page, the same lines with a pen for the file.

import { html, uPlot, useEffect, useRef } from "./lib.js";
import { dashOf, drawChart } from "./chartpen.js";
import { language } from "./i18n.js";
import { short } from "./numbers.js";
import { onPaint, repaint } from "./paint.js";
import { exhibits } from "./picture.js";
import { cssColour, seriesColour, theme } from "./theme.js";

/**
 * @typedef {{label: string, x: ArrayLike<number>, y: ArrayLike<number>, colour?: number,
 *   dash?: number[], points?: boolean}} Line
 * @typedef {{name: string, title: () => string, lines: () => Line[], xLabel: string,
 *   yLabel: string, logX?: boolean, logY?: boolean, label: string, mark?: () => number | null,
 *   height?: number}} ChartProps
 *   `mark` is an x to be marked by a line from top to bottom
 */

/** The legend's hint of a line's pattern, as CSS can say it. */
const BORDERS = ["solid", "dashed", "dotted"];

/** @param {ChartProps} props */
export function Chart(props) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const latest = useRef(props);
  latest.current = props;
  const [dressed, spoken] = [theme.value, language.value];
  const labels = labelled(props.lines());

  useEffect(() => {
    const place = /** @type {HTMLElement} */ (ref.current);
    const size = () => ({ width: place.clientWidth || 300, height: props.height ?? 240 });
    const plot = new uPlot(options(latest.current, size()), aligned(latest.current), place);
    let shown = "";
    const stop = onPaint(() => {
      const lines = latest.current.lines();
      // Other lines than this plot was made for: the effect makes a new one.
      if (labelled(lines) !== labels) return;
      // Lines only ever grow or are replaced: their lengths and ends tell whether they changed.
      const key = lines.map(({ x, y }) => `${x.length}:${x[0]}:${y[y.length - 1]}`).join() + latest.current.mark?.();
      if (key === shown) return;
      shown = key;
      plot.setData(aligned(latest.current));
    });
    const watch = new ResizeObserver(() => plot.setSize(size()));
    watch.observe(place);
    exhibits.set(props.name, {
      title: () => latest.current.title(),
      size: () => [place.clientWidth, props.height ?? 240],
      draw: (pen) => drawChart(pen, latest.current),
    });
    return () => {
      stop();
      watch.disconnect();
      exhibits.delete(props.name);
      plot.destroy();
    };
  }, [props.name, dressed, spoken, labels, props.logX, props.logY, props.xLabel, props.yLabel]);
  useEffect(() => repaint());
  return html`<div class="chart" ref=${ref} role="img" aria-label=${props.label}></div>`;
}

/** @param {ChartProps} props @returns {any} */
function aligned(props) {
  const tables = props.lines().map(({ x, y }) => [clean(x, props.logX), clean(y, props.logY)]);
  if (!tables.length) return [[]];
  return tables.length === 1 ? tables[0] : uPlot.join(/** @type {any} */ (tables));
}

/** @param {Line[]} lines */
function labelled(lines) {
  return lines.map(({ label }) => label).join("|");
}

/** What an axis cannot show is a gap. @param {ArrayLike<number>} values @param {boolean} [log] */
function clean(values, log) {
  return Array.from(values, (v) => (Number.isFinite(v) && (!log || v > 0) ? v : null));
}

/**
 * @param {ChartProps} props
 * @param {{width: number, height: number}} size
 * @returns {any}
 */
function options(props, size) {
  const [ink, line] = [cssColour("--quiet"), cssColour("--faint")];
  const font = "11px system-ui, sans-serif";
  /** @param {string} label @param {boolean | undefined} log @param {number} space */
  const axis = (label, log, space) => ({
    label, stroke: ink, font, labelFont: font, labelSize: 18, size: space,
    grid: { stroke: line, width: 1, ...(log && { filter: decadesOnly }) },
    ticks: { stroke: line, width: 1, size: 4, ...(log && { filter: decadesOnly }) },
    values: (/** @type {any} */ plot, /** @type {(number | null)[]} */ splits) => (
      log ? thinned(splits, room(plot, space)) : splits.map((v) => (v === null ? "" : plain(v)))),
  });
  return {
    ...size,
    legend: {
      show: true,
      live: false,
      markers: {
        width: 2,
        dash: (/** @type {any} */ _, /** @type {number} */ i) => BORDERS[(i - 1) % BORDERS.length],
      },
    },
    cursor: { drag: { x: true, y: false }, points: { size: 6 } },
    scales: {
      x: { time: false, distr: props.logX ? 3 : 1 },
      y: { distr: props.logY ? 3 : 1 },
    },
    axes: [axis(props.xLabel, props.logX, 30), axis(props.yLabel, props.logY, 52)],
    series: [{ label: props.xLabel }, ...props.lines().map((one, i) => ({
      label: one.label, stroke: seriesColour(one.colour ?? i), width: 2, dash: one.dash ?? dashOf(i),
      spanGaps: true, points: { show: one.points ?? false, size: 4 },
    }))],
    hooks: { draw: [(/** @type {any} */ plot) => drawMark(plot, latestMark(props))] },
  };
}

/**
 * How many labels an axis has room for.
 * @param {any} plot
 * @param {number} space what the axis takes: a horizontal one takes less
 */
function room(plot, space) {
  const { width, height } = plot.bbox;
  return Math.max(2, (space < 40 ? width / 52 : height / 20) / (window.devicePixelRatio || 1));
}

/**
 * Labels of a logarithmic axis, as many as there is room for.
 * @param {(number | null)[]} splits
 * @param {number} most
 */
function thinned(splits, most) {
  const labels = splits.map((v) => (v === null ? "" : power(v)));
  const step = Math.ceil(labels.filter(Boolean).length / most);
  let seen = 0;
  return labels.map((label) => (label && (seen += 1) && (seen - 1) % step ? "" : label));
}

/**
 * Over many decades only their own lines are drawn.
 * @param {any} _
 * @param {number[]} splits
 */
function decadesOnly(_, splits) {
  if (splits.length < 30) return splits;
  return splits.map((v) => (Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-9 ? v : null));
}

/** @param {ChartProps} props */
function latestMark(props) {
  return props.mark?.() ?? null;
}

/** @param {any} plot @param {number | null} at */
function drawMark(plot, at) {
  if (at === null) return;
  const x = plot.valToPos(at, "x", true);
  plot.ctx.save();
  plot.ctx.strokeStyle = cssColour("--ink");
  plot.ctx.setLineDash([3, 3]);
  plot.ctx.beginPath();
  plot.ctx.moveTo(x, plot.bbox.top);
  plot.ctx.lineTo(x, plot.bbox.top + plot.bbox.height);
  plot.ctx.stroke();
  plot.ctx.restore();
}

/** @param {number} v */
function power(v) {
  const e = Math.log10(v);
  if (Math.abs(e - Math.round(e)) > 1e-9) return v >= 1e-3 && v < 1e4 ? plain(v) : "";
  return v >= 1e-3 && v < 1e5 ? String(Number(v.toPrecision(3))) : `1e${Math.round(e)}`;
}

/** @param {number} v */
function plain(v) {
  return Math.abs(v) >= 1e5 ? `${Number((v / 1000).toPrecision(6))}k` : String(Number(short(v).replace("−", "-")));
}
