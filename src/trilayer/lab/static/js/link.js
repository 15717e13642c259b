// The one WebSocket: commands out, messages in, frames acknowledged when painted.

import { signal } from "./lib.js";
import { decode, encodeUpload } from "./messages.js";
import { repaint } from "./paint.js";

/** @typedef {import("./messages.js").Message} Message */

export const connection = signal(
  /** @type {"connecting" | "open" | "refused" | "closed" | "full"} */ ("connecting"));

/** The error that is shown; null when there is none. */
export const problem = signal(
  /** @type {{code: string, params: Record<string, any>, text: string} | null} */ (null));

const TOO_MANY_SESSIONS = 4000;
const KEPT = "trilayer-lab-token";

/** @type {WebSocket | null} */
let socket = null;
/** @type {(message: Message) => void} */
let deliver = () => {};
/** @type {Map<number, {resolve: (m: Message) => void, reject: (m: Message) => void}>} */
const waiting = new Map();
let lastId = 0;

/** Take the token out of the address bar; it stays with this tab. */
function takeToken() {
  const address = new URL(location.href);
  const token = address.searchParams.get("token");
  if (token !== null) {
    sessionStorage.setItem(KEPT, token);
    address.searchParams.delete("token");
    history.replaceState(null, "", address);
  }
  return sessionStorage.getItem(KEPT) ?? "";
}

/** @param {string} token */
export function keepToken(token) {
  sessionStorage.setItem(KEPT, token);
}

/**
 * Open the session.
 * @param {(message: Message) => void} receive gets every message
 */
export function connect(receive) {
  deliver = receive;
  const token = takeToken();
  if (!token) {
    connection.value = "refused";
    return;
  }
  connection.value = "connecting";
  const address = new URL("ws", location.href);
  address.protocol = "ws:";
  address.search = `token=${encodeURIComponent(token)}`;
  address.hash = "";
  const opened = new WebSocket(address);
  let wasOpen = false;
  opened.binaryType = "arraybuffer";
  opened.onopen = () => {
    wasOpen = true;
    connection.value = "open";
  };
  opened.onmessage = (event) => receiveMessage(decode(event.data));
  opened.onclose = (event) => {
    for (const { reject } of waiting.values()) reject({ type: "closed", arrays: {} });
    waiting.clear();
    connection.value = event.code === TOO_MANY_SESSIONS ? "full" : wasOpen ? "closed" : "refused";
  };
  socket = opened;
}

/** @param {Message} message */
function receiveMessage(message) {
  const asked = message.re === undefined ? undefined : waiting.get(message.re);
  if (message.type === "error") {
    const { code, params, text } = message;
    problem.value = { code, params, text };
  } else {
    deliver(message);
  }
  if (message.type === "frame") repaint(() => send({ do: "painted" }));
  if (!asked || message.re === undefined) return;
  waiting.delete(message.re);
  if (message.type === "error") asked.reject(message);
  else asked.resolve(message);
}

/** @param {Record<string, unknown>} command */
function send(command) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(command));
}

/**
 * Send a command and wait for its answer.
 * @param {string} name
 * @param {Record<string, unknown>} [params]
 * @returns {Promise<Message>} rejected with the error, which is also shown
 */
export function ask(name, params = {}) {
  problem.value = null;
  return promise((id) => send({ do: name, id, ...params }));
}

/**
 * Send a command whose answer everyone sees; an error is shown like any other.
 * @param {string} name
 * @param {Record<string, unknown>} [params]
 */
export function tell(name, params = {}) {
  ask(name, params).catch(() => {});
}

/**
 * Send a file.
 * @param {string} name
 * @param {Uint8Array} bytes
 */
export function upload(name, bytes) {
  problem.value = null;
  return promise((id) => socket?.send(encodeUpload({ do: "upload", id, name }, bytes)));
}

/**
 * @param {(id: number) => void} act
 * @returns {Promise<Message>}
 */
function promise(act) {
  lastId += 1;
  const id = lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    act(id);
  });
}
