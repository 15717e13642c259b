// The pictures: uPlot draws them, from the report's data.

import { data, element, say } from "./dom.js";

/** @typedef {{label: string, x: number[], y: (number | null)[], dash?: number[], points?: boolean, line?: boolean, colour?: number, width?: number, quiet?: boolean}} Line */
/** @typedef {{title: string, x: string, y: string, lines: Line[], band?: [number, number], logX?: boolean, bars?: boolean, labels?: string[]}} Picture */

/** @type {any[]} */
let drawn = [];

/** Draw every picture anew, in the theme's colours. */
export function drawAll() {
  for (const plot of drawn) plot.destroy();
  drawn = [];
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    const picture = pictureOf(/** @type {HTMLElement} */ (figure).dataset.chart ?? "");
    if (picture) drawn.push(draw(/** @type {HTMLElement} */ (figure), picture));
  }
}

/** Fit the pictures to their places. */
export function fitAll() {
  for (const plot of drawn) {
    const width = plot.root.parentElement.clientWidth;
    if (width) plot.setSize({ width, height: plot.height });
  }
}

/** @param {string} name @returns {Picture | null} */
function pictureOf(name) {
  const { scores, calibration, training } = data.report;
  if (name.startsWith("dependence-")) return dependence(Number(name.split("-")[1]));
  const titled = { title: say(`chart.${name}`) };
  if (name === "roc" || name === "pr") {
    const curve = name === "roc" ? scores.roc : scores.precision_recall;
    const lines = [{ label: say("line.curve"), x: curve.x, y: curve.y }, ...edges(curve.band.x, curve.band)];
    const rate = scores.positives / scores.rows;
    const chance = { label: say("line.chance"), x: [0, 1], y: name === "roc" ? [0, 1] : [rate, rate], dash: [4, 4], colour: 5 };
    return { ...titled, ...axes(name), lines: [...lines, chance], band: [3, 2] };
  }
  if (name === "histogram") {
    const { edges: ends, negative, positive } = scores.histogram;
    const x = ends.slice(0, -1).map((/** @type {number} */ low, /** @type {number} */ i) => (low + ends[i + 1]) / 2);
    const labels = [data.report.card.negative, data.report.card.positive].map(String);
    return { ...titled, ...axes(name), bars: true, lines: [{ label: labels[0], x, y: negative, colour: 1 }, { label: labels[1], x, y: positive, colour: 0 }] };
  }
  if (name === "calibration") return { ...titled, ...axes(name), ...reliability(calibration) };
  if (name === "gain") {
    const groups = scores.lift;
    let rows = 0;
    const x = [0, ...groups.map((/** @type {any} */ g) => (rows += g.rows) / scores.rows)];
    const y = [0, ...groups.map((/** @type {any} */ g) => g.gain)];
    return { ...titled, ...axes(name), lines: [{ label: say("line.model"), x, y, points: true }, { label: say("line.chance"), x: [0, 1], y: [0, 1], dash: [4, 4], colour: 5 }] };
  }
  if (name === "training") {
    const lines = ["loss", "validation"].filter((each) => training[each]).map((each) => ({ label: say(`line.${each}`), ...training[each] }));
    return { ...titled, ...axes(name), lines };
  }
  if (name === "decay") {
    const tried = training.decay.tried.filter((/** @type {any} */ t) => t.l2 > 0 && Number.isFinite(t.log_loss));
    const lines = [false, true].map((damped) => tried.filter((/** @type {any} */ t) => t.damped === damped)).filter((some) => some.length)
      .map((some) => ({ label: say("line.loss"), x: some.map((/** @type {any} */ t) => t.l2), y: some.map((/** @type {any} */ t) => t.log_loss), points: true }));
    return { ...titled, x: say("chart.decay.x"), y: say("chart.training.y"), lines, logX: true };
  }
  return null;
}

/** @param {number} place @returns {Picture} */
function dependence(place) {
  const found = data.report.dependence.columns[place];
  const x = found.values;
  const single = found.single.map((/** @type {number[]} */ y) => ({ label: say("line.single"), x, y, width: 0.5, colour: 5, quiet: true }));
  const mean = { label: say("line.mean"), x, y: found.mean, points: true, width: 3, colour: 0 };
  return { title: found.column, x: found.column, y: say("rows.probability"), lines: [...single, mean] };
}

