// The extension in the page of `kiro ide`, which has a connection to the engine already; in any other page there is none.

import * as vscode from "vscode";
import { absent } from "./absent.ts";
import type { Engine } from "./engine.ts";
import { start } from "./ui.ts";
import { transports } from "./socket.ts";

/** Where the page keeps its connection. */
type Page = { kiroEngine?: PageEngine };
type PageEngine = Omit<Engine, "language"> & { converse(path: string): Promise<WebSocket> };

export function activate(context: vscode.ExtensionContext): void {
  const page = (globalThis as Page).kiroEngine;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (!page || !folder) {
    absent(context, "machine", () => vscode.window.showInformationMessage("Kiro's engine is not here: run `kiro ide` in a folder."));
    return;
  }
  const engine = Object.assign(Object.create(page) as PageEngine, { language: async () => transports(await page.converse("language")) });
  start(context, engine, folder);
}
