// The tree views: specs, tasks, what waits, hooks, runs.

import * as vscode from "vscode";
import type { Ask, Hook, Run, Task, TaskState } from "./engine.ts";
import type { Project } from "./project.ts";

/** What a row of any of the trees is about. */
export type Row =
  | { kind: "spec"; spec: string; title: string }
  | { kind: "phase"; spec: string; name: string; tasks: Task[] }
  | { kind: "task"; spec: string; task: Task }
  | { kind: "ask"; ask: Ask }
  | { kind: "hook"; hook: Hook }
  | { kind: "run"; run: Run };

const ICONS: Record<TaskState, [icon: string, colour: string]> = {
  pending: ["circle-large-outline", "disabledForeground"],
  ready: ["circle-large-outline", "charts.blue"],
  running: ["loading~spin", "charts.blue"],
  waiting: ["bell-dot", "charts.yellow"],
  in_doubt: ["question", "charts.orange"],
  stale: ["history", "charts.orange"],
  done: ["pass-filled", "charts.green"],
  skipped: ["circle-slash", "disabledForeground"],
  failed: ["error", "charts.red"],
};
const WORDS: Record<TaskState, string> = {
  pending: "waits for other tasks",
  ready: "ready",
  running: "running",
  waiting: "waits for your answer",
  in_doubt: "in doubt: it was cut off while something was being done",
  stale: "stale: what it was made from has changed",
  done: "done",
  skipped: "skipped",
  failed: "failed",
};

function icon(name: string, colour?: string): vscode.ThemeIcon {
  return new vscode.ThemeIcon(name, colour ? new vscode.ThemeColor(colour) : undefined);
}

/** A tree of rows that is made anew whenever the project changes. */
abstract class Tree implements vscode.TreeDataProvider<Row> {
  readonly onDidChangeTreeData: vscode.Event<void>;

  constructor(protected readonly project: Project) {
    this.onDidChangeTreeData = project.onDidChange;
  }

  abstract getChildren(row?: Row): Row[];
  abstract getTreeItem(row: Row): vscode.TreeItem;
}

export class SpecTree extends Tree {
  getChildren(row?: Row): Row[] {
    if (row) return [];
    const titles = new Map(this.project.status?.specs.map((it) => [it.spec, it.title]));
    return this.project.specs.map((it) => ({ kind: "spec", spec: it.path, title: titles.get(it.path) || it.name }));
  }

  getTreeItem(row: Row & { kind: "spec" }): vscode.TreeItem {
    const item = new vscode.TreeItem(row.title);
    const status = this.project.status?.specs.find((it) => it.spec === row.spec);
    const counts = status?.tasks ?? {};
    const all = Object.values(counts).reduce((sum, it) => sum + it, 0);
    const done = counts["done"] ?? 0;
    const outcome = status?.run?.outcome;
    item.id = row.spec;
    item.description = all ? `${done}/${all}${outcome ? ` · ${outcome}` : ""}` : "no plan yet";
    item.iconPath = !all ? icon("book") : done === all ? icon("pass-filled", "charts.green") : icon("book", "charts.blue");
    item.contextValue = this.project.tasks.has(row.spec) ? "spec.planned" : "spec.new";
    item.tooltip = new vscode.MarkdownString(`**${row.title}**\n\n\`${row.spec}\`\n\n${all ? `${done} of ${all} tasks done` : "No plan yet."}`);
    item.accessibilityInformation = { label: `Spec ${row.title}, ${item.description}` };
    item.command = { command: "kiro.openSpec", title: "Open Spec", arguments: [row] };
    return item;
  }
}

export class TaskTree extends Tree {
  getChildren(row?: Row): Row[] {
    const spec = this.project.spec;
    if (!row) {
      const tasks = (spec && this.project.tasks.get(spec)?.tasks) || [];
      return spec ? phases(spec, tasks) : [];
    }
    const tasks = row.kind === "phase" ? row.tasks : row.kind === "task" ? row.task.subtasks : [];
    return spec ? tasks.map((task) => ({ kind: "task", spec, task })) : [];
  }

  getTreeItem(row: Row & { kind: "phase" | "task" }): vscode.TreeItem {
    if (row.kind === "phase") {
      const done = row.tasks.filter((it) => it.state === "done").length;
      const item = new vscode.TreeItem(row.name, vscode.TreeItemCollapsibleState.Expanded);
      item.description = `${done}/${row.tasks.length}`;
      item.contextValue = "phase";
      return item;
    }
    return this.task(row.spec, row.task);
  }

  private task(spec: string, task: Task): vscode.TreeItem {
    const { Collapsed, None } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(named(task), task.subtasks.length ? Collapsed : None);
    const [name, colour] = ICONS[task.state] ?? ICONS.pending;
    const needs = task.depends_on.length ? `after ${task.depends_on.join(", ")}` : "";
    const time = task.estimate_minutes ? `${task.estimate_minutes} min` : "";
    const open = task.state === "done" || task.state === "skipped";
    const said = ["waiting", "failed", "stale", "in_doubt", "skipped"].includes(task.state) ? task.state.replace("_", " ") : "";
    item.id = `${spec}#${task.id}`;
    item.description = [said, open ? "" : needs, open ? "" : time].filter(Boolean).join(" · ");
    item.iconPath = icon(name, colour);
    item.contextValue = `task.${task.state}`;
    item.tooltip = new vscode.MarkdownString(tooltip(task), true);
    item.accessibilityInformation = { label: `Task ${named(task)}, ${WORDS[task.state]}${needs && `, ${needs}`}` };
    const place = { path: this.project.tasks.get(spec)?.path ?? spec, line: task.span.line };
    item.command = { command: "kiro.openPlace", title: "Open", arguments: [place] };
    return item;
  }
}

