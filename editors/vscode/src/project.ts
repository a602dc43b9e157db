// What the panels show of the project: asked of the engine, and asked again when it says that something is other.

import * as vscode from "vscode";
import type {
  Ask,
  Engine,
  EngineEvent,
  Hook,
  ListedSpec,
  Listening,
  Mode,
  Operation,
  Status,
  Task,
  Tasks,
} from "./engine.ts";
import { WIRE_VERSION } from "./engine.ts";

const PAUSE_MS = 120;
/** How many operations that have ended are remembered. */
const ENDED_MOST = 50;

export class Project {
  status?: Status;
  specs: ListedSpec[] = [];
  hooks: Hook[] = [];
  asks: Ask[] = [];
  operations: Operation[] = [];
  /** The tasks of each spec that has some, by the spec's path. */
  readonly tasks = new Map<string, Tasks>();
  /** What an operation does just now, in a few words. */
  readonly doing = new Map<string, string>();
  private chosen?: string;
  private timer?: ReturnType<typeof setTimeout>;
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly shown = new vscode.EventEmitter<EngineEvent>();
  /** Something that an operation shows. */
  readonly onEvent = this.shown.event;
  private readonly askedFor = new vscode.EventEmitter<Ask>();
  /** Something that waits for an answer from now on. */
  readonly onAsk = this.askedFor.event;
  private readonly answered = new vscode.EventEmitter<Ask>();
  /** Something that waits no more: it was answered, here or elsewhere, or is over. */
  readonly onAskOver = this.answered.event;
  private readonly endings = new vscode.EventEmitter<Operation>();
  /** An operation that has ended. */
  readonly onEnded = this.endings.event;

  constructor(
    readonly engine: Engine,
    readonly folder: vscode.Uri,
    context: vscode.ExtensionContext,
  ) {
    engine.on("_kiro/operation", (it: Operation) => this.operated(it));
    engine.on("_kiro/event", (it: EngineEvent) => this.happened(it));
    engine.on("_kiro/asked", (it: Ask) => this.asked(it));
    engine.on("_kiro/ask_closed", (it: { ask: string }) => this.closed(it.ask));
    engine.on("_kiro/facts", () => this.soon());
    engine.on("_kiro/changed", () => this.soon());
    engine.onState((state) => state === "open" && void this.listen());
    context.subscriptions.push(this.changed, this.shown, this.askedFor, this.answered, this.endings);
    if (engine.isOpen) void this.listen();
  }

  /** The spec whose tasks are shown: the one chosen last, else the one that was run last, else the only one. */
  get spec(): string | undefined {
    const known = [...this.tasks.keys()];
    if (this.chosen && (known.includes(this.chosen) || this.specs.some((it) => it.path === this.chosen))) return this.chosen;
    const runs = (this.status?.specs ?? []).filter((it) => it.run && known.includes(it.spec));
    runs.sort((a, b) => b.run!.started_ms - a.run!.started_ms);
    return runs[0]?.spec ?? known[0] ?? this.specs[0]?.path;
  }

  choose(spec: string): void {
    this.chosen = spec;
    this.changed.fire();
  }

  /** How far runs and chats go by themselves. */
  get mode(): Mode {
    return vscode.workspace.getConfiguration("kiro").get<Mode>("mode") ?? "guided";
  }

  /** The model that was chosen here; none for the one that the engine is configured for. */
  get model(): string | undefined {
    return vscode.workspace.getConfiguration("kiro").get<string>("model") || undefined;
  }

  /** At how many tasks a run works at once. */
  get parallel(): number {
    return vscode.workspace.getConfiguration("kiro").get<number>("parallel") ?? 1;
  }

  get running(): Operation | undefined {
    return this.operations.find((it) => !it.ended && (it.kind === "run" || it.kind === "plan"));
  }

  /** The project's folder: the opened one, or one above it. */
  get root(): vscode.Uri {
    return this.status ? this.folder.with({ path: vscode.Uri.file(this.status.root).path }) : this.folder;
  }

  uri(path: string): vscode.Uri {
    return vscode.Uri.joinPath(this.root, path);
  }

  /** The path below the project's folder; none for what lies elsewhere. */
  relative(uri: vscode.Uri): string | undefined {
    const root = `${this.root.path}/`;
    return uri.scheme === this.folder.scheme && uri.path.startsWith(root) ? uri.path.slice(root.length) : undefined;
  }

  /** The spec that a document belongs to: it is one of its documents, or its plan or tasks. */
  specOf(uri: vscode.Uri): string | undefined {
    const path = this.relative(uri);
    if (!path) return undefined;
    const direct = this.specs.find((it) => it.path === path || it.tasks === path);
    if (direct) return direct.path;
    const folder = /^\.kiro\/specs\/[^/]+\//.exec(path)?.[0];
    if (folder) return this.specs.find((it) => it.path.startsWith(folder))?.path;
    const name = /^plans\/(.+)-(plan|tasks)\.md$/.exec(path)?.[1];
    return name === undefined ? undefined : this.specs.find((it) => it.name === name)?.path;
  }

  findTask(spec: string, id: string): Task | undefined {
    const below = (tasks: Task[]): Task[] => tasks.flatMap((it) => [it, ...below(it.subtasks)]);
    return below(this.tasks.get(spec)?.tasks ?? []).find((it) => it.id === id);
  }

