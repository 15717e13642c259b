// One way to draw, two papers: a canvas on the screen, an SVG for the file.
//
// Pictures are functions of a pen, so that what is exported is what is seen.

/**
 * @typedef {{stroke?: string, fill?: string, width?: number, dash?: number[], alpha?: number}} Ink
 * @typedef {{size?: number, fill?: string, align?: "left"|"center"|"right", halo?: string,
 *   weight?: string, turn?: number}} Lettering
 * @typedef {object} Pen
 * @property {number} width
 * @property {number} height
 * @property {(x: number, y: number, w: number, h: number, ink: Ink) => void} rect
 * @property {(points: number[][], ink: Ink, closed?: boolean) => void} line
 * @property {(segments: Float32Array, ink: Ink) => void} segments pairs of ends: x1 y1 x2 y2 …
 * @property {(x: number, y: number, r: number, ink: Ink) => void} circle
 * @property {(x: number, y: number, text: string, lettering?: Lettering) => void} text
 * @property {(image: HTMLCanvasElement, x: number, y: number, w: number, h: number) => void} image
 */

const FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', sans-serif";

/**
 * A pen for a canvas.
 * @param {CanvasRenderingContext2D} ctx
 * @param {number} width
 * @param {number} height
 * @returns {Pen}
 */
export function canvasPen(ctx, width, height) {
  /** @param {Ink} ink */
  const finish = (ink) => {
    ctx.globalAlpha = ink.alpha ?? 1;
    if (ink.fill) {
      ctx.fillStyle = ink.fill;
      ctx.fill();
    }
    if (ink.stroke) {
      ctx.strokeStyle = ink.stroke;
      ctx.lineWidth = ink.width ?? 1;
      ctx.setLineDash(ink.dash ?? []);
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
  };
  return {
    width,
    height,
    rect(x, y, w, h, ink) {
      ctx.beginPath();
      ctx.rect(x, y, w, h);
      finish(ink);
    },
    line(points, ink, closed = false) {
      ctx.beginPath();
      points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
      if (closed) ctx.closePath();
      finish(ink);
    },
    segments(ends, ink) {
      ctx.beginPath();
      for (let i = 0; i < ends.length; i += 4) {
        ctx.moveTo(ends[i], ends[i + 1]);
        ctx.lineTo(ends[i + 2], ends[i + 3]);
      }
      finish(ink);
    },
    circle(x, y, r, ink) {
      ctx.beginPath();
      ctx.arc(x, y, r, 0, 2 * Math.PI);
      finish(ink);
    },
    text(x, y, text, lettering = {}) {
      ctx.save();
      ctx.translate(x, y);
      ctx.rotate(((lettering.turn ?? 0) * Math.PI) / 180);
      ctx.font = `${lettering.weight ?? "normal"} ${lettering.size ?? 12}px ${FONT}`;
      ctx.textAlign = lettering.align ?? "left";
      ctx.textBaseline = "middle";
      if (lettering.halo) {
        ctx.strokeStyle = lettering.halo;
        ctx.lineWidth = 3;
        ctx.lineJoin = "round";
        ctx.setLineDash([]);
        ctx.strokeText(text, 0, 0);
      }
      ctx.fillStyle = lettering.fill ?? "#000";
      ctx.fillText(text, 0, 0);
      ctx.restore();
    },
    image(image, x, y, w, h) {
      ctx.imageSmoothingEnabled = true;
      ctx.drawImage(image, x, y, w, h);
    },
  };
}

/**
 * A pen that writes SVG.
 * @param {number} width
 * @param {number} height
 * @returns {Pen & {source: () => string}}
 */
export function svgPen(width, height) {
  /** @type {string[]} */
  const parts = [];
  /** @param {string} tag @param {Record<string, unknown>} attributes @param {string} [inner] */
  const put = (tag, attributes, inner = "") => {
    const written = Object.entries(attributes)
      .filter(([, value]) => value !== undefined && value !== "")
      .map(([name, value]) => ` ${name}="${escape(String(value))}"`).join("");
    parts.push(inner ? `<${tag}${written}>${escape(inner)}</${tag}>` : `<${tag}${written}/>`);
  };
  return {
    width,
    height,
    rect: (x, y, w, h, ink) => put("rect", { x, y, width: w, height: h, ...paint(ink) }),
    line(points, ink, closed = false) {
      const d = points.map(([x, y], i) => `${i ? "L" : "M"}${round(x)} ${round(y)}`).join("");
      put("path", { d: closed ? `${d}Z` : d, ...paint(ink) });
    },
    segments(ends, ink) {
      let d = "";
      for (let i = 0; i < ends.length; i += 4) {
        d += `M${round(ends[i])} ${round(ends[i + 1])}L${round(ends[i + 2])} ${round(ends[i + 3])}`;
      }
      if (d) put("path", { d, ...paint(ink) });
    },
    circle: (x, y, r, ink) => put("circle", { cx: round(x), cy: round(y), r, ...paint(ink) }),
    text(x, y, text, lettering = {}) {
      const anchor = { left: "start", center: "middle", right: "end" }[lettering.align ?? "left"];
      const turn = lettering.turn && `rotate(${lettering.turn} ${round(x)} ${round(y)})`;
      put("text", {
        x: round(x), y: round(y), "dominant-baseline": "central", "text-anchor": anchor,
        "font-size": lettering.size ?? 12, "font-weight": lettering.weight, "font-family": FONT,
        fill: lettering.fill ?? "#000", transform: turn, stroke: lettering.halo,
        "stroke-width": lettering.halo && 3, "paint-order": lettering.halo && "stroke",
      }, text);
    },
    image: (image, x, y, w, h) => put("image", {
      href: image.toDataURL("image/png"), x, y, width: w, height: h, preserveAspectRatio: "none",
    }),
    source: () => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" `
      + `width="${width}" height="${height}">\n${parts.join("\n")}\n</svg>\n`,
  };
}

/** @param {Ink} ink */
function paint(ink) {
  return {
    fill: ink.fill ?? "none",
    stroke: ink.stroke,
    "stroke-width": ink.stroke && (ink.width ?? 1),
    "stroke-dasharray": ink.dash?.length ? ink.dash.join(" ") : undefined,
    opacity: ink.alpha,
  };
}

/** @param {number} v */
function round(v) {
  return Math.round(v * 100) / 100;
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
