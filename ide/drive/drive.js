// Drives Kiro in an editor as a person does, in Chromium from a fresh profile, with the scripted model. Leaves screenshots, and
// fails when anything is not as it should be or the page asks anybody but this machine.
//
//     npm ci --ignore-scripts && node drive.js KIRO [FOLDER OF SCREENSHOTS] [--host code-server]
//
// Without a host it is the page of `kiro ide`; with one the extension in that editor. CHROMIUM names the browser
// (/usr/bin/chromium).

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { faults, named, reached } from "./access.js";
import { ARGUMENTS, until, Window } from "./window.js";
import { environment, file, git, lay, negate, project, SPEC, world } from "./world.js";

const { values, positionals } = parseArgs({ options: { host: { type: "string" } }, allowPositionals: true });
const [kiro, shots] = positionals.map((it) => path.resolve(it));
const isPage = !values.host;
const TASKS = "plans/numbers-tasks.md";

/** Starts the engine, or the editor with the extension; gives its process and what it prints first. */
async function start() {
  const words = ["ide", project, "--no-open", "--json", ...(isPage ? [] : ["--host", values.host])];
  const engine = spawn(kiro, words, { env: environment() });
  let said = "";
  let complained = "";
  engine.stderr.on("data", (bytes) => (complained += bytes));
  const told = await new Promise((resolve, reject) => {
    engine.stdout.on("data", (bytes) => (said += bytes) && said.includes("\n") && resolve(said.split("\n")[0]));
    engine.on("exit", (code) => reject(new Error(`kiro ended with ${code}: ${said}${complained}`)));
  });
  return { engine, ...JSON.parse(told) };
}

/** What the processes of the drive's own programs hold, in MB: that of the engine alone, and what of it is no file's. */
function memory(pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
  const of = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024);
  return `${of("VmRSS")} MB, ${of("RssAnon")} of them its own`;
}

async function opens(it, started, launched) {
  const { page } = it;
  if (!isPage) {
    // The server is up a moment after it was told.
    await until("the server listens", () => page.goto(started.address).then(() => true, () => false));
    await page.locator("input[name=password]").fill(started.password);
    await page.keyboard.press("Enter");
    await it.sees(".statusbar-item", "Restricted Mode");
    await it.command("Workspaces: Manage Workspace Trust");
    await (await it.sees(".workspace-trust-editor .monaco-button", "Trust")).click();
    await until("the folder is trusted", async () => !(await it.page.locator(".statusbar-item", { hasText: "Restricted Mode" }).count()));
    await it.command("View: Close All Editors");
  } else await page.goto(started.address);
  await it.sees(".explorer-folders-view .monaco-list-row", "specs");
  await it.sees(".statusbar-item", "Guided");
  console.log(`ready ${Date.now() - launched} ms after launch${isPage ? `, engine ${memory(started.engine.pid)}` : ""}`);
  await it.shot("open");
}

async function takesTheTour(it) {
  await it.command("Welcome: Open Walkthrough");
  await it.picks("Your first spec");
  await it.sees(".gettingStartedContainer", "Say what is to be built");
  await it.page.waitForTimeout(1500);
  await it.shot("tour");
  await it.command("View: Close All Editors");
}

async function looksAtTheExample(it) {
  await it.opens("specs/text-toolkit.md");
  await it.sees(".codelens-decoration", "Generate plan");
  await it.shot("example");
}

async function writesASpec(it) {
  await it.command("Kiro: New Spec");
  await it.says("Numbers");
  await it.picks("Feature");
  await until("the spec is made", () => file("specs/numbers.md"));
  await it.sees(".tab.active", "numbers.md");
  await it.shot("new-spec");
  const write = async (text) => {
    await it.key("Control+1");
    await it.replaces(text);
    await until("the spec is saved", () => file("specs/numbers.md").trimEnd() === text.trimEnd());
  };
  await write(SPEC.replace("### FR-2", "- It should be fast\n\n### FR-2"));
  await it.command("Problems: Focus on Problems View");
  await it.sees(".markers-panel .monaco-list-row", "fast");
  await it.shot("remarks");
  await write(SPEC);
  await until("the remark is gone", async () => !(await it.page.locator(".markers-panel .monaco-list-row", { hasText: "fast" }).count()));
  await it.key("Control+J");
  await it.key("Control+1");
  await it.key("Control+Home");
  await until("lenses stand above the requirements", async () => (await it.page.locator(".codelens-decoration", { hasText: "no checks yet" }).count()) >= 4);
  await it.shot("spec");
}

