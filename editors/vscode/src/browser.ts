// The extension in the page of `kiro ide`, which has a connection to the engine already.

import * as vscode from "vscode";
import type { Engine } from "./engine.ts";
import { start } from "./ui.ts";

/** Where the page keeps its connection. */
type Page = { kiroEngine?: Engine };

export function activate(context: vscode.ExtensionContext): void {
  const engine = (globalThis as Page).kiroEngine;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (!engine || !folder) {
    void vscode.window.showInformationMessage("Kiro's engine runs on a machine of yours: open this folder with `kiro ide`.");
    return;
  }
  start(context, engine, folder);
}