  async listen(): Promise<void> {
    const root = this.folder.fsPath;
    const heard = await this.engine.ask<Listening>("_kiro/listen", { root });
    if (heard.version !== WIRE_VERSION) {
      void vscode.window.showErrorMessage(
        `Kiro's engine speaks version ${heard.version} of its methods, this extension version ${WIRE_VERSION}. Use those of one release.`,
      );
      return;
    }
    this.operations = heard.operations;
    const still = new Set(heard.asks.map((it) => it.ask));
    this.asks.filter((it) => !still.has(it.ask)).forEach((it) => this.closed(it.ask));
    heard.asks.forEach((it) => this.asked(it));
    await vscode.commands.executeCommand("setContext", "kiro.ready", true);
    if (this.hooksOnSave) await this.engine.ask("_kiro/hooks/watch", { root }).catch(() => undefined);
    await this.refresh();
  }

  private get hooksOnSave(): boolean {
    return vscode.workspace.getConfiguration("kiro").get<boolean>("hooks.onSave") ?? true;
  }

  /** Asks again when nothing more happens for a moment. */
  soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh().catch(() => undefined), PAUSE_MS);
  }

  async refresh(): Promise<void> {
    const root = this.folder.fsPath;
    const [status, specs, hooks] = await Promise.all([
      this.engine.ask<Status>("_kiro/status", { root }),
      this.engine.ask<{ specs: ListedSpec[] }>("_kiro/specs/list", { root }),
      this.engine.ask<{ hooks: Hook[] }>("_kiro/hooks/list", { root }),
    ]);
    this.status = status;
    this.specs = specs.specs.filter((it) => !it.archived);
    this.hooks = hooks.hooks;
    const planned = this.specs.filter((it) => it.tasks);
    const tasks = await Promise.all(planned.map((it) => this.tasksOf(it.path)));
    this.tasks.clear();
    planned.forEach((it, at) => tasks[at] && this.tasks.set(it.path, tasks[at]));
    await vscode.commands.executeCommand("setContext", "kiro.hasTasks", this.tasks.size > 0);
    this.changed.fire();
  }

  /** A tasks file that cannot be read has none to show. */
  private tasksOf(spec: string): Promise<Tasks | undefined> {
    const asked = this.engine.ask<Tasks>("_kiro/tasks/list", { root: this.folder.fsPath, spec });
    return asked.catch(() => undefined);
  }

  private asked(it: Ask): void {
    if (this.asks.some((known) => known.ask === it.ask)) return;
    this.asks.push(it);
    this.doing.set(it.operation, "waiting for your answer");
    this.askedFor.fire(it);
    this.changed.fire();
  }

  private closed(ask: string): void {
    const over = this.asks.find((it) => it.ask === ask);
    this.asks = this.asks.filter((it) => it.ask !== ask);
    if (over) this.answered.fire(over);
    this.changed.fire();
    this.soon();
  }

  /** Asks a person about something that waits, by `show`, whose token is cancelled once that is over. */
  async about<T>(ask: Ask, show: (over: vscode.CancellationToken) => Thenable<T>): Promise<T> {
    const over = new vscode.CancellationTokenSource();
    const heard = this.onAskOver((it) => it.ask === ask.ask && over.cancel());
    try {
      return await show(over.token);
    } finally {
      heard.dispose();
      over.dispose();
    }
  }

  /** The same by a message with buttons. */
  aboutByMessage<T extends string | vscode.MessageItem>(ask: Ask, text: string, show: (text: string) => Thenable<T | undefined>): Promise<T | undefined> {
    return this.about(ask, (over) => {
      over.onCancellationRequested(() => this.engine.withdraw?.(text));
      return show(text);
    });
  }

  private operated(it: Operation): void {
    const known = this.operations.findIndex((old) => old.operation === it.operation);
    const ends = it.ended && !this.operations[known]?.ended;
    if (known >= 0) this.operations[known] = it;
    else this.operations.push(it);
    this.operations = this.operations.slice(-ENDED_MOST);
    if (ends) {
      this.doing.delete(it.operation);
      this.endings.fire(it);
    }
    void vscode.commands.executeCommand("setContext", "kiro.running", this.running !== undefined);
    this.changed.fire();
    this.soon();
  }

  private happened(it: EngineEvent): void {
    const doing = words(it);
    if (doing) this.doing.set(it.operation, doing);
    this.shown.fire(it);
    if (doing || ["task_done", "task_open", "planned"].includes(it.event)) this.changed.fire();
    if (["task_started", "task_done", "task_open", "planned", "approved"].includes(it.event)) this.soon();
  }
}

/** What an event says of what is being done. */
function words(it: EngineEvent): string | undefined {
  switch (it.event) {
    case "task_started":
      return `task ${it["place"]} of ${it["of"]}: ${it["title"]}`;
    case "asking":
      return `asking the model for ${it["slot"]}`;
    case "calling":
      return `calling ${it["tool"]}`;
    case "check":
      return it["passed"] === null ? `checking ${it["what"]}` : undefined;
    case "pulling":
      return `fetching the model: ${Math.floor((100 * it["done"]) / Math.max(1, it["total"]))} %`;
    case "waiting":
      return `waiting: ${it["reason"]}`;
    default:
      return undefined;
  }
}
