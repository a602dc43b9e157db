// What the editor on screen is, for the buttons of its title, and what the lenses of `kiro lsp` do.

import * as vscode from "vscode";
import type { Project } from "./project.ts";

/** What a lens is about. */
type Deed = { spec: string; task?: string; requirement?: string };

export function followDocuments(project: Project, context: vscode.ExtensionContext): void {
  const tellContext = () => {
    const uri = vscode.window.activeTextEditor?.document.uri;
    const spec = uri && project.specOf(uri);
    const tell = (name: string, value: boolean) => vscode.commands.executeCommand("setContext", name, value);
    void tell("kiro.editorHasSpec", spec !== undefined);
    void tell("kiro.editorHasTasks", spec !== undefined && project.tasks.has(spec));
  };
  const command = (name: string, act: (deed: Deed) => unknown) => vscode.commands.registerCommand(`kiro.${name}`, act);
  const row = (it: Deed) => ({ kind: "spec", spec: it.spec });
  context.subscriptions.push(
    project.onDidChange(tellContext),
    vscode.window.onDidChangeActiveTextEditor(tellContext),
    command("plan", (it) => vscode.commands.executeCommand("kiro.generatePlan", row(it))),
    command("run", (it) => run(project, it)),
    command("why", (it) => why(project, it)),
    command("trace", (it) => vscode.commands.executeCommand("kiro.showTrace", it)),
  );
}

function run(project: Project, it: Deed): unknown {
  const { spec } = it;
  if (it.task === undefined) return vscode.commands.executeCommand("kiro.implementPlan", { kind: "spec", spec });
  const task = project.findTask(spec, it.task);
  const again = task && ["failed", "skipped", "in_doubt"].includes(task.state);
  return task && vscode.commands.executeCommand(again ? "kiro.retryTask" : "kiro.startTask", { kind: "task", spec, task });
}

/** What waits for an answer is shown to be answered; of the rest the evidence. */
function why(project: Project, it: Deed): unknown {
  const task = project.findTask(it.spec, it.task ?? "");
  const waits = project.asks.some((ask) => ask.kind === "review" && ask.spec === it.spec && ask.task === it.task);
  return task && vscode.commands.executeCommand(waits ? "kiro.review.open" : "kiro.whyTask", { kind: "task", spec: it.spec, task });
}
