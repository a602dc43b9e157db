// The commands of the palette and the panels.

import * as vscode from "vscode";
import type { Ask, ListedSpec, Mode, Operation, ShownSpec, Traced } from "./engine.ts";
import { Metrics } from "./metrics.ts";
import type { Project } from "./project.ts";
import { named, type Row } from "./trees.ts";

type Place = { path: string; line: number };

export function registerCommands(project: Project, context: vscode.ExtensionContext): void {
  const all = new Commands(project);
  const metrics = new Metrics(project);
  const command = (name: string, act: (given?: any) => unknown) =>
    context.subscriptions.push(
      vscode.commands.registerCommand(`kiro.${name}`, async (given?: unknown) => {
        try {
          await act(given);
        } catch (error) {
          tellError(error as Error & { data?: { hint?: string } });
        }
      }),
    );
  command("newSpec", () => all.newSpec());
  command("generatePlan", (row?: Row) => all.plan(row));
  command("regeneratePlan", (row?: Row) => all.planAgain(row));
  command("implementPlan", (row?: Row) => all.run(row));
  command("openSpec", async (row?: Row) => all.open(await all.spec(row)));
  command("openPlan", async (row?: Row) => all.openDocument(row, "plan"));
  command("openTasks", async (row?: Row) => all.openDocument(row, "tasks"));
  command("showSpec", (row?: Row) => all.showSpec(row));
  command("openPlace", (place: Place) => all.openPlace(place));
  command("startTask", (row?: Row) => all.startTask(row));
  command("retryTask", (row?: Row) => all.retryTask(row));
  command("completeTask", (row?: Row) => all.setTask(row, "done"));
  command("reopenTask", (row?: Row) => all.setTask(row, "pending"));
  command("whyTask", (row?: Row) => all.why(row));
  command("undoTask", (row?: Row) => all.undo(row));
  command("stopRun", () => all.stop());
  command("switchMode", () => all.switchMode());
  command("chooseModel", () => all.chooseModel());
  command("answer", (row?: Row) => all.answer(row));
  command("newHook", () => all.newHook());
  command("enableHook", (row?: Row) => all.switchHook(row, true));
  command("disableHook", (row?: Row) => all.switchHook(row, false));
  command("runHook", (row?: Row) => all.runHook(row));
  command("hookLog", () => all.hookLog());
  command("trust", () => all.trust());
  command("runLog", (row?: Row) => all.runLog(row));
  command("doctor", () => all.doctor());
  command("metrics", () => metrics.show());
  command("showTrace", (it: { spec: string; requirement: string }) => all.trace(it));
  command("refresh", () => project.refresh());
  context.subscriptions.push(
    project.onAsk((ask) => ask.kind !== "review" && void all.answer({ kind: "ask", ask }).catch(tellError)),
    project.onEnded((it) => all.ended(it)),
    vscode.workspace.registerTextDocumentContentProvider("kiro-text", { provideTextDocumentContent: (uri) => all.text(uri) }),
  );
}

function tellError(error: Error & { data?: { hint?: string } }): void {
  const hint = error.data?.hint;
  void vscode.window.showErrorMessage(`Kiro: ${error.message}${hint ? ` (${hint})` : ""}`);
}

class Commands {
  private readonly texts = new Map<string, string>();

  constructor(private readonly project: Project) {}

  private ask<T>(method: string, params: object = {}, again = true): Promise<T> {
    return this.project.engine.ask<T>(`_kiro/${method}`, { root: this.project.folder.fsPath, ...params }, again);
  }

  /** The spec that is meant: that of a row, of the editor, the only one, or the one that is chosen. */
  async spec(row?: Row): Promise<string | undefined> {
    if (row && "spec" in row) return row.spec;
    const uri = vscode.window.activeTextEditor?.document.uri;
    const open = uri && this.project.specOf(uri);
    if (open) return open;
    const { specs } = this.project;
    if (specs.length === 1) return specs[0]!.path;
    if (specs.length === 0) {
      await vscode.window.showInformationMessage("There is no spec yet.", "New Spec").then((it) => it && this.newSpec());
      return undefined;
    }
    const items = specs.map((it: ListedSpec) => ({ label: it.path, description: it.name, spec: it.path }));
    const chosen = await vscode.window.showQuickPick(items, { placeHolder: "Select a spec" });
    return chosen?.spec;
  }

