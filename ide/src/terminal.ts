// Terminals: real ones of the engine, which outlive a lost connection.

import { Emitter } from "@codingame/monaco-vscode-api/vscode/vs/base/common/event";
import {
  SimpleTerminalBackend,
  SimpleTerminalProcess,
  type ITerminalChildProcess,
} from "@codingame/monaco-vscode-terminal-service-override";
import { fromBase64 } from "./bytes.ts";
import type { Connection } from "./connection.ts";

type Opened = { terminal: number; pid: number };
type Standing = Opened & { shown: boolean };
/** A terminal of this window, as the next page in it needs to know it. */
type Known = Opened & { cwd: string; title: string };
/** How the workbench arranges terminals, by their numbers. */
type Layout = {
  tabs: { isActive: boolean; activePersistentProcessId?: number; terminals: { relativeSize: number; terminal: number }[] }[];
  background: number[] | null;
};
type Output = { terminal: number; at: number; base64: string };
type Ended = { terminal: number; code: number | null };
type Start = { cwd?: string | { path: string }; executable?: string; args?: string | string[] };

/** Where a window keeps its terminals while it is loaded anew. */
const KEPT = "kiro-terminals";
/** How long after a page was to be left it is still there only because somebody decided otherwise. */
const STAY_MS = 3000;

export class Terminals extends SimpleTerminalBackend {
  private readonly known = new Map<number, Known>();
  private layout?: Layout;
  /** The page is on its way out: what the workbench tidies up then is to be found by the next one. */
  private isLeaving = false;

  constructor(private readonly engine: Connection, private readonly root: string, private readonly shell: string) {
    super();
    // The workbench tidies up at the first of these; a page that is kept after all goes on as before.
    addEventListener("beforeunload", () => this.leave(), { capture: true });
    addEventListener("pagehide", () => this.leave(), { capture: true });
  }

  private leave(): void {
    this.isLeaving = true;
    setTimeout(() => (this.isLeaving = false), STAY_MS);
  }

  /** The terminals that this window had before it was loaded anew, and that no other window shows. */
  override getTerminalLayoutInfo = async () => {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as { layout: Layout; known: Known[] } | null;
    if (!kept) return undefined;
    const { terminals } = await this.engine.ask<{ terminals: Standing[] }>("_kiro/host/terminal/list");
    const free = new Set(terminals.filter((it) => !it.shown).map((it) => it.terminal));
    for (const it of kept.known) if (free.has(it.terminal)) this.known.set(it.terminal, it);
    const tabs = kept.layout.tabs.map((tab) => ({
      ...tab,
      terminals: tab.terminals.flatMap((it) => {
        const terminal = this.described(it.terminal);
        return terminal ? [{ relativeSize: it.relativeSize, terminal }] : [];
      }),
    }));
    return { tabs: tabs.filter((it) => it.terminals.length), background: null } as never;
  };

  private described(terminal: number): object | undefined {
    const it = this.known.get(terminal);
    if (!it) return undefined;
    const { pid, cwd, title } = it;
    // 1: the title is that of the program.
    return { id: terminal, pid, cwd, title, titleSource: 1, workspaceId: "", workspaceName: "", isOrphan: true, icon: undefined };
  }

  override setTerminalLayoutInfo = async (layout?: unknown): Promise<void> => {
    if (this.isLeaving) return;
    this.layout = layout as Layout | undefined;
    this.keep();
  };

  override updateTitle = (async (terminal: number, title: string) => {
    const it = this.known.get(terminal);
    if (it) it.title = title;
    this.keep();
  }) as () => Promise<void>;

  private keep(): void {
    if (this.isLeaving) return;
    if (this.layout) sessionStorage.setItem(KEPT, JSON.stringify({ layout: this.layout, known: [...this.known.values()] }));
    else sessionStorage.removeItem(KEPT);
  }

  override attachToProcess = (async (terminal: number) => {
    const it = this.known.get(terminal);
    return it && new Terminal(this.engine, it, it.cwd, () => this.isLeaving);
  }) as never;

  override getDefaultSystemShell = async (): Promise<string> => this.shell;

