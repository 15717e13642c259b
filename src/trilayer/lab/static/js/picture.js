// A picture: a canvas drawn by a function of a pen, sharp on any screen, exported as SVG or PNG.

import { html, useEffect, useRef } from "./lib.js";
import { onPaint, repaint } from "./paint.js";
import { canvasPen, svgPen } from "./pen.js";
import { cssColour } from "./theme.js";

/** @typedef {(pen: import("./pen.js").Pen) => void} Drawing */
/** @typedef {{title: () => string, size: () => [number, number], draw: Drawing}} Exhibit */

/** @type {Map<string, Exhibit>} What can be exported now, by name. */
export const exhibits = new Map();

/**
 * A canvas of its parent's width.
 * @param {{name: string, title: () => string, draw: Drawing, ratio?: number, label: string,
 *   describedby?: string, onPick?: (x: number, y: number, event: MouseEvent) => void,
 *   onMove?: (x: number, y: number) => void, class?: string}} props
 *   `ratio` is height over width; `onPick` and `onMove` get the place in CSS pixels.
 */
export function Picture(props) {
  const ref = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const latest = useRef(props);
  latest.current = props;
  const size = () => /** @type {[number, number]} */ (
    [ref.current?.clientWidth ?? 0, ref.current?.clientHeight ?? 0]);

  useEffect(() => {
    const canvas = /** @type {HTMLCanvasElement} */ (ref.current);
    const stop = onPaint(() => paintOn(canvas, latest.current.draw));
    const watch = new ResizeObserver(() => repaint());
    watch.observe(canvas);
    exhibits.set(props.name, {
      title: () => latest.current.title(), size, draw: (pen) => latest.current.draw(pen),
    });
    return () => {
      stop();
      watch.disconnect();
      exhibits.delete(props.name);
    };
  }, [props.name]);
  useEffect(() => repaint());

  /** @param {MouseEvent} event */
  const place = (event) => {
    const box = /** @type {HTMLCanvasElement} */ (ref.current).getBoundingClientRect();
    return /** @type {[number, number]} */ ([event.clientX - box.left, event.clientY - box.top]);
  };
  return html`<canvas ref=${ref} class=${`picture ${props.class ?? ""}`} role="img"
    style=${{ aspectRatio: `1 / ${props.ratio ?? 1}` }}
    aria-label=${props.label} aria-describedby=${props.describedby}
    onClick=${props.onPick && ((/** @type {MouseEvent} */ e) => props.onPick?.(...place(e), e))}
    onPointerMove=${props.onMove && ((/** @type {MouseEvent} */ e) => props.onMove?.(...place(e)))}
  ></canvas>`;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Drawing} draw
 */
function paintOn(canvas, draw) {
  const [w, h] = [canvas.clientWidth, canvas.clientHeight];
  if (!w || !h) return;
  const scale = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(w * scale) || canvas.height !== Math.round(h * scale)) {
    canvas.width = Math.round(w * scale);
    canvas.height = Math.round(h * scale);
  }
  const ctx = canvas.getContext("2d");
  if (!ctx) return;
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  ctx.clearRect(0, 0, w, h);
  draw(canvasPen(ctx, w, h));
}

/**
 * Save an exhibit as a file, from this page alone.
 * @param {string} name
 * @param {"svg" | "png"} kind
 */
export async function savePicture(name, kind) {
  const exhibit = exhibits.get(name);
  if (!exhibit) return;
  const [w, h] = exhibit.size();
  save(await (kind === "svg" ? asSvg(exhibit, w, h) : asPng(exhibit, w, h)), `${name}.${kind}`);
}

/** @param {Exhibit} exhibit @param {number} w @param {number} h */
async function asSvg(exhibit, w, h) {
  const pen = svgPen(w, h);
  pen.rect(0, 0, w, h, { fill: cssColour("--card") });
  exhibit.draw(pen);
  return new Blob([pen.source()], { type: "image/svg+xml" });
}

/** @param {Exhibit} exhibit @param {number} w @param {number} h */
async function asPng(exhibit, w, h) {
  const sheet = new OffscreenCanvas(2 * w, 2 * h);
  // The two kinds of context draw alike.
  const ctx = /** @type {CanvasRenderingContext2D} */ (
    /** @type {unknown} */ (sheet.getContext("2d")));
  ctx.scale(2, 2);
  const pen = canvasPen(ctx, w, h);
  pen.rect(0, 0, w, h, { fill: cssColour("--card") });
  exhibit.draw(pen);
  return sheet.convertToBlob({ type: "image/png" });
}

/**
 * Let the browser keep a file.
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser reads it only after this click has been dealt with.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