  async newSpec(): Promise<void> {
    const title = await vscode.window.showInputBox({ title: "New spec", prompt: "What is to be built, in a few words?" });
    if (!title) return;
    const name = title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "spec";
    const kinds = [
      { label: "Feature", description: "something new" },
      { label: "Bugfix", description: "something that is wrong" },
      { label: "Quick", description: "something small" },
    ];
    const kind = await vscode.window.showQuickPick(kinds, { title: "What is it?" });
    if (!kind) return;
    const wanted = { name, title, kind: kind.label.toLowerCase() };
    const { path } = await this.ask<{ path: string }>("specs/new", wanted, false);
    await this.project.refresh();
    await this.openPlace({ path, line: 1 });
  }

  async plan(row?: Row, more: object = {}): Promise<void> {
    const spec = await this.spec(row);
    if (!spec) return;
    this.project.choose(spec);
    const model = this.project.model;
    await this.follow("Planning", await this.ask("plan/start", { spec, model, ...more }, false));
  }

  async planAgain(row?: Row): Promise<void> {
    const feedback = await vscode.window.showInputBox({ prompt: "What should be otherwise in the plan?" });
    if (feedback) await this.plan(row, { feedback });
  }

  async run(row?: Row, task?: string): Promise<void> {
    const spec = await this.spec(row);
    if (!spec) return;
    this.project.choose(spec);
    const { mode, model, parallel } = this.project;
    await vscode.commands.executeCommand("kiro.tasks.focus");
    await this.ask("run/start", { spec, mode, model, task, parallel }, false);
  }

  async startTask(row?: Row): Promise<void> {
    const found = row?.kind === "task" ? row : await this.pickTask();
    if (found) await this.run(found, found.task.id);
  }

  private async pickTask(): Promise<(Row & { kind: "task" }) | undefined> {
    const { spec } = this.project;
    const tasks = (spec && this.project.tasks.get(spec)?.tasks) || [];
    const open = tasks.filter((it) => it.state !== "done");
    const items = open.map((task) => ({ label: named(task), description: task.state, task }));
    const chosen = await vscode.window.showQuickPick(items, { placeHolder: "Select a task" });
    return chosen && spec ? { kind: "task", spec, task: chosen.task } : undefined;
  }

  /** A task that failed or was skipped is opened again first, where a tick or a mark says otherwise. */
  async retryTask(row?: Row): Promise<void> {
    if (row?.kind !== "task") return;
    await this.ask("tasks/set", { spec: row.spec, task: row.task.id, state: "pending" }, false);
    await this.startTask(row);
  }

  async setTask(row: Row | undefined, state: string): Promise<void> {
    if (row?.kind !== "task") return;
    await this.ask("tasks/set", { spec: row.spec, task: row.task.id, state }, false);
    this.project.soon();
  }

  async why(row?: Row): Promise<void> {
    const found = row?.kind === "task" ? row : await this.pickTask();
    if (!found) return;
    const told = await this.ask<any>("why", { spec: found.spec, task: found.task.id });
    await this.show(`Task ${told.task}.md`, evidence(told));
  }

  async trace(it: { spec: string; requirement: string }): Promise<void> {
    const { rows } = await this.ask<{ rows: Traced[] }>("specs/trace", { spec: it.spec, what: it.requirement });
    await this.show(`${it.requirement}.md`, rows.map(traced).join("\n\n"));
  }

  async undo(row?: Row): Promise<void> {
    if (row?.kind !== "task") return;
    const target = { spec: row.spec, task: row.task.id };
    const seen = await this.ask<{ tasks: { files: string[] }[] }>("undo", { ...target, dry_run: true });
    const files = [...new Set(seen.tasks.flatMap((it) => it.files))];
    const question = `Take task ${named(row.task)} out again?`;
    const yes = "Undo Task";
    const said = await vscode.window.showWarningMessage(question, { modal: true, detail: files.join("\n") }, yes);
    if (said === yes) await this.ask("undo", target, false);
  }

