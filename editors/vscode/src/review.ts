// The review of what a task, or a chat, would bring in: in the diff editor, its files side by side with what stands there. The
// right side can be edited; each hunk can be left out.

import * as vscode from "vscode";
import type { Answer, Ask, ReviewFile, ReviewPart } from "./engine.ts";
import type { Project } from "./project.ts";
import type { Row } from "./trees.ts";

type ReviewAsk = Ask & { kind: "review" };

const SCHEME = "kiro-review";
const SIDES = ["before", "after"] as const;

/** The reviews that wait, as files of two sides: `kiro-review:/PATH?ASK/after`. */
export class Reviews implements vscode.FileSystemProvider, vscode.CodeLensProvider {
  private readonly fileEvents = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.fileEvents.event;
  private readonly lensEvents = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.lensEvents.event;
  /** Texts that a person changed, by their place. */
  private readonly edited = new Map<string, Uint8Array>();
  /** Hunks that a person left out, as `ASK PATH NUMBER`. */
  private readonly leftOut = new Set<string>();

  constructor(private readonly project: Project, context: vscode.ExtensionContext) {
    const { commands, languages, window, workspace } = vscode;
    const command = (name: string, act: (given?: any) => unknown) => commands.registerCommand(`kiro.review.${name}`, act);
    context.subscriptions.push(
      workspace.registerFileSystemProvider(SCHEME, this, { isCaseSensitive: true }),
      languages.registerCodeLensProvider({ scheme: SCHEME }, this),
      window.onDidChangeActiveTextEditor(() => this.tellContext()),
      window.tabGroups.onDidChangeTabs(() => this.tellContext()),
      project.onDidChange(() => this.tellContext()),
      project.onAsk((ask) => ask.kind === "review" && void this.asked(ask)),
      project.onAskOver((ask) => ask.kind === "review" && void this.close(ask)),
      command("open", (row?: Row) => this.with(row, (ask) => this.open(ask))),
      command("approve", (row?: Row) => this.with(row, (ask) => this.approve(ask))),
      command("modify", (row?: Row) => this.with(row, (ask) => this.modify(ask))),
      command("revise", (row?: Row) => this.with(row, (ask) => this.revise(ask))),
      command("skip", (row?: Row) => this.with(row, (ask) => this.say(ask, { answer: "skip" }))),
      command("stop", (row?: Row) => this.with(row, (ask) => this.say(ask, { answer: "stop" }))),
      command("toggle", (key: string) => this.toggle(key)),
    );
  }

  private get waiting(): ReviewAsk[] {
    return this.project.asks.filter((it): it is ReviewAsk => it.kind === "review");
  }

  /** The review that is meant: that of a row, else the one on screen, else the first that waits. */
  private async with(row: Row | undefined, act: (ask: ReviewAsk) => unknown): Promise<void> {
    let ask: ReviewAsk | undefined;
    if (row?.kind === "ask" && row.ask.kind === "review") ask = row.ask;
    else if (row?.kind === "task") ask = this.waiting.find((it) => it.spec === row.spec && it.task === row.task.id);
    ask ??= this.waiting.find((it) => it.ask === this.shownAsk()) ?? this.waiting[0];
    if (ask) await act(ask);
    else void vscode.window.showInformationMessage("Nothing waits for a review.");
  }

  private shownAsk(): string | undefined {
    const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
    return tab && this.waiting.find((it) => shows(tab, it))?.ask;
  }

  private tellContext(): void {
    const tell = (name: string, value: boolean) => vscode.commands.executeCommand("setContext", name, value);
    const shown = this.shownAsk();
    void tell("kiro.reviewing", this.waiting.length > 0);
    void tell("kiro.reviewShown", this.waiting.some((it) => it.ask === shown));
  }

