// What happens when the page is opened, resized, dressed or printed.

import { drawAll, fitAll } from "./charts.js";
import { showRows } from "./rows.js";
import { showThreshold } from "./threshold.js";
import { showWhatIf } from "./whatif.js";

/** @param {string} theme */
function dress(theme) {
  document.documentElement.dataset.theme = theme;
  drawAll();
}

let worn = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
document.getElementById("theme")?.addEventListener("click", () => {
  worn = worn === "dark" ? "light" : "dark";
  dress(worn);
});
addEventListener("beforeprint", () => dress("light"));
addEventListener("afterprint", () => dress(worn));
addEventListener("resize", fitAll);
showThreshold();
showWhatIf();
showRows();
dress(worn);