  async stop(): Promise<void> {
    const running = this.project.operations.filter((it) => !it.ended && (it.kind === "run" || it.kind === "plan"));
    await Promise.all(running.map((it) => this.ask("operations/stop", { operation: it.operation }, false)));
  }

  async switchMode(): Promise<void> {
    const next: Mode = this.project.mode === "guided" ? "autopilot" : "guided";
    await vscode.workspace.getConfiguration("kiro").update("mode", next, vscode.ConfigurationTarget.Global);
    this.project.soon();
  }

  async chooseModel(): Promise<void> {
    type Models = {
      chosen: string | null;
      no_model: string | null;
      models: { id: string; state: string; built_in: boolean }[];
      providers: { provider: string; key: string; note: string | null }[];
    };
    const told = await this.ask<Models>("models/list");
    const items: (vscode.QuickPickItem & { model?: string | null })[] = [
      { label: "$(settings-gear) As configured", description: told.chosen ?? told.no_model ?? "", model: "" },
      ...told.models.map((it) => ({ label: `$(chip) ${it.id}`, description: it.built_in ? "built in" : it.state, model: it.id })),
      ...told.providers.map((it) => ({ label: `$(cloud) ${it.provider}/…`, description: it.note ?? it.key, model: null, detail: it.provider })),
    ];
    const chosen = await vscode.window.showQuickPick(items, { placeHolder: "The model of runs and chats" });
    if (!chosen) return;
    const named = chosen.model ?? (await vscode.window.showInputBox({ prompt: "Name of the model", value: `${chosen.detail}/` }));
    if (named === undefined) return;
    await vscode.workspace.getConfiguration("kiro").update("model", named, vscode.ConfigurationTarget.Global);
    this.project.soon();
  }

  async answer(row?: Row): Promise<void> {
    const ask = row?.kind === "ask" ? row.ask : this.project.asks.find((it) => it.kind !== "review");
    if (!ask || ask.kind === "review") return;
    const answer = ask.kind === "question" ? await this.question(ask) : await this.wish(ask);
    if (answer && this.project.asks.some((it) => it.ask === ask.ask)) {
      await this.project.engine.ask("_kiro/asks/answer", { ask: ask.ask, ...answer }, false);
    }
  }

  private async question(ask: Ask & { kind: "question" }): Promise<object | undefined> {
    const other = "Another answer…";
    const options = ask.options.length ? [...ask.options, other] : [];
    const shown = { title: ask.text, ignoreFocusOut: true };
    return this.project.about(ask, async (over) => {
      const picked = options.length ? await vscode.window.showQuickPick(options, shown, over) : other;
      if (!picked) return undefined;
      const text = picked === other ? await vscode.window.showInputBox(shown, over) : picked;
      return text ? { answer: "say", text } : undefined;
    });
  }

  private async wish(ask: Ask & { kind: "wish" }): Promise<object | undefined> {
    const offers = ask.offers.map((it) => ({ title: `Yes, and ${it.text}`, offer: it.number }));
    const buttons = [{ title: "Yes, once" }, ...offers, { title: "No" }];
    const what = `May Kiro do this? ${ask.act} (${ask.reasons.join("; ")})`;
    const said = await this.project.aboutByMessage(ask, what, (text) => vscode.window.showWarningMessage(text, ...buttons));
    if (!said) return undefined;
    if (said.title === "No") return { answer: "no" };
    return "offer" in said ? { answer: "yes", offer: said.offer } : { answer: "yes" };
  }

  async newHook(): Promise<void> {
    const items = ["auto-doc", "auto-test", "pre-commit-review", "dependency-check"];
    const template = await vscode.window.showQuickPick(items, { placeHolder: "A hook like this" });
    if (!template) return;
    const { path } = await this.ask<{ path: string }>("hooks/new", { template }, false);
    await this.project.refresh();
    await this.openPlace({ path, line: 1 });
  }

  async switchHook(row: Row | undefined, enabled: boolean): Promise<void> {
    if (row?.kind !== "hook") return;
    await this.ask("hooks/switch", { hook: row.hook.name, enabled }, false);
    await this.project.refresh();
  }

  async runHook(row?: Row): Promise<void> {
    if (row?.kind !== "hook") return;
    const open = vscode.window.activeTextEditor?.document.uri;
    const file = open && this.project.relative(open);
    await this.follow(`Hook ${row.hook.name}`, await this.ask("hooks/run", { hook: row.hook.file, file }, false));
  }

