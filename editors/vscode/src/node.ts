// The extension in an editor that runs on Node: it starts `kiro acp` and speaks with it line by line.

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import * as vscode from "vscode";
import { absent } from "./absent.ts";
import type { Engine, State } from "./engine.ts";
import { StreamMessageReader, StreamMessageWriter, type MessageTransports } from "vscode-languageclient/node";
import { Rpc } from "./rpc.ts";
import { start } from "./ui.ts";

const PAUSE_MS = 1000;
const NAME = process.platform === "win32" ? "kiro.exe" : "kiro";

export function activate(context: vscode.ExtensionContext): void {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (folder?.scheme !== "file") return;
  const program = find(context);
  if (!program) {
    absent(context, "program", missing);
    void missing();
    return;
  }
  const engine = new Started(program, folder.fsPath);
  context.subscriptions.push(engine);
  start(context, engine, folder);
}

/** The engine: as the environment says, as the settings say, the one that came along, the one in `PATH`, the one that installed this. */
function find(context: vscode.ExtensionContext): string | undefined {
  const set = vscode.workspace.getConfiguration("kiro").get<string>("engine.path");
  const bundled = context.asAbsolutePath(join("bin", NAME));
  const path = (process.env["PATH"] ?? "").split(delimiter).map((it) => join(it, NAME));
  const candidates = [process.env["KIRO_ENGINE"], set, bundled, ...path, installer()];
  return candidates.find((it): it is string => !!it && existsSync(it));
}

/** The engine that installed this extension by `kiro ide --host` leaves its place here. */
function installer(): string | undefined {
  const home = process.env["KIRO_HOME"] || join(homedir(), ".kiro");
  try {
    return readFileSync(join(home, "engine"), "utf8").trim();
  } catch {
    return undefined;
  }
}

async function missing(): Promise<void> {
  const settings = "Open Settings";
  const said = await vscode.window.showErrorMessage("Kiro's engine, the program `kiro`, was not found.", settings);
  if (said === settings) await vscode.commands.executeCommand("workbench.action.openSettings", "kiro.engine.path");
}

/** An engine that was started by this editor, and is started again when it ended by itself. */
class Started implements Engine, vscode.Disposable {
  private readonly rpc = new Rpc((text) => this.child?.stdin.write(`${text}\n`));
  private readonly log = vscode.window.createOutputChannel("Kiro Engine");
  private child?: ChildProcessWithoutNullStreams;
  private isOver = false;

  constructor(private readonly program: string, private readonly folder: string) {
    this.open();
  }

  ask = this.rpc.ask.bind(this.rpc) as Engine["ask"];
  tell = this.rpc.tell.bind(this.rpc);
  on = this.rpc.on.bind(this.rpc);
  answer = this.rpc.answer.bind(this.rpc);
  onState = (heard: (state: State) => void) => this.rpc.onState(heard);

  get isOpen(): boolean {
    return this.child !== undefined;
  }

  private open(): void {
    const child = spawn(this.program, ["acp"], { cwd: this.folder, stdio: "pipe" });
    child.on("error", (error) => this.log.appendLine(String(error)));
    child.stderr.on("data", (text: Buffer) => this.log.append(text.toString()));
    child.stdin.on("error", () => undefined);
    createInterface({ input: child.stdout }).on("line", (line) => void this.rpc.take(line));
    child.on("close", (code) => this.closed(code));
    child.on("spawn", () => {
      this.child = child;
      this.rpc.opened();
    });
  }

  async language(): Promise<MessageTransports> {
    const child = spawn(this.program, ["lsp"], { cwd: this.folder, stdio: "pipe" });
    child.on("error", (error) => this.log.appendLine(String(error)));
    child.stderr.on("data", (text: Buffer) => this.log.append(text.toString()));
    child.stdin.on("error", () => undefined);
    return { reader: new StreamMessageReader(child.stdout), writer: new StreamMessageWriter(child.stdin) };
  }

  private closed(code: number | null): void {
    this.child = undefined;
    this.rpc.lost();
    if (this.isOver) return;
    this.log.appendLine(`The engine ended with ${code ?? "a signal"}; it is started again.`);
    setTimeout(() => this.isOver || this.open(), PAUSE_MS);
  }

  dispose(): void {
    this.isOver = true;
    this.child?.stdin.end();
    this.log.dispose();
  }
}
