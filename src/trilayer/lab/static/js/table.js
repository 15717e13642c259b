// One's own data: a CSV, the roles of its columns, the column to predict.

import { Choice, Switch } from "./fields.js";
import { t } from "./i18n.js";
import { html, useEffect, useState } from "./lib.js";
import { problem, tell, upload } from "./link.js";
import { grouped } from "./numbers.js";
import { hello, offered, session } from "./state.js";

export function Table() {
  const table = offered.value;
  return html`<details class="own" open=${Boolean(table) || undefined}>
    <summary>${t("table.title")}</summary>
    <label class="file">
      <span>${t("table.choose")}</span>
      <input type="file" name="file" accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values"
        onChange=${(/** @type {any} */ e) => take(e.currentTarget)} />
    </label>
    ${table && html`<${Columns} key=${`${table.name}:${table.rows}`} table=${table} />`}
    ${(session.value?.notes ?? []).map((/** @type {any} */ note, /** @type {number} */ i) => html`
      <p class="note" key=${i}>${t(`note.${note.code}`, note.params)}</p>`)}
  </details>`;
}

/** @param {HTMLInputElement} input */
async function take(input) {
  const file = input.files?.[0];
  if (!file) return;
  const limit = hello.value?.limits.upload_bytes ?? Infinity;
  if (file.size > limit) {
    problem.value = { code: "too_large", params: { bytes: file.size, limit }, text: "" };
  } else {
    await upload(file.name, new Uint8Array(await file.arrayBuffer())).catch(() => {});
  }
  input.value = "";
}

/** @param {{table: import("./messages.js").Message}} props */
function Columns({ table }) {
  const targets = /** @type {{name: string, classes: string[]}[]} */ (table.targets);
  const [target, setTarget] = useState(table.target ?? targets[0]?.name ?? "");
  const [positive, setPositive] = useState("");
  const [standardise, setStandardise] = useState(true);
  const [roles, setRoles] = useState(/** @type {Record<string, string>} */ (
    Object.fromEntries(table.columns.map((/** @type {any} */ c) => [c.name, c.role]))));
  const classes = targets.find(({ name }) => name === target)?.classes ?? [];
  useEffect(() => setPositive(classes[1] ?? ""), [target]);
  const use = () => tell("use_table", {
    target, positive: positive || null, standardise,
    roles: Object.fromEntries(Object.entries(roles).filter(([name]) => name !== target)),
  });
  return html`<div class="own-columns">
    <p>${t("table.read", { name: table.name, rows: grouped(table.rows), columns: table.columns.length })}</p>
    <div class="fields">
      <${Choice} name="target" label=${t("table.target")} value=${target} onPick=${setTarget}
        options=${targets.map(({ name }) => ({ value: name, text: name }))} />
      <${Choice} name="positive" label=${t("table.positive")} value=${positive}
        onPick=${setPositive}
        options=${classes.map((value) => ({ value, text: value }))} />
    </div>
    <div class="scroll"><table>
      <thead><tr><th scope="col">${t("table.column")}</th><th scope="col">${t("table.role")}</th>
        <th scope="col">${t("table.missing")}</th><th scope="col">${t("table.examples")}</th></tr>
          </thead>
      <tbody>${table.columns.filter((/** @type {any} */ c) => c.name !== target).map((/** @type {any} */ c) => html`
        <tr key=${c.name}><th scope="row">${c.name}</th>
          <td><select aria-label=${t("table.role.of", { column: c.name })} value=${roles[c.name]}
            onChange=${(/** @type {any} */ e) => setRoles({ ...roles, [c.name]: e.currentTarget.value })}>
            ${["number", "category", "ignore"].map((role) => html`<option key=${role} value=${role}
              selected=${roles[c.name] === role}>${t(`role.${role}`)}</option>`)}
          </select></td>
          <td>${grouped(c.missing)}</td><td class="examples">${c.examples.join(", ")}</td></tr>`)}
      </tbody>
    </table></div>
    <${Switch} name="standardise" label=${t("table.standardise")} value=${standardise}
      onPick=${setStandardise} />
    <button type="button" class="primary" data-do="use-table" disabled=${!target} onClick=${use}>
      ${t("table.use")}</button>
  </div>`;
}
