// What the page knows: the server's last words, and the person's choices.

import { batch, computed, effect, signal, untracked } from "./lib.js";
import { ask, connection } from "./link.js";
import { repaint } from "./paint.js";

/** @typedef {import("./messages.js").Message} Message */
/** @typedef {{matrix: string, row: number, column: number}} Element */
/** @typedef {{matrix: string, id: string, shape: [string, string], symbol: string, tex: string,
 *   element: string, sources?: {matrix: string, row: string, column: string}[],
 *   help: Record<string, string>}} Equation */

/** @type {readonly string[]} */
export const SCREENS = ["train", "step", "check", "compare", "guide"];

export const screen = signal("train");
export const hello = signal(/** @type {Message | null} */ (null));
export const session = signal(/** @type {Message | null} */ (null));
export const samples = signal(/** @type {Message | null} */ (null));
export const frame = signal(/** @type {Message | null} */ (null));
export const traced = signal(/** @type {Message | null} */ (null));
export const comparison = signal(/** @type {Message | null} */ (null));
export const offered = signal(/** @type {Message | null} */ (null));

/** The loss curve so far: iteration, J, J of the samples held out. */
export const curve = signal(/** @type {{k: number[], J: number[], heldOut: number[]}} */ (
  { k: [], J: [], heldOut: [] }));

/** Which row of the table Step shows, the element pointed at, and which way the rings go. */
export const equationAt = signal("Z1");
export const pointed = signal(/** @type {Element | null} */ (null));
export const direction = signal(/** @type {"sources" | "feeds"} */ ("sources"));
/** The first sample shown, in all matrices at once. */
export const firstSample = signal(0);

export const running = computed(() => Boolean(session.value?.running));
export const settings = computed(() => /** @type {Record<string, any>} */ (
  session.value?.settings ?? {}));

/** The table's rows for this network, and what goes in. */
export const equations = computed(() => {
  const table = hello.value?.equations;
  if (!table || !session.value) return /** @type {Equation[]} */ ([]);
  return /** @type {Equation[]} */ (session.value.sizes.n2 ? table.network : table.unit);
});
export const given = computed(() => /** @type {Equation[]} */ (
  hello.value?.equations.given ?? []));

/** @param {Message} message */
export function receive(message) {
  batch(() => {
    switch (message.type) {
      case "hello": hello.value = message; offered.value = message.table; break;
      case "state": session.value = message; break;
      case "data": samples.value = message; repaint(); break;
      case "frame": frame.value = message; extend(message); break;
      case "trace": traced.value = message; break;
      case "compare": comparison.value = message; break;
      case "table": offered.value = message; break;
      default:
    }
  });
}

/** @param {Message} message */
function extend({ curve: { reset }, arrays }) {
  const { curve_k: k, curve_J: J, curve_held_out: heldOut } = arrays;
  if (!reset && !k?.data.length) return;
  const old = reset ? { k: [], J: [], heldOut: [] } : curve.value;
  curve.value = {
    k: [...old.k, ...k.data], J: [...old.J, ...J.data], heldOut: [...old.heldOut, ...heldOut.data],
  };
}

/** Up to this many samples a trace holds all columns; beyond it, a part around those shown. */
const WHOLE = 1000;
const PART = 200;

/** The samples that a trace must hold, [from, to); null for all. */
const span = computed(() => {
  const m = session.value?.sizes.m ?? 0;
  if (m <= WHOLE) return null;
  const from = Math.max(0, Math.min(m - PART, 100 * Math.floor(firstSample.value / 100)));
  return [from, from + PART];
});

/** Keep the trace that Step shows in step with the network, while it rests and Step is seen. */
export function followTrace() {
  /** @type {unknown[]} */
  let answered = [];
  effect(() => {
    const now = session.value;
    if (screen.value !== "step" || connection.value !== "open" || !now || now.running) return;
    // Whatever changes the numbers: the samples, the iteration, what the run is made of.
    const key = [samples.value, JSON.stringify([now.k, now.looking, now.settings, span.value])];
    if (key.every((part, i) => part === answered[i])) return;
    answered = key;
    untracked(() => ask("trace", { k: null, columns: span.value }).catch(() => { answered = []; }));
  });
}
