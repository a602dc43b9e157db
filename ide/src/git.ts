// The view of source control: what has changed, staging, committing, branches. All of it is done by the engine's git.

import type * as vscode from "vscode";
import { fromBase64 } from "./bytes.ts";
import type { Connection } from "./connection.ts";
import type { Files } from "./files.ts";

type Change = { path: string; renamed_from: string | null; staged: string; unstaged: string };
type Status =
  | { is_repository: false }
  | {
      is_repository: true;
      branch: string | null;
      commit: string | null;
      upstream: string | null;
      ahead: number;
      behind: number;
      is_cut: boolean;
      changes: Change[];
    };
/** A change as the view shows it: `revision` is what it is compared with. */
type Row = vscode.SourceControlResourceState & { path: string; before: string; revision: string; letter: string };

const WORDS: Record<string, string> = {
  A: "Added",
  C: "Copied",
  D: "Deleted",
  M: "Modified",
  R: "Renamed",
  T: "Type changed",
  U: "Conflict",
  "?": "Untracked",
};
const COLOURS: Record<string, string> = {
  A: "gitDecoration.addedResourceForeground",
  D: "gitDecoration.deletedResourceForeground",
  M: "gitDecoration.modifiedResourceForeground",
  R: "gitDecoration.renamedResourceForeground",
  U: "gitDecoration.conflictingResourceForeground",
  "?": "gitDecoration.untrackedResourceForeground",
};
/** The scheme of files as a revision holds them. */
const SCHEME = "kiro-git";
const PAUSE_MS = 150;

export function provideGit(api: typeof vscode, engine: Connection, files: Files): void {
  const view = new GitView(api, engine, files);
  view.commands();
  engine.on("_kiro/host/files/changed", () => view.soon());
  engine.onState((state) => state === "open" && view.soon());
  void view.refresh();
}

class GitView implements vscode.QuickDiffProvider, vscode.FileDecorationProvider {
  private readonly scm: vscode.SourceControl;
  private readonly staged: vscode.SourceControlResourceGroup;
  private readonly unstaged: vscode.SourceControlResourceGroup;
  private readonly decorated: vscode.EventEmitter<undefined>;
  readonly onDidChangeFileDecorations: vscode.Event<undefined>;
  private letters = new Map<string, string>();
  private timer?: ReturnType<typeof setTimeout>;
  private branch = "";

  constructor(private readonly api: typeof vscode, private readonly engine: Connection, private readonly files: Files) {
    this.scm = api.scm.createSourceControl("git", "Git", api.Uri.file(files.uri("").path));
    this.scm.quickDiffProvider = this;
    this.scm.acceptInputCommand = { command: "kiro.git.commit", title: "Commit" };
    this.staged = this.scm.createResourceGroup("index", "Staged Changes");
    this.unstaged = this.scm.createResourceGroup("workingTree", "Changes");
    this.staged.hideWhenEmpty = true;
    this.decorated = new api.EventEmitter<undefined>();
    this.onDidChangeFileDecorations = this.decorated.event;
    api.window.registerFileDecorationProvider(this);
    api.workspace.registerTextDocumentContentProvider(SCHEME, {
      provideTextDocumentContent: (uri) => this.content(uri),
    });
  }

