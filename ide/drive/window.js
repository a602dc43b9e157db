// A window of the editor, used as a person uses it.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

export const PATIENCE = 60_000;
/** How Chromium is started: without a screen, and without asking anybody anything. */
export const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export async function until(what, holds) {
  const end = Date.now() + PATIENCE;
  while (!(await holds())) {
    assert.ok(Date.now() < end, `it did not come about: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export class Window {
  constructor(page, shots, isHere) {
    this.page = page;
    this.shots = shots;
    this.foreign = [];
    this.errors = [];
    this.count = 0;
    page.on("request", (it) => {
      const { protocol, hostname } = new URL(it.url());
      if (!["data:", "blob:"].includes(protocol) && !isHere(hostname)) this.foreign.push(it);
    });
    page.on("pageerror", (it) => /^Canceled/.test(it.message) || this.errors.push(`${it.message} ${(it.stack ?? "").split("\n").slice(1, 3).join(" ")}`));
  }

  /**
   * Requests that left this machine. A webview's own files have addresses of another name, which its service worker answers from
   * the page: those never reach the network.
   */
  async left() {
    const answered = await Promise.all(this.foreign.map((it) => it.response().catch(() => null)));
    return this.foreign.filter((_, at) => !answered[at]?.fromServiceWorker()).map((it) => it.url());
  }

  async shot(name) {
    this.count++;
    console.log(`  ${String(this.count).padStart(2)} ${name}`);
    if (!this.shots) return;
    fs.mkdirSync(this.shots, { recursive: true });
    await this.page.screenshot({ path: path.join(this.shots, `${String(this.count).padStart(2, "0")}-${name}.png`) });
  }

  async sees(selector, text) {
    const found = this.page.locator(selector, text ? { hasText: text } : undefined).first();
    await found.waitFor({ timeout: PATIENCE });
    return found;
  }

  key(name) {
    return this.page.keyboard.press(name);
  }

  type(text) {
    return this.page.keyboard.type(text);
  }

  /** Puts a text in place of the whole document: pasted, since what is typed is indented by the editor. */
  async replaces(text) {
    await this.page.evaluate((text) => navigator.clipboard.writeText(text), text);
    await this.key("Control+A");
    await this.key("Control+V");
    await this.page.waitForTimeout(700);
    await this.key("Control+S");
  }

  /** Runs a command from the palette, by the keyboard alone; once more when an editor that opened took the palette away. */
  async command(title) {
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first();
    for (let tries = 0; tries < 5; tries++) {
      await this.key("F1");
      const input = this.page.locator(".quick-input-widget input").first();
      const typed = await input.fill(`>${title}`, { timeout: 4000 }).then(() => true, () => false);
      const found = typed && (await row.waitFor({ timeout: 4000 }).then(() => true, () => false));
      if (found) return this.key("Enter");
      await this.key("Escape");
    }
    assert.fail(`the palette has no "${title}"`);
  }

  /** Chooses in a list that asks. */
  async picks(text) {
    await this.sees(".quick-input-list .monaco-list-row", text);
    await this.page.locator(".quick-input-widget input").first().fill(text);
    await this.key("Enter");
  }

  /** Answers a box that asks for a text. */
  async says(text) {
    const input = await this.sees(".quick-input-widget input");
    await this.page.locator(".quick-input-list .monaco-list-row").first().waitFor({ state: "hidden", timeout: PATIENCE });
    await input.fill(text);
    await this.key("Enter");
  }

  /** Opens a file by its name. */
  async opens(name, line) {
    const last = name.split("/").pop();
    const tab = this.page.locator(".tab.active", { hasText: last }).first();
    await until(`${name} is open`, async () => {
      await this.key("Control+P");
      const input = this.page.locator(".quick-input-widget input").first();
      const typed = await input.fill(name + (line ? `:${line}` : ""), { timeout: 4000 }).then(() => true, () => false);
      // With a line there is no list of files, and the first that fits is taken.
      if (typed && !line) await this.page.locator(".quick-input-list .monaco-list-row", { hasText: last }).first().waitFor({ timeout: 4000 }).catch(() => undefined);
      await this.page.waitForTimeout(700);
      await this.key(typed ? "Enter" : "Escape");
      return tab.waitFor({ timeout: 4000 }).then(() => true, () => false);
    });
    await this.sees(".editor-instance .monaco-editor.focused");
    await this.page.waitForTimeout(300);
  }

  /** Answers a notification by one of its buttons. */
  async notified(text, button) {
    if (!button) return this.sees(".notification-toast", text);
    const box = this.page.locator(".notification-toast", { hasText: text, has: this.page.locator(".monaco-button", { hasText: button }) });
    await box.first().locator(".monaco-button", { hasText: button }).first().click();
    return box;
  }

  /** The row of a tree view whose name for screen readers begins so. */
  row(name) {
    return this.sees(`.monaco-list-row[aria-label^="${name}"]`);
  }

  /** The frame that holds what a selector finds: webviews are frames in frames. */
  async frame(selector) {
    let found;
    await until(`a view shows ${selector}`, async () => {
      for (const frame of this.page.frames().slice(1)) {
        if (await frame.locator(selector).count().catch(() => 0)) found = frame;
      }
      return found;
    });
    return found;
  }
}
