// Export: files made by the server, pictures made here, and a link that holds the state.

import { t } from "./i18n.js";
import { html, useEffect, useRef, useState } from "./lib.js";
import { ask } from "./link.js";
import { exhibits, save, savePicture } from "./picture.js";
import { address } from "./url.js";

/** @type {readonly string[]} */
const FILES = ["numpy", "trilayer", "model", "npz", "json", "latex"];

/** @param {{open: boolean, close: () => void}} props */
export function Exporting({ open, close }) {
  const ref = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    if (open && !ref.current?.open) ref.current?.showModal();
    if (!open) ref.current?.close();
  }, [open]);
  return html`<dialog ref=${ref} class="exporting" aria-labelledby="export-title" onClose=${close}>
    ${open && html`
      <header><h2 id="export-title">${t("export.title")}</h2>
        <button type="button" class="plain" onClick=${close}
          aria-label=${t("export.close")}>✕</button></header>
      <h3>${t("export.files")}</h3>
      <ul>${FILES.map((what) => html`<li key=${what}>
        <span>${t(`export.${what}`)}</span>
        <button type="button" data-export=${what}
          aria-label=${t("export.save.of", { what: t(`export.${what}`) })}
          onClick=${() => download(what)}>${t("export.save")}</button></li>`)}</ul>
      <${Pictures} />
      <${Link} />`}
  </dialog>`;
}

/** @param {string} what */
async function download(what) {
  const answer = await ask("export", { what, k: null }).catch(() => null);
  if (!answer) return;
  const bytes = /** @type {Uint8Array<ArrayBuffer>} */ (answer.arrays.bytes.data);
  save(new Blob([bytes], { type: answer.mime }), answer.name);
}

function Pictures() {
  const shown = [...exhibits].map(([name, { title }]) => ({ name, title: title() }));
  return html`<h3>${t("export.pictures")}</h3>
    ${shown.length ? html`<ul>
      ${shown.map(({ name, title }) => html`<li key=${name}><span>${title}</span>
      ${/** @type {const} */ (["svg", "png"]).map((kind) => html`<button type="button" key=${kind}
        data-picture=${`${name}.${kind}`}
        aria-label=${`${title}, ${kind.toUpperCase()}`} onClick=${() => savePicture(name, kind)}>${kind.toUpperCase()}</button>`)}
    </li>`)}</ul>` : html`<p class="quiet">${t("export.none")}</p>`}`;
}

function Link() {
  const [copied, setCopied] = useState(false);
  const text = address();
  const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(true), () => {});
  return html`<h3>${t("export.link")}</h3>
    ${text ? html`<p class="help">${t("export.link.help")}</p>
      <div class="joined"><input type="text" readonly name="link" value=${text}
        aria-label=${t("export.link")}
        onFocus=${(/** @type {any} */ e) => e.currentTarget.select()} />
      <button type="button" onClick=${copy}>${t(copied ? "export.copied" : "export.copy")}</button>
        </div>`
      : html`<p class="quiet">${t("export.link.table")}</p>`}`;
}
