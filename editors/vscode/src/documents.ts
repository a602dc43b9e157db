// Specs in the editor: what is wrong with them, and what can be begun from them.

import * as vscode from "vscode";
import type { Finding, Task } from "./engine.ts";
import type { Project } from "./project.ts";

const PAUSE_MS = 250;

export class Documents implements vscode.CodeLensProvider {
  private readonly diagnostics = vscode.languages.createDiagnosticCollection("kiro");
  private readonly lensEvents = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.lensEvents.event;
  private timer?: ReturnType<typeof setTimeout>;

  constructor(private readonly project: Project, context: vscode.ExtensionContext) {
    const { languages, window } = vscode;
    context.subscriptions.push(
      this.diagnostics,
      languages.registerCodeLensProvider({ language: "markdown", scheme: project.folder.scheme }, this),
      project.onDidChange(() => this.soon()),
      window.onDidChangeActiveTextEditor(() => this.tellContext()),
    );
  }

  private soon(): void {
    this.lensEvents.fire();
    this.tellContext();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.lint().catch(() => undefined), PAUSE_MS);
  }

  private tellContext(): void {
    const uri = vscode.window.activeTextEditor?.document.uri;
    const spec = uri && this.project.specOf(uri);
    const tell = (name: string, value: boolean) => vscode.commands.executeCommand("setContext", name, value);
    void tell("kiro.editorHasSpec", spec !== undefined);
    void tell("kiro.editorHasTasks", spec !== undefined && this.project.tasks.has(spec));
  }

  private async lint(): Promise<void> {
    const root = this.project.folder.fsPath;
    const { findings } = await this.project.engine.ask<{ findings: Finding[] }>("_kiro/specs/lint", { root });
    const all = new Map<string, vscode.Diagnostic[]>();
    for (const it of findings) {
      const of = all.get(it.path) ?? [];
      of.push(diagnostic(it));
      all.set(it.path, of);
    }
    this.diagnostics.clear();
    for (const [path, found] of all) this.diagnostics.set(this.project.uri(path), found);
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const { project } = this;
    const spec = project.specOf(document.uri);
    if (!spec) return [];
    const row = { kind: "spec", spec };
    const tasks = project.tasks.get(spec);
    if (tasks && project.relative(document.uri) === tasks.path) return this.ofTasks(document, spec, tasks.tasks);
    const lens = (title: string, command: string) => new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), { title, command, arguments: [row] });
    const own = project.specs.find((it) => it.path === spec)?.path === project.relative(document.uri);
    if (!own) return [];
    if (!tasks) return [lens("$(list-tree) Generate plan", "kiro.generatePlan")];
    const counts = project.status?.specs.find((it) => it.spec === spec)?.tasks ?? {};
    const all = Object.values(counts).reduce((sum, it) => sum + it, 0);
    return [
      lens(`$(run-all) Implement plan`, "kiro.implementPlan"),
      lens(`$(checklist) ${counts["done"] ?? 0} of ${all} tasks done`, "kiro.openTasks"),
      lens("$(list-tree) Plan again", "kiro.generatePlan"),
    ];
  }

  private ofTasks(document: vscode.TextDocument, spec: string, tasks: Task[]): vscode.CodeLens[] {
    return tasks.flatMap((task) => {
      const line = Math.min(task.span.line - 1, document.lineCount - 1);
      const range = new vscode.Range(line, 0, line, 0);
      const lens = (title: string, command: string) =>
        new vscode.CodeLens(range, { title, command, arguments: [{ kind: "task", spec, task }] });
      const own: vscode.CodeLens[] = [];
      if (["pending", "ready", "stale"].includes(task.state)) own.push(lens("$(play) Start task", "kiro.startTask"));
      if (["failed", "skipped", "in_doubt"].includes(task.state)) own.push(lens("$(debug-restart) Retry", "kiro.retryTask"));
      if (task.state === "waiting") own.push(lens("$(diff) Review", "kiro.review.open"));
      if (task.state !== "pending" && task.state !== "ready") own.push(lens(`${task.state.replace("_", " ")} · evidence`, "kiro.whyTask"));
      return [...own, ...this.ofTasks(document, spec, task.subtasks)];
    });
  }
}

function diagnostic(it: Finding): vscode.Diagnostic {
  const { line, column, start, end } = it.span;
  // The end is told in bytes; on one line of plain text they are characters.
  const range = new vscode.Range(line - 1, column - 1, line - 1, column - 1 + Math.max(1, end - start));
  const { Error, Warning } = vscode.DiagnosticSeverity;
  const found = new vscode.Diagnostic(range, it.message, it.severity === "error" ? Error : Warning);
  found.source = "Kiro";
  found.code = it.code;
  return found;
}