async function asksTheLanguageServer(it) {
  // A word of the hooks is completed, and a wrong one mended.
  await it.opens(".kiro/hooks/notes.yaml", 3);
  await it.key("End");
  for (let at = 0; at < 3; at++) await it.key("Backspace");
  await it.type("vee\"");
  await it.sees(".squiggly-error, .squiggly-warning");
  await it.shot("wrong-event");
  await it.key("ArrowLeft");
  await it.key("ArrowLeft");
  await until("a fix is offered", async () => {
    await it.key("Control+.");
    const offered = it.page.locator(".action-widget", { hasText: "file.save" }).first();
    if (await offered.waitFor({ timeout: 4000 }).then(() => true, () => false)) return true;
    await it.key("Escape");
    return false;
  });
  await it.shot("quick-fix");
  await it.key("Enter");
  await it.sees(".monaco-editor .view-line", "file.save");
  await it.key("Control+S");
  await until("the event is mended", async () => file(".kiro/hooks/notes.yaml").includes("file.save") && !(await it.page.locator(".tab.dirty").count()));
  // An id leads to its requirement, and says what it is.
  await it.opens(TASKS);
  await it.key("Control+F");
  await it.sees(".find-widget.visible");
  await it.type("FR-2");
  await it.key("Enter");
  await it.key("Escape");
  await it.command("Show or Focus Hover");
  await it.sees(".monaco-hover", "Halving");
  await it.shot("hover");
  await it.key("Escape");
  await it.key("F12");
  await it.sees(".tab.active", "numbers.md");
}

async function plans(it) {
  await it.command("Kiro: Generate Plan from Spec");
  await until("the plan is written", () => file(TASKS));
  await it.sees(".tab", "numbers-plan.md");
  await it.command("Kiro: Focus on Tasks View");
  await it.row("Task 1");
  await it.shot("plan");
}

const ticked = (task) => new RegExp(`\\[x\\] \\*{0,2}${task}\\.`).test(file(TASKS));

/** Approves what waits, as often as it is shown, until a task is ticked. */
async function approves(it, task) {
  await until(`task ${task} is ticked`, async () => {
    if (ticked(task)) return true;
    if (await it.page.locator(".statusbar-item", { hasText: "to review" }).count()) await it.command("Kiro: Approve");
    await it.page.waitForTimeout(1500);
    return ticked(task);
  });
  await isGone(it, `Task ${task}: `);
}

/** What asked a person is off the screen once it was answered, wherever that was; other editors let nobody take it back. */
const isGone = (it, text) => isPage && until(`"${text}" is off the screen`, async () => !(await it.page.locator(".notification-toast", { hasText: text }).count()));