/** A task's number and title. */
export function named(task: Task): string {
  return `${task.number ?? task.id}. ${task.title}`;
}

function phases(spec: string, tasks: Task[]): Row[] {
  const names = [...new Set(tasks.map((it) => it.phase ?? ""))];
  if (names.length < 2) return tasks.map((task) => ({ kind: "task", spec, task }));
  return names.map((name) => {
    const own = tasks.filter((it) => (it.phase ?? "") === name);
    return { kind: "phase", spec, name: name || "Other tasks", tasks: own };
  });
}

function tooltip(task: Task): string {
  const lines = [`**${named(task)}**`, `${WORDS[task.state]}${task.optional ? " · optional" : ""}`];
  const list = (name: string, all: string[]) => all.length && lines.push(`${name}: ${all.map((it) => `\`${it}\``).join(", ")}`);
  list("Files", task.files);
  list("Requirements", task.requirements);
  list("After tasks", task.depends_on);
  if (task.estimate_minutes) lines.push(`Estimated: ${task.estimate_minutes} minutes`);
  return lines.join("\n\n");
}

export class AskTree extends Tree {
  getChildren(row?: Row): Row[] {
    return row ? [] : this.project.asks.map((ask) => ({ kind: "ask", ask }));
  }

  getTreeItem(row: Row & { kind: "ask" }): vscode.TreeItem {
    const { ask } = row;
    const isReview = ask.kind === "review";
    const label = isReview ? ask.title : ask.kind === "question" ? ask.text : ask.act;
    const item = new vscode.TreeItem(label);
    item.id = ask.ask;
    item.iconPath = icon(isReview ? "diff" : "question", "charts.yellow");
    item.description = isReview ? `+${ask.added_lines} −${ask.removed_lines} · ${ask.evidence}` : ask.kind === "wish" ? "may it?" : "";
    item.contextValue = isReview ? "ask.review" : "ask.other";
    item.tooltip = ask.kind === "question" ? ask.options.join("\n") : ask.reasons.join("\n") || label;
    const command = isReview ? "kiro.review.open" : "kiro.answer";
    item.command = { command, title: "Answer", arguments: [row] };
    return item;
  }
}

export class HookTree extends Tree {
  getChildren(row?: Row): Row[] {
    return row ? [] : this.project.hooks.map((hook) => ({ kind: "hook", hook }));
  }

  getTreeItem(row: Row & { kind: "hook" }): vscode.TreeItem {
    const { hook } = row;
    const item = new vscode.TreeItem(hook.name || hook.file);
    item.id = `${hook.file}#${hook.name}`;
    item.description = [hook.event, hook.files].filter(Boolean).join(" · ");
    item.iconPath = hook.broken
      ? icon("error", "charts.red")
      : !hook.enabled
        ? icon("circle-slash", "disabledForeground")
        : hook.standing !== "trusted"
          ? icon("shield", "charts.yellow")
          : icon("zap", "charts.green");
    item.contextValue = hook.enabled ? "hook.on" : "hook.off";
    const lines = [`**${hook.name}**`, hook.description, `\`${hook.file}\``, hook.hindrance ? `$(warning) ${hook.hindrance}` : ""];
    item.tooltip = new vscode.MarkdownString(lines.filter(Boolean).join("\n\n"), true);
    const standing = hook.broken ? "broken" : !hook.enabled ? "off" : hook.standing === "trusted" ? "on" : "not trusted";
    item.accessibilityInformation = { label: `Hook ${hook.name}, ${standing}, ${item.description}` };
    item.command = { command: "kiro.openPlace", title: "Open", arguments: [{ path: hook.file, line: 1 }] };
    return item;
  }
}

export class RunTree extends Tree {
  getChildren(row?: Row): Row[] {
    if (row) return [];
    const runs = (this.project.status?.specs ?? []).flatMap((it) => (it.run ? [it.run] : []));
    runs.sort((a, b) => b.started_ms - a.started_ms);
    return runs.map((run) => ({ kind: "run", run }));
  }

  getTreeItem(row: Row & { kind: "run" }): vscode.TreeItem {
    const { run } = row;
    const item = new vscode.TreeItem(run.spec.split("/").pop() ?? run.spec);
    const state = run.going_on ? "running" : (run.outcome ?? "cut off");
    const cost = [tokens(run.input_tokens + run.output_tokens), run.usd ? `$${run.usd.toFixed(2)}` : ""];
    item.id = run.id;
    item.description = [state, ...cost].filter(Boolean).join(" · ");
    item.iconPath = run.going_on
      ? icon("loading~spin", "charts.blue")
      : run.outcome === "done"
        ? icon("pass-filled", "charts.green")
        : icon("circle-filled", "charts.orange");
    item.contextValue = run.going_on ? "run.running" : "run.ended";
    item.tooltip = `${new Date(run.started_ms).toLocaleString()}\n${run.model}\n${run.reason}`;
    item.command = { command: "kiro.runLog", title: "Show Log", arguments: [row] };
    return item;
  }
}

/** A number of tokens, short. */
export function tokens(count: number): string {
  if (!count) return "";
  return count < 1000 ? `${count} tokens` : `${(count / 1000).toFixed(count < 10_000 ? 1 : 0)}k tokens`;
}