  override getProfiles = async () => {
    const profileName = this.shell.split("/").pop() ?? "shell";
    return [{ profileName, path: this.shell, isDefault: true, isAutoDetected: true }];
  };

  override createProcess = async (
    start: Start,
    cwd: string,
    cols: number,
    rows: number,
  ): Promise<ITerminalChildProcess> => {
    const place = (typeof start.cwd === "string" ? start.cwd : start.cwd?.path) || cwd || this.root;
    const opened = await this.engine.ask<Opened>("_kiro/host/terminal/open", { cwd: place, columns: cols, rows }, false);
    this.known.set(opened.terminal, { ...opened, cwd: place, title: start.executable?.split("/").pop() ?? "" });
    return new Terminal(this.engine, opened, place, () => this.isLeaving);
  };
}

class Terminal extends SimpleTerminalProcess {
  private readonly data: Emitter<string>;
  private readonly ended = new Emitter<number | undefined>();
  override onProcessExit = this.ended.event;
  private readonly decoder = new TextDecoder();
  private readonly forget: (() => void)[];
  /** How many bytes of its output have been shown. */
  private shown = 0;
  /** How often something was typed: what is sent twice is typed once. */
  private typed = 0;
  private isOver = false;

  constructor(
    private readonly engine: Connection,
    private readonly opened: Opened,
    cwd: string,
    private readonly isLeft: () => boolean,
  ) {
    const data = new Emitter<string>();
    super(opened.terminal, opened.pid, cwd, data.event);
    this.shouldPersist = true;
    this.data = data;
    const mine = (it: { terminal: number }) => it.terminal === opened.terminal && !this.isOver;
    this.forget = [
      engine.on("_kiro/host/terminal/output", (it: Output) => mine(it) && this.take(it)),
      engine.on("_kiro/host/terminal/ended", (it: Ended) => mine(it) && this.end(it.code ?? undefined)),
      engine.onState((state) => state === "open" && void this.attach()),
    ];
  }

  async start(): Promise<undefined> {
    await this.attach();
    return undefined;
  }

  input(text: string): void {
    void this.ask("type", { number: ++this.typed, text }).catch(() => undefined);
  }

  resize(columns: number, rows: number): void {
    void this.ask("resize", { columns, rows }).catch(() => undefined);
  }

  /** Only where it began is known of it. */
  override refreshProperty = async (property?: string): Promise<never> => {
    return (property === "cwd" || property === "initialCwd" ? this.cwd : undefined) as never;
  };

  override acknowledgeDataEvent(): void {
    this.engine.tell("_kiro/host/terminal/seen", { terminal: this.opened.terminal, at: this.shown });
  }

  /** A page that is loaded anew leaves its terminals to the next one. */
  async detach(): Promise<void> {
    if (!this.isOver) this.end(undefined);
  }

  shutdown(): void {
    if (this.isLeft()) return;
    void this.ask("close", {}).catch(() => undefined);
    if (!this.isOver) this.end(undefined);
  }

  sendSignal(): void {}

  clearBuffer(): void {}

  /** Asks for all that was not shown yet: at the start, and after the connection was lost. */
  private async attach(): Promise<void> {
    try {
      const { typed } = (await this.ask("attach", { from: this.shown })) as { typed: number };
      this.typed = Math.max(this.typed, typed);
    } catch {
      this.data.fire("\r\n\x1b[2mThe engine was started anew: this terminal has ended.\x1b[0m\r\n");
      this.end(undefined);
    }
  }

  private take(it: Output): void {
    const bytes = fromBase64(it.base64);
    const known = Math.max(0, this.shown - it.at);
    if (known >= bytes.length) return;
    this.shown = it.at + bytes.length;
    this.data.fire(this.decoder.decode(bytes.subarray(known), { stream: true }));
  }

  private end(code: number | undefined): void {
    this.isOver = true;
    this.forget.forEach((it) => it());
    this.ended.fire(code);
  }

  private ask(what: string, params: object): Promise<unknown> {
    return this.engine.ask(`_kiro/host/terminal/${what}`, { terminal: this.opened.terminal, ...params });
  }
}