  async hookLog(): Promise<void> {
    const { lines } = await this.ask<{ lines: { at_ms: number; text: string }[] }>("hooks/log");
    const text = lines.map((it) => `${new Date(it.at_ms).toLocaleTimeString()}  ${it.text}`).join("\n");
    await this.show("Hooks.log", text || "No hook has done anything yet.");
  }

  async trust(): Promise<void> {
    type Item = { kind: string; name: string; standing: string; shows: string[] };
    const told = await this.ask<{ whole: boolean; summary: string; state: string; items: Item[] }>("trust/show");
    const detail = told.items.map((it) => `${it.kind} ${it.name} (${it.standing})\n${it.shows.map(indented).join("\n")}`);
    const approve = "Approve";
    const buttons = told.whole ? [] : [approve];
    const said = await vscode.window.showInformationMessage(told.summary, { modal: true, detail: detail.join("\n\n") }, ...buttons);
    if (said === approve) await this.ask("trust/grant", { state: told.state }, false);
    await this.project.refresh();
  }

  async runLog(row?: Row): Promise<void> {
    const run = row?.kind === "run" ? row.run.id : undefined;
    const told = await this.ask<{ run: any; facts: { at_ms: number; fact: any }[] }>("runs/log", { run });
    const lines = told.facts.map((it) => `${new Date(it.at_ms).toLocaleTimeString()}  ${JSON.stringify(it.fact)}`);
    await this.show(`Run ${told.run.id}.log`, lines.join("\n"));
  }

  async doctor(): Promise<void> {
    type Health = { sound: boolean; findings: { name: string; ok: boolean; detail: string; fix: string | null }[]; controls: { name: string; held: boolean; detail: string }[] };
    const told = await this.ask<Health>("doctor");
    const findings = told.findings.map((it) => `- ${it.ok ? "✓" : "✗"} **${it.name}**: ${it.detail}${it.fix ? ` → ${it.fix}` : ""}`);
    const controls = told.controls.map((it) => `- ${it.held ? "✓" : "✗"} ${it.name}: ${it.detail}`);
    await this.show("This Machine.md", ["# This machine", ...findings, "", "## The sandbox", ...controls].join("\n"));
  }

  async open(spec: string | undefined): Promise<void> {
    if (!spec) return;
    this.project.choose(spec);
    await this.openPlace({ path: spec, line: 1 });
  }

  async openDocument(row: Row | undefined, which: "plan" | "tasks"): Promise<void> {
    const spec = await this.spec(row);
    if (!spec) return;
    const shown = await this.ask<ShownSpec>("specs/show", { spec });
    await this.openPlace({ path: shown[which], line: 1 });
  }

  /** The documents of a spec beside each other. */
  async showSpec(row?: Row): Promise<void> {
    const spec = await this.spec(row);
    if (!spec) return;
    this.project.choose(spec);
    const shown = await this.ask<ShownSpec>("specs/show", { spec });
    const paths = [shown.path, shown.plan, shown.tasks];
    for (const [at, path] of paths.entries()) {
      const uri = this.project.uri(path);
      await vscode.window.showTextDocument(uri, { viewColumn: at + 1, preserveFocus: at > 0, preview: false });
    }
  }

  async openPlace(place: Place): Promise<void> {
    const line = Math.max(0, place.line - 1);
    const selection = new vscode.Range(line, 0, line, 0);
    const uri = place.path.startsWith("/") ? vscode.Uri.file(place.path) : this.project.uri(place.path);
    await vscode.window.showTextDocument(uri, { selection });
  }

  /** Shows that an operation goes on until it has ended. */
  private async follow(title: string, started: { operation: string }): Promise<void> {
    const { project } = this;
    const options = { location: vscode.ProgressLocation.Window, title };
    await vscode.window.withProgress(options, (progress) => {
      return new Promise<void>((resolve) => {
        const end = () => {
          listeners.forEach((it) => it.dispose());
          resolve();
        };
        const listeners = [
          project.onEnded((it) => it.operation === started.operation && end()),
          project.onEvent((it) => {
            if (it.operation === started.operation && it.event === "notice") progress.report({ message: it["text"] });
          }),
        ];
        const known = project.operations.find((it) => it.operation === started.operation);
        if (known?.ended) end();
      });
    });
  }

