// Where the page begins: load what it says and how it looks, show it, open the session.

import { App } from "./app.js";
import { language, loadDictionaries } from "./i18n.js";
import { effect, h, render } from "./lib.js";
import { connect, problem, tell } from "./link.js";
import { loadMisprints } from "./misprints.js";
import { repaint } from "./paint.js";
import { toggle } from "./runbar.js";
import { followTrace, receive, running } from "./state.js";
import { loadPalette, theme } from "./theme.js";
import { applyView, keepAddress, read } from "./url.js";

await Promise.all([loadDictionaries(), loadPalette(), loadMisprints()]);
const wanted = read().s;
applyView();

const app = /** @type {HTMLElement} */ (document.getElementById("app"));
app.replaceChildren();
render(h(App, null), app);

// Colours and words are part of the pictures.
effect(() => {
  void theme.value;
  void language.value;
  repaint();
});
effect(() => { document.title = running.value ? "▶ trilayer lab" : "trilayer lab"; });
followTrace();

connect((message) => {
  receive(message);
  if (message.type !== "hello") return;
  if (wanted) tell("restore", { link: wanted });
  keepAddress();
});

document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.code === "KeyP") toggle();
  else if (event.code === "KeyI" && !running.value) tell("play", { iterations: 1 });
  else return;
  event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") problem.value = null;
});
