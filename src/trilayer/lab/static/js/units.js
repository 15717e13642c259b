// One heat map per hidden unit: a1 of the unit over the two inputs shown.

import { drawHeat } from "./heat.js";
import { t } from "./i18n.js";
import { html } from "./lib.js";
import { Picture } from "./picture.js";
import { frame, session } from "./state.js";
import { cssColour } from "./theme.js";

const ACROSS = 4;
const CAPTION = 16;

export function Units() {
  const count = /** @type {number} */ (frame.value?.units.length ?? 0);
  const n2 = session.value?.sizes.n2 ?? 0;
  if (!n2) return html`<section class="card units"><h2>${t("units.title")}</h2><p class="quiet">
    ${t("units.none")}</p></section>`;
  const rows = Math.max(1, Math.ceil(count / ACROSS));
  return html`<section class="card units" aria-labelledby="units-title">
    <h2 id="units-title">${t("units.title")}</h2>
    <${Picture} name="units" title=${() => t("units.title")} draw=${draw}
      ratio=${(rows / ACROSS) * 1.16}
      label=${t("units.label", { count })} />
    <p class="legend">${t("units.scale")} 0 <span class="ramp" aria-hidden="true"></span> 1</p>
    ${n2 > count && html`<p class="quiet">${t("units.more", { count, n2 })}</p>`}
  </section>`;
}

/** @param {import("./pen.js").Pen} pen */
function draw(pen) {
  const maps = frame.value?.arrays.maps;
  if (!maps) return;
  const [count, rows, columns] = maps.shape;
  const gap = 6;
  const side = (pen.width - gap * (ACROSS - 1)) / ACROSS;
  const step = pen.height / Math.ceil(count / ACROSS);
  for (let i = 0; i < count; i += 1) {
    const x = (i % ACROSS) * (side + gap);
    const y = Math.floor(i / ACROSS) * step;
    const h = step - CAPTION - 2;
    drawHeat(pen, { data: maps.data, rows, columns, start: i * rows * columns }, x, y + CAPTION, side, h);
    pen.rect(x, y + CAPTION, side, h, { stroke: cssColour("--line"), width: 1 });
    pen.text(x + side / 2, y + CAPTION / 2, t("units.unit", { j: frame.value?.units[i] + 1 }),
      { size: 11, align: "center", fill: cssColour("--quiet") });
  }
}
