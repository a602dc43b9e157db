// The status bar: mode, model, what is going on, what it has cost, what waits.

import * as vscode from "vscode";
import type { Cost, EngineEvent } from "./engine.ts";
import type { Project } from "./project.ts";
import { tokens } from "./trees.ts";

export class StatusBar {
  private readonly mode = item("kiro.mode", "Kiro: Mode", 60, "kiro.switchMode");
  private readonly model = item("kiro.model", "Kiro: Model", 59, "kiro.chooseModel");
  private readonly work = item("kiro.work", "Kiro: What Is Going On", 58, "kiro.tasks.focus");
  private readonly waiting = item("kiro.waiting", "Kiro: Approvals", 61, "kiro.review.open");
  private spent: { tokens: number; usd: number } = { tokens: 0, usd: 0 };

  constructor(private readonly project: Project, context: vscode.ExtensionContext) {
    context.subscriptions.push(
      this.mode,
      this.model,
      this.work,
      this.waiting,
      project.onDidChange(() => this.show()),
      project.onEvent((it) => this.count(it)),
      vscode.workspace.onDidChangeConfiguration((it) => it.affectsConfiguration("kiro") && this.show()),
    );
    project.engine.onState((state) => {
      if (state === "lost") this.lost();
      else this.show();
    });
    this.show();
  }

  private count(it: EngineEvent): void {
    if (it.event !== "tried" && it.event !== "task_done") return;
    if (it.event === "tried") {
      const cost = it["cost"] as Cost;
      this.spent = { tokens: this.spent.tokens + cost.input_tokens + cost.output_tokens, usd: this.spent.usd + cost.usd };
    }
    this.show();
  }

  private show(): void {
    const { project } = this;
    const isGuided = project.mode === "guided";
    this.mode.text = isGuided ? "$(eye) Guided" : "$(rocket) Autopilot";
    this.mode.tooltip = isGuided ? "Every change waits for your answer." : "Only what the rules ask for waits.";
    const model = project.model ?? project.status?.model;
    this.model.text = `$(chip) ${model?.split("/").pop() ?? "no model"}`;
    this.model.tooltip = model ?? project.status?.no_model ?? "No model was chosen.";
    const spent = [tokens(this.spent.tokens), this.spent.usd ? `$${this.spent.usd.toFixed(2)}` : ""].filter(Boolean);
    const { running } = project;
    const doing = running && (project.doing.get(running.operation) ?? `${running.kind} of ${running.subject}`);
    this.work.text = [running ? `$(sync~spin) ${doing}` : "$(pulse) Kiro", ...spent].join("  ");
    this.work.tooltip = "What Kiro does, and what it has used since this window was opened.";
    const count = project.asks.length;
    this.waiting.text = `$(bell-dot) ${count} to review`;
    this.waiting.tooltip = "These wait for your answer.";
    this.waiting.backgroundColor = new vscode.ThemeColor("statusBarItem.warningBackground");
    for (const it of [this.mode, this.model, this.work]) it.show();
    if (count) this.waiting.show();
    else this.waiting.hide();
  }

  private lost(): void {
    this.work.text = "$(debug-disconnect) Kiro's engine is away…";
    this.work.show();
  }
}

function item(id: string, name: string, priority: number, command: string): vscode.StatusBarItem {
  const made = vscode.window.createStatusBarItem(id, vscode.StatusBarAlignment.Left, priority);
  made.name = name;
  made.command = command;
  return made;
}