async function runsGuided(it) {
  await it.command("Kiro: Implement Plan");
  // Sent back with a remark, then approved.
  await it.notified("Task 1");
  await it.sees(".monaco-diff-editor");
  await it.sees(".editor-actions .action-label[aria-label^='Approve']");
  await it.shot("review");
  await it.command("Kiro: Ask for Another Attempt");
  await it.says("add the number to itself");
  await it.sees(".monaco-diff-editor .view-line", "n + n");
  await it.shot("after-a-remark");
  await approves(it, 1);
  assert.match(file("numbers_kit/double.py"), /n \+ n/);
  // Changed by hand on the right side.
  await it.notified("Task 2", "Modify");
  const line = await it.sees(".monaco-diff-editor .modified .view-line", "def halve");
  await line.click();
  await it.key("Control+Home");
  await it.type("# Rounded down.\n");
  await it.shot("modify");
  await approves(it, 2);
  assert.match(file("numbers_kit/halve.py"), /^# Rounded down\./);
  // One hunk and one file left out.
  await it.notified("Task 3");
  await (await it.sees(".codelens-decoration a", "hunk 1 of 2 is kept")).click();
  await it.sees(".codelens-decoration a", "hunk 1 of 2 is left out");
  await it.shot("a-hunk-left-out");
  await approves(it, 3);
  assert.ok(file("numbers_kit/negate.py").startsWith(negate("first", "changed too")), file("numbers_kit/negate.py"));
  // Skipped, and so the run ends with a criterion unproven.
  await it.notified("Task 4", "Skip");
  await it.notified("incomplete");
  await it.row("Task 4. Implement `square` (FR-4: Squaring), skipped");
  await it.shot("skipped");
}

async function stopsAndGoesOn(it, started) {
  // Started again from its row, by the keyboard, and stopped.
  await it.command("Kiro: Focus on Tasks View");
  await it.command("Kiro: Start Task");
  await it.picks("square");
  await it.notified("Task 4", "Stop");
  await it.notified("you stopped it");
  await it.command("Notifications: Clear All Notifications");
  assert.equal(file("numbers_kit/square.py"), "");
  // Killed while a review waits; what was recorded is there, and the run goes on.
  await it.opens("specs/numbers.md");
  await it.command("Kiro: Implement Plan");
  await it.notified("Task 4");
  await killsTheEngine(it, started);
  await it.opens("specs/numbers.md");
  await it.command("Kiro: Implement Plan");
  await it.row("Task 4. Implement `square` (FR-4: Squaring), waits for your answer");
  await it.shot("gone-on");
  await approves(it, 4);
  await it.notified("Task 5", "Approve");
  await it.notified("is done");
  await it.shot("done");
  await it.command("Notifications: Clear All Notifications");
}

/** The engine that the extension started: it is called so, and its home is that of this drive. */
function ownEngine() {
  const read = (pid, name) => {
    try {
      return fs.readFileSync(`/proc/${pid}/${name}`, "utf8");
    } catch {
      return "";
    }
  };
  const all = fs.readdirSync("/proc").filter((it) => /^\d+$/.test(it));
  const [pid] = all.filter((it) => read(it, "cmdline").endsWith("\0acp\0") && read(it, "environ").includes(`HOME=${world}\0`));
  assert.ok(pid, "the extension has started no engine");
  return Number(pid);
}

async function killsTheEngine(it, started) {
  if (isPage) {
    started.engine.kill("SIGKILL");
    await it.sees(".statusbar-item", "engine is away");
    await it.shot("engine-away");
    Object.assign(started, await start());
  } else {
    process.kill(ownEngine(), "SIGKILL");
  }
  await until("the engine is back", async () => !(await it.page.locator(".statusbar-item", { hasText: "engine is away" }).count()));
  await it.page.waitForTimeout(1500);
}

async function trustsAndSeesAHook(it) {
  await it.command("Kiro: Review What This Folder May Run");
  await it.sees(".monaco-dialog-box", "Notes");
  await it.shot("trust");
  await (await it.sees(".monaco-dialog-box .monaco-button", "Approve")).click();
  await it.opens("README.md", 3);
  await it.key("Control+End");
  await it.type("Edited by a person.");
  await it.key("Control+S");
  await until("the edit is saved", () => file("README.md").includes("Edited by a person."));
  await until("the hook has run", async () => {
    await it.page.waitForTimeout(1500);
    await it.command("Kiro: Show Hook Log");
    await it.sees(".tab.active", "Hooks.log");
    return it.page.locator(".monaco-editor .view-line", { hasText: "Notes" }).count();
  });
  await it.shot("hook");
}

async function types(it) {
  const inTerminal = (text) => it.page.evaluate((text) => [...document.querySelectorAll(".xterm-rows")].some((row) => row.textContent.includes(text)), text);
  await it.command("Terminal: Create New Terminal");
  await it.sees(".terminal.xterm");
  await it.page.waitForTimeout(1500);
  await it.type("kept=41; echo $((6*7)) > answer.txt; echo before\n");
  await until("the terminal ran it", () => file("answer.txt").trim() === "42");
  await it.shot("terminal");
  if (!isPage) return;
  await it.page.reload();
  await it.sees(".statusbar-item", "Guided");
  await it.command("Terminal: Focus Terminal");
  await it.sees(".terminal.xterm");
  await until("what it showed is there", () => inTerminal("before"));
  await it.sees(".terminal.xterm.focus");
  await it.type("echo $((kept+1)) > answer.txt\n");
  await until("it is the same shell", () => file("answer.txt").trim() === "42" && inTerminal("answer.txt"));
  await it.shot("terminal-after-reload");
}

async function searches(it) {
  await it.key("Control+Shift+F");
  await (await it.sees(".search-view textarea")).fill("needle");
  await it.sees(".search-view .monaco-list-row", "needle");
  await it.shot("search");
}

async function commits(it) {
  await it.key("Control+Shift+G");
  await (await it.sees(".scm-view .scm-editor")).click();
  await it.type("Numbers");
  await it.shot("changes");
  await it.key("Control+Enter");
  await it.notified("Nothing is staged", "Stage All and Commit");
  await until("the commit is made", () => git("log", "-1", "--format=%s") === "Numbers");
  await it.shot("committed");
}

async function chats(it) {
  await it.command("Kiro: Open Chat");
  const frame = await it.frame("#prompt");
  await frame.locator("#prompt").fill("What is here?");
  await frame.locator("#prompt").press("Enter");
  await frame.locator(".agent", { hasText: "square" }).first().waitFor({ timeout: 60_000 });
  await it.shot("chat");
  assert.deepEqual(await faults(frame), [], "the chat");
  await reached(it.page, frame, "#prompt, #mode, #send");
}

async function measures(it, browser, _) {
  await it.command("Kiro: Metrics");
  await it.frame(".cards");
  await it.page.waitForTimeout(500);
  await it.shot("metrics");
  // No script runs in that view, so its page is looked at by itself.
  const page = await browser.newPage();
  const told = path.join(world, "metrics.html");
  execFileSync(kiro, ["metrics", "--html", told], { cwd: project, env: environment() });
  await page.goto(`file://${told}`);
  assert.deepEqual(await faults(page.mainFrame()), [], "the metrics");
  await page.close();
}

/** Two tasks at once; and two windows on one folder, where they share one engine. */
async function goesOnBeside(it, browser, started) {
  await it.command("Preferences: Open User Settings (JSON)");
  await it.sees(".monaco-editor.focused");
  await it.page.waitForTimeout(1500);
  await it.replaces('{"kiro.parallel": 2, "kiro.mode": "guided"}\n');
  await it.page.waitForTimeout(500);
  await it.key("Escape");
  const other = isPage && new Window(await browser.newPage(), shots && `${shots}/second`, isHere);
  if (other) {
    await other.page.goto(started.address.split("/?")[0]);
    await other.sees(".statusbar-item", "Guided");
  }
  await it.opens("specs/letters.md");
  await it.command("Kiro: Generate Plan from Spec");
  await until("the plan is written", () => file("plans/letters-tasks.md"));
  await it.notified("The plan of specs/letters.md", "Implement Plan");
  await until("two tasks run at once", async () => (await it.page.locator('.monaco-list-row[aria-label*=", running"]').count()) === 2);
  await it.shot("lanes");
  // What waits is answered in whichever window.
  if (other) {
    const asked = await other.sees(".notification-toast", "Implement `");
    const task = /Task \d+: /.exec(await asked.textContent())[0];
    await it.sees(".notification-toast", task);
    await other.notified(task, "Approve");
    await isGone(it, task);
    await other.shot("answered-in-the-second-window");
  }
  for (let at = 0; at < 40 && !(await it.page.locator(".notification-toast", { hasText: "is done" }).count()); at++) {
    const next = it.page.locator(".notification-toast .monaco-button", { hasText: "Approve" }).first();
    if (await next.count()) await next.click({ timeout: 2000 }).catch(() => undefined);
    await it.page.waitForTimeout(500);
  }
  await it.notified("specs/letters.md is done");
  await it.shot("both-done");
  if (other) await other.page.close();
}

async function isNamed(it) {
  await it.command("View: Show Kiro");
  await it.row("Spec Numbers");
  console.log(`  ${await named(it.page)} controls of the side bar have names`);
}

const isHere = (name) => (isPage ? name === "kiro.localhost" || name.endsWith(".kiro.localhost") : name === "127.0.0.1");

async function main() {
  lay();
  const launched = Date.now();
  const started = await start();
  const launch = { executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ARGUMENTS, viewport: { width: 1440, height: 900 }, permissions: ["clipboard-read", "clipboard-write"] };
  const browser = await chromium.launchPersistentContext(path.join(world, "profile"), launch);
  const it = new Window(browser.pages()[0] ?? (await browser.newPage()), shots, isHere);
  const steps = [...(isPage ? [takesTheTour] : []), looksAtTheExample, writesASpec, plans, asksTheLanguageServer, runsGuided, stopsAndGoesOn, isNamed, trustsAndSeesAHook];
  steps.push(types, ...(isPage ? [searches, commits] : []), chats, measures, goesOnBeside);
  try {
    await opens(it, started, launched);
    for (const step of steps) await (step.length > 2 ? step(it, browser, started) : step(it, started));
    if (isPage) console.log(`engine ${memory(started.engine.pid)} at the end`);
    if (isPage) assert.deepEqual(await it.left(), [], "the page asks nobody but this machine");
    console.log(`requests off the machine: ${(await it.left()).length}; errors of the page: ${JSON.stringify(it.errors)}`);
  } catch (error) {
    await it.shot("failed");
    throw error;
  } finally {
    await browser.close();
    started.engine.kill("SIGINT");
  }
}

await main();
fs.rmSync(world, { recursive: true, force: true });
