// What a person who sees no screen, or holds no mouse, needs of Kiro's own views.

import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";

const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Rules about whole pages: a view is a part of one. */
const OF_PAGES = ["region", "page-has-heading-one", "landmark-one-main", "bypass"];

/** What axe finds wrong in a frame. */
export async function faults(frame) {
  await frame.evaluate(axe);
  const rules = Object.fromEntries(OF_PAGES.map((it) => [it, { enabled: false }]));
  const { violations } = await frame.evaluate((rules) => window.axe.run(document, { rules }), rules);
  return violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
}

/** Every row of Kiro's trees, and every button of their titles, has a name. */
export async function named(page) {
  const nameless = await page.evaluate(() => {
    const bar = document.querySelector(".part.sidebar");
    const parts = [...bar.querySelectorAll(".monaco-list-row, .pane-header, .action-item:not(.disabled) .action-label, .monaco-button")];
    const shown = parts.filter((it) => it.checkVisibility() && it.getClientRects().length);
    const name = (it) => it.getAttribute("aria-label") || it.getAttribute("title") || it.textContent.trim();
    return { count: shown.length, without: shown.filter((it) => !name(it)).map((it) => it.outerHTML.slice(0, 160)) };
  });
  assert.ok(nameless.count > 10, `only ${nameless.count} controls were looked at`);
  assert.deepEqual(nameless.without, []);
  return nameless.count;
}

/** Every control of a frame is reached with the tab key. */
export async function reached(page, frame, selector) {
  const ids = await frame.locator(selector).evaluateAll((all) => all.map((it) => it.id));
  await frame.locator(selector).first().focus();
  const met = new Set();
  for (let step = 0; step <= ids.length * 2; step++) {
    met.add(await frame.evaluate(() => document.activeElement?.id));
    await page.keyboard.press("Tab");
  }
  assert.deepEqual(ids.filter((it) => !met.has(it)), [], "not reached with the tab key");
}
