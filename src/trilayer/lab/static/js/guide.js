// Guide: six short lessons, each with things to try on the live network.

import { Boundary } from "./boundary.js";
import { Curves } from "./curves.js";
import { t } from "./i18n.js";
import { html, signal } from "./lib.js";
import { LESSONS } from "./lessons.js";
import { RunBar } from "./runbar.js";
import { Tex } from "./tex.js";

const at = signal(0);

export function Guide() {
  const lesson = LESSONS[at.value];
  const id = lesson.id;
  return html`<div class="screen guide">
    <nav class="lessons" aria-label=${t("guide.lessons")}><ol>${LESSONS.map((one, i) => html`<li
      key=${one.id}>
      <button type="button" class=${i === at.value ? "on" : ""}
        aria-current=${i === at.value ? "step" : undefined}
        data-lesson=${one.id} onClick=${() => { at.value = i; }}><span class="number">
          ${i + 1}</span> ${t(`lesson.${one.id}.title`)}</button>
    </li>`)}</ol></nav>
    <article class="card lesson" aria-labelledby="lesson-title">
      <h2 id="lesson-title">${at.value + 1}. ${t(`lesson.${id}.title`)}</h2>
      <p>${t(`lesson.${id}.first`)}</p>
      ${lesson.tex.map((tex) => html`<div class="scroll" key=${tex}><${Tex} tex=${tex} display />
        </div>`)}
      <p>${t(`lesson.${id}.second`)}</p>
      <h3>${t("guide.try")}</h3>
      <ul class="tries">${lesson.tries.map(({ name, run }) => html`<li key=${name}>
        <button type="button" data-try=${`${id}.${name}`} onClick=${run}>
          ${t(`lesson.${id}.try.${name}`)}</button></li>`)}</ul>
      <p class="see">${t(`lesson.${id}.see`)}</p>
      <div class="buttons">
        <button type="button" disabled=${at.value === 0}
          onClick=${() => { at.value -= 1; }}>‹ ${t("guide.back")}</button>
        <button type="button" disabled=${at.value === LESSONS.length - 1}
          onClick=${() => { at.value += 1; }}>${t("guide.next")} ›</button>
      </div>
    </article>
    <div class="live"><${RunBar} /><${Boundary} /><${Curves} /></div>
  </div>`;
}
