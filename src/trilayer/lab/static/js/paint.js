// When pictures are drawn: all at once, in the browser's next frame.
//
// Each picture registers how it is drawn; whoever changes something asks for a repaint. A
// frame of the server is acknowledged after it was painted, so that a slow page gets fewer
// frames, never a queue of them.

/** @type {Set<() => void>} */
const painters = new Set();
/** @type {(() => void)[]} */
let afterwards = [];
let asked = 0;

/**
 * Draw with every repaint from now on.
 * @param {() => void} draw
 * @returns {() => void} stops it
 */
export function onPaint(draw) {
  painters.add(draw);
  repaint();
  return () => painters.delete(draw);
}

/**
 * Ask for one repaint of everything.
 * @param {() => void} [then] runs when it is done
 */
export function repaint(then) {
  if (then) afterwards.push(then);
  asked ||= requestAnimationFrame(() => {
    asked = 0;
    const done = afterwards;
    afterwards = [];
    for (const draw of painters) draw();
    for (const call of done) call();
  });
}