  private async asked(ask: ReviewAsk): Promise<void> {
    await this.open(ask);
    const reasons = ask.reasons.length ? ` (${ask.reasons.join("; ")})` : "";
    const what = `${title(ask)}: +${ask.added_lines} −${ask.removed_lines}, ${ask.evidence}${reasons}`;
    const buttons = ["Approve", ...(ask.offers.modify ? ["Modify"] : []), "Skip", "Stop"];
    const said = await this.project.aboutByMessage(ask, what, (text) => vscode.window.showInformationMessage(text, ...buttons));
    if (!said) return;
    if (!this.waiting.some((it) => it.ask === ask.ask)) {
      void vscode.window.showInformationMessage(`${title(ask)}: this question is over. What waits now stands under Approvals.`);
      return;
    }
    await vscode.commands.executeCommand(`kiro.review.${said.toLowerCase()}`, { kind: "ask", ask } satisfies Row);
  }

  /** Shows the proposal: one file in the diff editor, several in the one for many. */
  private async open(ask: ReviewAsk): Promise<void> {
    const [first] = ask.files;
    if (!first) return;
    if (ask.files.length === 1) {
      const name = `${first.path.split("/").pop()} · ${title(ask)}`;
      await vscode.commands.executeCommand("vscode.diff", place(ask, "before", first), place(ask, "after", first), name, {
        preview: false,
      });
    } else {
      // A file that was not there, or goes, has one side.
      const side = (it: ReviewFile, which: "before" | "after", missing: string) => (it.change === missing ? undefined : place(ask, which, it));
      const sides = ask.files.map((it) => [this.project.uri(it.path), side(it, "before", "added"), side(it, "after", "deleted")]);
      await vscode.commands.executeCommand("vscode.changes", title(ask), sides);
    }
    this.tellContext();
  }

  /** Lets it land as it is on screen: with a person's edits, without the hunks that were left out. */
  private async approve(ask: ReviewAsk): Promise<void> {
    await this.say(ask, this.decision(ask));
  }

  /** What a person made of a file; none where they left it. An editor that is about to save does not save when it is asked to. */
  private changed(ask: ReviewAsk, file: ReviewFile): string | undefined {
    const uri = place(ask, "after", file).toString();
    const open = vscode.workspace.textDocuments.find((it) => it.isDirty && it.uri.toString() === uri);
    const saved = this.edited.get(uri);
    return open?.getText() ?? (saved && new TextDecoder().decode(saved));
  }

  private decision(ask: ReviewAsk): Answer {
    const texts = ask.files.flatMap((it) => {
      const text = this.changed(ask, it);
      return text === undefined ? [] : [{ path: it.path, text }];
    });
    if (texts.length) return { answer: "modify", files: texts };
    const parts = ask.files.flatMap((file) => file.parts.map((part) => ({ file, part })));
    const kept = parts.filter(({ file, part }) => !this.leftOut.has(key(ask, file, part)));
    if (kept.length === parts.length) return { answer: "approve" };
    return { answer: "keep", parts: kept.map(({ file, part }) => ({ path: file.path, number: part.number })) };
  }

  private async modify(ask: ReviewAsk): Promise<void> {
    const file = ask.files.find((it) => it.new_text !== null);
    if (!file) return;
    if (this.shownAsk() !== ask.ask) await this.open(ask);
    await vscode.commands.executeCommand("workbench.action.compareEditor.focusPrimarySide").then(undefined, () => undefined);
    void vscode.window.showInformationMessage("Edit the right side, then Approve: your version is checked and shown once more.");
  }

  private async revise(ask: ReviewAsk): Promise<void> {
    const remark = await vscode.window.showInputBox({
      title: title(ask),
      prompt: "What is to be otherwise? The task is attempted anew with your remark.",
    });
    if (remark) await this.say(ask, { answer: "revise", remark });
  }

  private async say(ask: ReviewAsk, answer: Answer): Promise<void> {
    try {
      await this.project.engine.ask("_kiro/asks/answer", { ask: ask.ask, ...answer }, false);
      await this.close(ask);
    } catch (error) {
      void vscode.window.showErrorMessage(`Kiro: ${(error as Error).message}`);
    }
  }

