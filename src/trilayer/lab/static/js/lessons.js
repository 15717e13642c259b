// The six lessons: their equations, and what each button does to the live network.

import { ask, tell } from "./link.js";
import { equationAt, firstSample, pointed, screen } from "./state.js";

/** @typedef {{name: string, run: () => void}} Try */
/** @typedef {{id: string, tex: string[], tries: Try[]}} Lesson */

const SMALL = {
  source: "toy", points: 40, noise: 0.1, data_seed: 0, held_out: 0, seed: 0, start: "random", l2: 0,
};

/**
 * Set what is trained, then train.
 * @param {Record<string, unknown>} settings
 * @param {number} [iterations]
 */
async function train(settings, iterations = 0) {
  try {
    await ask("pause");
    await ask("set", { settings: { ...SMALL, ...settings } });
    await ask("rewind");
    if (iterations) await ask("play", { iterations });
  } catch {
    // The error is on the page already.
  }
}

/** @param {string} matrix */
function show(matrix, row = 0, column = 0) {
  tell("pause");
  equationAt.value = matrix;
  pointed.value = { matrix, row, column };
  firstSample.value = 0;
  screen.value = "step";
}

const XOR = { toy: "xor", points: 100, solver: "gd", learning_rate: 5 };
const MOONS = { toy: "moons", points: 60, hidden: 4, solver: "gd" };

/** @type {readonly Lesson[]} */
export const LESSONS = [
  {
    id: "hidden",
    tex: [
      String.raw`A = \sigma(w^T X + b)`,
      String.raw`A^{(2)} = \sigma\big((W^{(2)})^T \sigma((W^{(1)})^T X + b^{(1)}) + b^{(2)}\big)`,
    ],
    tries: [
      { name: "without", run: () => train({ ...XOR, hidden: 0 }, 3000) },
      { name: "with", run: () => train({ ...XOR, hidden: 4 }, 3000) },
    ],
  },
  {
    id: "forward",
    tex: [
      String.raw`z^{(1)}_{j,i} = (W^{(1)}_j)^T x^{(i)} + b^{(1)}_j, \qquad a^{(1)}_{j,i} = \sigma(z^{(1)}_{j,i})`,
      String.raw`z^{(2)}_i = (W^{(2)})^T a^{(1)}_{\cdot,i} + b^{(2)}, \qquad a^{(2)}_i = \sigma(z^{(2)}_i)`,
    ],
    tries: [
      { name: "Z1", run: () => show("Z1") },
      { name: "A1", run: () => show("A1") },
      { name: "Z2", run: () => show("Z2") },
      { name: "A2", run: () => show("A2") },
    ],
  },
  {
    id: "cost",
    tex: [
      String.raw`j^{(i)} = -\left[y^{(i)} \log a^{(2)}_{1,i} + (1 - y^{(i)}) \log(1 - a^{(2)}_{1,i})\right]`,
      String.raw`J = \frac{1}{m} \sum_{i=1}^{m} j^{(i)}`,
    ],
    tries: [
      { name: "start", run: () => train({ ...MOONS, learning_rate: 0.5 }) },
      { name: "ten", run: () => tell("play", { iterations: 10 }) },
      { name: "J", run: () => show("J") },
    ],
  },
  {
    id: "chain",
    tex: [
      String.raw`\frac{\partial j}{\partial z^{(2)}} = \frac{a^{(2)} - y}{a^{(2)}(1 - a^{(2)})} \cdot a^{(2)}(1 - a^{(2)}) = a^{(2)} - y`,
      String.raw`\frac{\partial j}{\partial W^{(1)}_{j,k}} = (a^{(2)} - y) \cdot W^{(2)}_{1,j} \cdot a^{(1)}_j(1 - a^{(1)}_j) \cdot x_k`,
    ],
    tries: [
      { name: "dZ2", run: () => show("dZ2") },
      { name: "dZ1", run: () => show("dZ1") },
      { name: "check", run: () => { tell("pause"); screen.value = "check"; } },
    ],
  },
  {
    id: "matrices",
    tex: [
      String.raw`\frac{\partial J}{\partial W^{(2)}} = \frac{1}{m} A^{(1)} (A^{(2)} - Y)^T`,
      String.raw`(dZ^{(1)})^T = \left[(A^{(2)} - Y)^T (W^{(2)})^T\right] \odot \sigma'(Z^{(1)})^T`,
      String.raw`\frac{\partial J}{\partial W^{(1)}} = \frac{1}{m} X (dZ^{(1)})^T`,
    ],
    tries: [
      { name: "dW2", run: () => show("dW2") },
      { name: "dW1", run: () => show("dW1") },
      { name: "misprints", run: () => { tell("pause"); screen.value = "check"; } },
    ],
  },
  {
    id: "rate",
    tex: [String.raw`\theta \leftarrow \theta - \eta \frac{\partial J}{\partial \theta}`],
    tries: [
      { name: "slow", run: () => train({ ...MOONS, learning_rate: 0.01 }, 500) },
      { name: "good", run: () => train({ ...MOONS, learning_rate: 2 }, 500) },
      { name: "fast", run: () => train({ ...MOONS, learning_rate: 100 }, 500) },
      { name: "zero", run: () => train({ ...MOONS, learning_rate: 2, start: "zero" }, 500) },
    ],
  },
];
