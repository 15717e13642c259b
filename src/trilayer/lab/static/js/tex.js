// Typeset mathematics: katex.render into an element, never text set as HTML (CSP forbids it).

import { html, katex, useEffect, useRef } from "./lib.js";

/**
 * @param {{tex: string, display?: boolean, class?: string}} props
 */
export function Tex({ tex, display = false, class: name = "" }) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (ref.current) {
      katex.render(tex, ref.current, {
        displayMode: display, throwOnError: false, output: "htmlAndMathml", strict: false,
      });
    }
  }, [tex, display]);
  return html`<span class=${`tex ${name}`} ref=${ref} data-tex=${tex}></span>`;
}

/**
 * Text with mathematics between dollar signs.
 * @param {{text: string}} props
 */
export function Prose({ text }) {
  return text.split("$").map((part, i) => (i % 2 ? html`<${Tex} key=${i} tex=${part} />` : part));
}