/** @param {string} name */
function axes(name) {
  return { x: say(`chart.${name}.x`), y: say(`chart.${name}.y`) };
}

/** @param {number[]} x @param {{low: number[], high: number[]}} band @returns {Line[]} */
function edges(x, band) {
  return [
    { label: say("line.interval"), x, y: band.low, width: 0.5 },
    { label: say("line.interval"), x, y: band.high, width: 0.5 },
  ];
}

/** @param {any} found @returns {{lines: Line[], band?: [number, number]}} */
function reliability(found) {
  const bins = {
    label: say("line.bins"), points: true, line: false, colour: 1,
    x: found.bins.map((/** @type {any} */ b) => b.probability), y: found.bins.map((/** @type {any} */ b) => b.frequency),
  };
  const right = { label: say("line.right"), x: [0, 1], y: [0, 1], dash: [4, 4], colour: 5 };
  if (!found.smooth) return { lines: [right, bins] };
  const x = found.smooth.probability;
  const smooth = { label: say("line.smooth"), x, y: found.smooth.frequency };
  return { lines: [smooth, ...edges(x, found.smooth), bins, right], band: [3, 2] };
}

/** @param {HTMLElement} figure @param {Picture} picture */
function draw(figure, picture) {
  figure.replaceChildren(element("figcaption", {}, picture.title));
  const canvas = element("div", { role: "img", "aria-label": `${picture.title}: ${picture.y} / ${picture.x}` });
  figure.append(canvas);
  const { series } = palettes[document.documentElement.dataset.theme ?? "light"];
  const ink = getComputedStyle(document.documentElement).getPropertyValue("--quiet").trim();
  const faint = getComputedStyle(document.documentElement).getPropertyValue("--faint").trim();
  const font = "11px system-ui, sans-serif";
  const axis = (/** @type {string} */ label, /** @type {number} */ size) => ({
    label, size, stroke: ink, font, labelFont: font, labelSize: 18, grid: { stroke: faint, width: 1 }, ticks: { stroke: faint, width: 1, size: 4 },
  });
  const bars = picture.bars ? { paths: uPlot.paths.bars({ size: [0.9] }) } : {};
  const options = {
    width: canvas.clientWidth || 320, height: 260,
    legend: { live: false },
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false, distr: picture.logX ? 3 : 1, ...(picture.bars && { range: [0, 1] }) } },
    axes: [axis(picture.x, 32), axis(picture.y, 52)],
    series: [{ label: picture.x }, ...picture.lines.map((line, i) => {
      const colour = series[(line.colour ?? (picture.band && i < 3 ? 0 : i)) % series.length];
      return {
        label: line.label, stroke: colour, width: line.width ?? 2, dash: line.dash, spanGaps: true,
        points: { show: line.points ?? false, size: 5 }, ...(picture.bars && { ...bars, fill: `${colour}88` }),
        ...(line.line === false && { paths: () => null }),
      };
    })],
    bands: picture.band ? [{ series: picture.band, fill: `${series[0]}33` }] : [],
  };
  const plot = new uPlot(options, uPlot.join(picture.lines.map(({ x, y }) => sortedPair(x, y))), canvas);
  // One line in the legend stands for all single rows, and for both edges of a band.
  [...canvas.querySelectorAll(".u-legend .u-series")].forEach((row, i) => {
    if (picture.lines[i].quiet && picture.lines[i - 1]?.quiet) row.remove();
    if (picture.band?.[0] === i + 1) row.remove();
  });
  return plot;
}

/** Steps straight up share an x: the last of them stays. @param {number[]} x @param {(number | null)[]} y */
function sortedPair(x, y) {
  /** @type {Map<number, number | null>} */
  const at = new Map();
  x.forEach((place, i) => at.set(place, y[i]));
  const places = [...at.keys()].sort((a, b) => a - b);
  return [places, places.map((each) => at.get(each) ?? null)];
}
