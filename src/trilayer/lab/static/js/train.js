// Train: the network learning, and everything that can be set.

import { Boundary } from "./boundary.js";
import { Curves } from "./curves.js";
import { t } from "./i18n.js";
import { html } from "./lib.js";
import { MetricsCard } from "./metrics.js";
import { Network } from "./network.js";
import { RunBar } from "./runbar.js";
import { Data, Model } from "./setup.js";
import { running, session } from "./state.js";
import { Units } from "./units.js";

export function Train() {
  if (!session.value) return html`<p class="quiet">${t("app.waiting")}</p>`;
  return html`<div class="screen train ${running.value ? "running" : ""}">
    <${RunBar} />
    <div class="columns">
      <div class="left"><${Data} /><${Model} /></div>
      <div class="middle"><${Boundary} /><${Curves} /></div>
      <div class="right"><${Network} /><${Units} /><${MetricsCard} /></div>
    </div>
  </div>`;
}
