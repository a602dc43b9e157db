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
type Output = { terminal: number; at: number; base64: string };
type Ended = { terminal: number; code: number | null };
type Start = { cwd?: string | { path: string }; executable?: string; args?: string | string[] };

export class Terminals extends SimpleTerminalBackend {
  constructor(private readonly engine: Connection, private readonly root: string, private readonly shell: string) {
    super();
  }

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
    return new Terminal(this.engine, opened, place);
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

  constructor(private readonly engine: Connection, private readonly opened: Opened, cwd: string) {
    const data = new Emitter<string>();
    super(opened.terminal, opened.pid, cwd, data.event);
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

  shutdown(): void {
    void this.ask("close", {}).catch(() => undefined);
    if (!this.isOver) this.end(undefined);
  }

  sendSignal(): void {}

  clearBuffer(): void {}

  /** Asks for all that was not shown yet: at the start, and after the connection was lost. */
  private async attach(): Promise<void> {
    try {
      await this.ask("attach", { from: this.shown });
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