  /** Looks again when nothing more happens for a moment. */
  soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), PAUSE_MS);
  }

  async refresh(): Promise<void> {
    const status = await this.ask<Status>("status").catch((): Status => ({ is_repository: false }));
    await this.api.commands.executeCommand("setContext", "kiro.git.isRepository", status.is_repository);
    if (!status.is_repository) {
      this.scm.inputBox.visible = false;
      this.staged.resourceStates = [];
      this.unstaged.resourceStates = [];
      return;
    }
    this.show(status);
  }

  private show(status: Status & { is_repository: true }): void {
    this.scm.inputBox.visible = true;
    this.branch = status.branch ?? status.commit?.slice(0, 8) ?? "";
    this.scm.inputBox.placeholder = `Message (Ctrl+Enter to commit on "${this.branch}")`;
    const { changes } = status;
    const isStaged = (it: Change) => !".?U".includes(it.staged);
    this.staged.resourceStates = changes.filter(isStaged).map((it) => this.row(it, it.staged, "HEAD"));
    this.unstaged.resourceStates = changes
      .filter((it) => it.unstaged !== ".")
      .map((it) => this.row(it, it.unstaged, isStaged(it) ? "" : "HEAD"));
    this.scm.count = changes.length;
    this.letters = new Map(changes.map((it) => [it.path, it.unstaged === "." ? it.staged : it.unstaged]));
    this.decorated.fire(undefined);
    const distance = status.upstream ? ` ${status.behind}↓ ${status.ahead}↑` : "";
    const title = `$(git-branch) ${this.branch}${changes.length ? "*" : ""}${distance}`;
    this.scm.statusBarCommands = [{ command: "kiro.git.switch", title, tooltip: "Switch branch" }];
  }

  private row(change: Change, letter: string, revision: string): Row {
    const resourceUri = this.api.Uri.file(this.files.uri(change.path).path);
    const before = change.renamed_from ?? change.path;
    const row: Row = {
      path: change.path,
      before,
      revision,
      letter,
      resourceUri,
      contextValue: letter === "?" ? "untracked" : "tracked",
      decorations: { tooltip: WORDS[letter] ?? letter, strikeThrough: letter === "D" },
    };
    return { ...row, command: { command: "kiro.git.open", title: "Open changes", arguments: [row] } };
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    if (uri.scheme !== "file") return undefined;
    const letter = this.letters.get(uri.path.slice(this.files.uri("").path.length + 1));
    if (!letter) return undefined;
    const colour = COLOURS[letter] ?? COLOURS["M"]!;
    const badge = letter === "?" ? "U" : letter;
    return { badge, tooltip: WORDS[letter] ?? letter, color: new this.api.ThemeColor(colour), propagate: letter !== "D" };
  }

  provideOriginalResource(uri: vscode.Uri): vscode.Uri | undefined {
    const path = uri.scheme === "file" ? this.files.relative(uri as never) : undefined;
    return path === undefined ? undefined : this.at(path, "");
  }

  /** A file as a revision holds it. */
  private at(path: string, revision: string): vscode.Uri {
    // What is staged or last committed changes under its name, so that each look asks anew.
    const query = JSON.stringify({ revision, at: Date.now() });
    return this.api.Uri.from({ scheme: SCHEME, path: `/${path}`, query });
  }

  private async content(uri: vscode.Uri): Promise<string> {
    const { revision } = JSON.parse(uri.query) as { revision: string };
    const shown = await this.ask<{ base64: string | null }>("show", { path: uri.path.slice(1), revision });
    return shown.base64 === null ? "" : new TextDecoder().decode(fromBase64(shown.base64));
  }

  commands(): void {
    const command = (name: string, act: (...given: any[]) => PromiseLike<unknown>) =>
      this.api.commands.registerCommand(`kiro.git.${name}`, async (...given: unknown[]) => {
        try {
          await act(...given);
        } catch (error) {
          void this.api.window.showErrorMessage(`Git: ${String((error as Error).message ?? error)}`);
        }
        await this.refresh();
      });
    const paths = (given: unknown[]) => given.flat().map((it) => (it as Row).path).filter(Boolean);
    command("open", (row: Row) => this.open(row));
    command("openFile", (row: Row) => this.api.window.showTextDocument(row.resourceUri));
    command("stage", (...given) => this.ask("stage", { paths: paths(given) }));
    command("stageAll", () => this.ask("stage"));
    command("unstage", (...given) => this.ask("unstage", { paths: paths(given) }));
    command("unstageAll", () => this.ask("unstage"));
    command("discard", (...given) => this.discard(paths(given)));
    command("commit", () => this.commit());
    command("switch", () => this.switch());
    command("init", () => this.ask("init"));
    command("refresh", async () => undefined);
  }

  private async open(row: Row): Promise<void> {
    const name = row.path.split("/").pop();
    if (row.letter === "?") return void (await this.api.window.showTextDocument(row.resourceUri));
    const isIndex = row.revision === "HEAD" && this.staged.resourceStates.some((it) => (it as Row).path === row.path && it === row);
    const before = this.at(row.before, row.revision);
    const after = isIndex ? this.at(row.path, "") : row.letter === "D" ? this.at("", "none") : row.resourceUri;
    const title = `${name} (${isIndex ? "Index" : "Working Tree"})`;
    await this.api.commands.executeCommand("vscode.diff", before, after, title);
  }

  private async discard(paths: string[]): Promise<void> {
    const what = paths.length === 1 ? paths[0] : `${paths.length} files`;
    const yes = "Discard Changes";
    const detail = "This cannot be undone.";
    const said = await this.api.window.showWarningMessage(`Discard the changes in ${what}?`, { modal: true, detail }, yes);
    if (said === yes) await this.ask("discard", { paths });
  }

  private async commit(): Promise<void> {
    const message = this.scm.inputBox.value.trim();
    if (!message) {
      void this.api.window.showInformationMessage("Write a message first: what was changed, and why.");
      return;
    }
    if (this.staged.resourceStates.length === 0) {
      const all = "Stage All and Commit";
      const said = await this.api.window.showInformationMessage("Nothing is staged.", all);
      if (said !== all) return;
      await this.ask("stage");
    }
    await this.api.window.withProgress({ location: this.api.ProgressLocation.SourceControl, title: "Committing" }, () =>
      this.ask("commit", { message }),
    );
    this.scm.inputBox.value = "";
  }

  private async switch(): Promise<void> {
    const { branches } = await this.ask<{ branches: string[] }>("branches");
    const create = { label: "$(add) New branch…", branch: undefined };
    const items = branches.map((it) => ({ label: it, description: it === this.branch ? "current" : "", branch: it }));
    const chosen = await this.api.window.showQuickPick([create, ...items], { placeHolder: "Switch to a branch" });
    if (!chosen) return;
    if (chosen.branch) return void (await this.ask("switch", { branch: chosen.branch }));
    const branch = await this.api.window.showInputBox({ prompt: "Name of the new branch" });
    if (branch) await this.ask("switch", { branch, create: true });
  }

  private ask<T>(what: string, params: object = {}): Promise<T> {
    const isQuestion = ["status", "show", "branches"].includes(what);
    return this.engine.ask<T>(`_kiro/host/git/${what}`, params, isQuestion);
  }
}
