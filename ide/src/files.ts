// The opened folder as a file system of the workbench. Paths go to the engine relative to the folder; what lies outside of
// it is not there.

import { Emitter } from "@codingame/monaco-vscode-api/vscode/vs/base/common/event";
import { URI } from "@codingame/monaco-vscode-api/vscode/vs/base/common/uri";
import {
  FileChangeType,
  FileSystemProviderCapabilities,
  FileSystemProviderError,
  FileSystemProviderErrorCode,
  FileType,
  type IFileChange,
  type IFileSystemProviderWithFileReadWriteCapability,
  type IStat,
} from "@codingame/monaco-vscode-files-service-override";
import { fromBase64, toBase64 } from "./bytes.ts";
import { Refused, type Connection } from "./connection.ts";

type Kind = "file" | "folder" | "link" | "special";
type Told = { kind: Kind; size: number; changed_ms: number };
type Changed = { changes: { kind: "created" | "written" | "removed"; path: string }[] };

const TYPES: Record<Kind, FileType> = {
  file: FileType.File,
  folder: FileType.Directory,
  link: FileType.SymbolicLink,
  special: FileType.Unknown,
};
const CHANGES = {
  created: FileChangeType.ADDED,
  written: FileChangeType.UPDATED,
  removed: FileChangeType.DELETED,
};
/** What `data.why` of a refusal means to the workbench. */
const REASONS: Record<string, FileSystemProviderErrorCode> = {
  missing: FileSystemProviderErrorCode.FileNotFound,
  exists: FileSystemProviderErrorCode.FileExists,
  not_a_folder: FileSystemProviderErrorCode.FileNotADirectory,
  is_a_folder: FileSystemProviderErrorCode.FileIsADirectory,
  too_large: FileSystemProviderErrorCode.FileTooLarge,
  refused: FileSystemProviderErrorCode.NoPermissions,
};

/** How much is asked at once: the engine refuses more than it works on. */
const ASKING_MOST = 24;

export class Files implements IFileSystemProviderWithFileReadWriteCapability {
  readonly capabilities = FileSystemProviderCapabilities.FileReadWrite | FileSystemProviderCapabilities.PathCaseSensitive;
  readonly onDidChangeCapabilities = new Emitter<void>().event;
  private readonly changed = new Emitter<readonly IFileChange[]>();
  readonly onDidChangeFile = this.changed.event;
  private asking = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly engine: Connection, private readonly root: string) {
    engine.on("_kiro/host/files/changed", (told: Changed) => {
      this.changed.fire(told.changes.map((it) => ({ type: CHANGES[it.kind], resource: this.uri(it.path) })));
    });
  }

  /** The place of a path below the folder. */
  uri(path: string): URI {
    return URI.file(path === "" ? this.root : `${this.root}/${path}`);
  }

  /** The path below the folder; none for what lies outside. */
  relative(resource: URI): string | undefined {
    const { path } = resource;
    if (path === this.root || path === `${this.root}/`) return "";
    return path.startsWith(`${this.root}/`) ? path.slice(this.root.length + 1) : undefined;
  }

  watch(): { dispose(): void } {
    // The engine watches the whole folder for every window.
    return { dispose() {} };
  }

  async stat(resource: URI): Promise<IStat> {
    const told = await this.ask<Told>("stat", resource);
    return { type: TYPES[told.kind], size: told.size, mtime: told.changed_ms, ctime: told.changed_ms };
  }

  async readdir(resource: URI): Promise<[string, FileType][]> {
    const { entries } = await this.ask<{ entries: { name: string; kind: Kind }[] }>("list", resource);
    return entries.map((it) => [it.name, TYPES[it.kind]]);
  }

  async readFile(resource: URI): Promise<Uint8Array> {
    return fromBase64((await this.ask<{ base64: string }>("read", resource)).base64);
  }

  async writeFile(resource: URI, content: Uint8Array, how: { create: boolean; overwrite: boolean }): Promise<void> {
    await this.ask("write", resource, { base64: toBase64(content), create: how.create, overwrite: how.overwrite });
  }

  async mkdir(resource: URI): Promise<void> {
    await this.ask("make_folder", resource);
  }

  async delete(resource: URI, how: { recursive: boolean }): Promise<void> {
    await this.ask("remove", resource, { recursive: how.recursive });
  }

  async rename(from: URI, to: URI, how: { overwrite: boolean }): Promise<void> {
    const target = this.relative(to);
    if (target === undefined) throw outside(to);
    await this.ask("rename", from, { to: target, overwrite: how.overwrite });
  }

  private async ask<T>(what: string, resource: URI, more: object = {}): Promise<T> {
    const path = this.relative(resource);
    if (path === undefined) throw outside(resource);
    while (this.asking >= ASKING_MOST) await new Promise<void>((next) => this.waiting.push(next));
    this.asking++;
    try {
      return await this.engine.ask<T>(`_kiro/host/files/${what}`, { path, ...more });
    } catch (error) {
      throw error instanceof Refused ? translated(error) : error;
    } finally {
      this.asking--;
      this.waiting.shift()?.();
    }
  }
}

function translated(error: Refused): Error {
  const why = (error.data as { why?: string } | undefined)?.why ?? "";
  return FileSystemProviderError.create(error.message, REASONS[why] ?? FileSystemProviderErrorCode.Unknown);
}

function outside(resource: URI): Error {
  const why = `${resource.path} lies outside of the opened folder`;
  return FileSystemProviderError.create(why, FileSystemProviderErrorCode.FileNotFound);
}