  /** What came of an operation, for a person. */
  async ended(it: Operation): Promise<void> {
    const ended = it.ended!;
    await this.project.refresh();
    const isGood = ended.outcome === "done";
    const hint = ended.hint ? ` (${ended.hint})` : "";
    const show = isGood ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
    if (it.kind === "plan" && isGood) {
      await this.openPlace({ path: ended.result.plan, line: 1 });
      const run = "Implement Plan";
      const said = await show(`The plan of ${it.subject} stands: ${ended.result.plan}`, run, "Open Tasks");
      if (said === run) await vscode.commands.executeCommand("kiro.implementPlan", { kind: "spec", spec: it.subject });
      else if (said) await this.openPlace({ path: ended.result.tasks, line: 1 });
    } else if (it.kind === "run") {
      void show(isGood ? `${it.subject} is done: every success criterion is proven.` : `${it.subject}: ${ended.outcome}. ${ended.reason}${hint}`);
    } else if (!isGood && it.kind !== "chat" && it.kind !== "watch") {
      void show(`${it.kind} ${it.subject}: ${ended.outcome}. ${ended.reason}${hint}`);
    }
  }

  text(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? "";
  }

  private async show(name: string, text: string): Promise<void> {
    // A name of its own each time, so that the editor asks for the new text.
    const uri = vscode.Uri.from({ scheme: "kiro-text", path: `/${Date.now()}/${name}` });
    this.texts.set(uri.path, text);
    if (name.endsWith(".md")) await vscode.commands.executeCommand("markdown.showPreview", uri);
    else await vscode.window.showTextDocument(uri, { preview: true });
  }
}

/** A line that stands further in; dialogs swallow plain spaces, and with them what belongs to what. */
function indented(line: string): string {
  return `    ${line}`.replace(/^ +/, (it) => "\u00a0".repeat(it.length));
}

/** What a requirement became, as a page. */
function traced(it: Traced): string {
  const lines = [`# ${it.requirement}: ${it.title}`, "", `In \`${it.spec}\``, "", "## Criteria"];
  for (const criterion of it.criteria) lines.push(`- ${criterion.covered ? "✓" : "○"} ${criterion.id}${criterion.covered ? "" : ": no evidence yet"}`);
  lines.push("", "## Tasks");
  for (const task of it.tasks) {
    lines.push(`- ${task.done ? "✓" : "○"} **${task.id}** ${task.title}`);
    if (task.files.length) lines.push(`  - wrote ${task.files.map((file) => `\`${file}\``).join(", ")}`);
    if (task.check) lines.push(`  - \`${task.check.command}\`: ${task.check.passed} passed, ${task.check.failed} failed`);
  }
  return lines.join("\n");
}

/** What is recorded of a task, as a page. */
function evidence(told: any): string {
  const lines = [`# Task ${told.task}: ${told.title}`, "", `State: **${told.state ?? "unknown"}**${told.reason ? `, ${told.reason}` : ""}`];
  const list = (name: string, all: { id: string; text: string }[]) =>
    all.length && lines.push("", `## ${name}`, ...all.map((it) => `- **${it.id}** ${it.text}`));
  list("It serves", told.requirements);
  list("Its evidence covers", told.covered);
  for (const it of told.attempts) {
    lines.push("", `## Attempt ${it.attempt}`, "", `+${it.added_lines} −${it.removed_lines} in ${it.files.join(", ") || "no file"}`);
    for (const check of it.checks) {
      lines.push(`- ${check.failed || check.exit ? "✗" : "✓"} ${check.purpose}: \`${check.argv.join(" ")}\`, ${check.passed} passed, ${check.failed} failed`);
    }
    for (const answer of it.answers) lines.push(`- ${answer.answer} by ${answer.by}${answer.remark ? `: ${answer.remark}` : ""}`);
    if (it.landed.length) lines.push(`- landed: ${it.landed.join(", ")}`);
    if (it.failed) lines.push(`- failed: ${it.failed}`);
  }
  return lines.join("\n");
}