  /** What was answered is not left on screen. */
  private async close(ask: ReviewAsk): Promise<void> {
    const tabs = vscode.window.tabGroups.all.flatMap((it) => it.tabs);
    // So that nobody is asked whether to save it: what is written from now on is nobody's.
    const dirty = vscode.workspace.textDocuments.filter((it) => it.isDirty && isOf(it.uri, ask));
    await Promise.all(dirty.map((it) => it.save()));
    await vscode.window.tabGroups.close(tabs.filter((it) => shows(it, ask))).then(undefined, () => undefined);
    for (const it of this.edited.keys()) if (isOf(vscode.Uri.parse(it), ask)) this.edited.delete(it);
    for (const it of this.leftOut) if (it.startsWith(`${ask.ask} `)) this.leftOut.delete(it);
  }

  private toggle(it: string): void {
    if (!this.leftOut.delete(it)) this.leftOut.add(it);
    this.lensEvents.fire();
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const found = this.find(document.uri);
    if (!found || found.side !== "after" || !found.ask.offers.keep) return [];
    const { ask, file } = found;
    return file.parts.map((part) => {
      const line = Math.min(Math.max(0, part.new[0] - 1), document.lineCount - 1);
      const isOut = this.leftOut.has(key(ask, file, part));
      const name = `hunk ${part.number + 1} of ${file.parts.length}`;
      const label = isOut ? `$(circle-slash) ${name} is left out: keep it` : `$(check) ${name} is kept: leave it out`;
      const command = { command: "kiro.review.toggle", title: label, arguments: [key(ask, file, part)] };
      return new vscode.CodeLens(new vscode.Range(line, 0, line, 0), command);
    });
  }

  private find(uri: vscode.Uri): { ask: ReviewAsk; side: (typeof SIDES)[number]; file: ReviewFile } | undefined {
    const [id, side] = uri.query.split("/");
    const ask = this.waiting.find((it) => it.ask === id);
    const file = ask?.files.find((it) => it.path === uri.path.slice(1));
    const known = SIDES.find((it) => it === side);
    return ask && file && known ? { ask, side: known, file } : undefined;
  }

  private bytes(uri: vscode.Uri): Uint8Array {
    const found = this.find(uri);
    // A review that was answered meanwhile is closed; until then its editor has something to show.
    if (!found) return new Uint8Array();
    const text = found.side === "before" ? found.file.old_text : found.file.new_text;
    return this.edited.get(uri.toString()) ?? new TextEncoder().encode(text ?? "");
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const found = this.find(uri);
    const isFixed = found && (found.side !== "after" || !found.ask.offers.modify);
    const permissions = isFixed ? vscode.FilePermission.Readonly : undefined;
    const size = this.bytes(uri).length;
    return { type: vscode.FileType.File, ctime: 0, mtime: this.edited.has(uri.toString()) ? Date.now() : 0, size, permissions };
  }

  readFile(uri: vscode.Uri): Uint8Array {
    return this.bytes(uri);
  }

  writeFile(uri: vscode.Uri, content: Uint8Array): void {
    const found = this.find(uri);
    if (!found) return;
    if (found.side !== "after") throw vscode.FileSystemError.NoPermissions(uri);
    this.edited.set(uri.toString(), content);
    this.fileEvents.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
}

function place(ask: ReviewAsk, side: (typeof SIDES)[number], file: ReviewFile): vscode.Uri {
  return vscode.Uri.from({ scheme: SCHEME, path: `/${file.path}`, query: `${ask.ask}/${side}` });
}

function isOf(uri: vscode.Uri, ask: ReviewAsk): boolean {
  return uri.scheme === SCHEME && uri.query.startsWith(`${ask.ask}/`);
}

/** Whether a tab shows a review. Of the editor for many files an extension is told its title for sure. */
function shows(tab: vscode.Tab, ask: ReviewAsk): boolean {
  const { modified, uri } = (tab.input ?? {}) as { modified?: vscode.Uri; uri?: vscode.Uri };
  const shown = modified ?? uri;
  return shown ? isOf(shown, ask) : tab.label.startsWith(title(ask));
}

function key(ask: ReviewAsk, file: ReviewFile, part: ReviewPart): string {
  return `${ask.ask} ${file.path} ${part.number}`;
}

function title(ask: ReviewAsk): string {
  return ask.spec ? `Task ${ask.task}: ${ask.title}` : ask.title;
}
