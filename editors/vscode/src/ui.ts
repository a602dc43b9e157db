// What both entries start: the panels, the commands, the review, the chat, the status bar.

import * as vscode from "vscode";
import { Chat } from "./chat.ts";
import { registerCommands } from "./commands.ts";
import { followDocuments } from "./documents.ts";
import type { Engine } from "./engine.ts";
import { InlineSuggestions } from "./inline.ts";
import { startLanguage } from "./language.ts";
import { Project } from "./project.ts";
import { Reviews } from "./review.ts";
import { StatusBar } from "./status.ts";
import { AskTree, HookTree, RunTree, SpecTree, TaskTree, type Row } from "./trees.ts";

export function start(context: vscode.ExtensionContext, engine: Engine, folder: vscode.Uri): void {
  const project = new Project(engine, folder, context);
  const tree = (name: string, treeDataProvider: vscode.TreeDataProvider<Row>) => {
    const view = vscode.window.createTreeView(`kiro.${name}`, { treeDataProvider, showCollapseAll: false });
    context.subscriptions.push(view);
    return view;
  };
  tree("specs", new SpecTree(project));
  const tasks = tree("tasks", new TaskTree(project));
  const asks = tree("approvals", new AskTree(project));
  tree("hooks", new HookTree(project));
  tree("runs", new RunTree(project));
  context.subscriptions.push(
    project.onDidChange(() => {
      tasks.description = `${title(project)} · ${project.mode}`;
      const value = project.asks.length;
      asks.badge = value ? { value, tooltip: `${value} wait for your answer` } : undefined;
    }),
  );
  followDocuments(project, context);
  new StatusBar(project, context);
  new Reviews(project, context);
  new Chat(engine, project, context);
  new InlineSuggestions(engine, folder, context);
  registerCommands(project, context);
  startLanguage(engine, folder, context);
}

function title(project: Project): string {
  const { spec } = project;
  return project.status?.specs.find((it) => it.spec === spec)?.title ?? spec?.split("/").pop() ?? "";
}
