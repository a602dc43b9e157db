// Suggestions while somebody types, by the engine's built-in model. They are off until the setting `kiro.inline.enabled` is on.

import * as vscode from "vscode";
import type { Engine } from "./engine.ts";

/** As much text around the cursor as the engine reads. */
const BEFORE = 1500;
const AFTER = 500;

/** Asks for what belongs at the cursor, when nothing was typed for a while. */
export class InlineSuggestions implements vscode.InlineCompletionItemProvider {
  constructor(
    private readonly engine: Engine,
    private readonly folder: vscode.Uri,
    context: vscode.ExtensionContext,
  ) {
    context.subscriptions.push(vscode.languages.registerInlineCompletionItemProvider({ scheme: folder.scheme }, this));
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    _: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[]> {
    const settings = vscode.workspace.getConfiguration("kiro", document);
    if (!settings.get<boolean>("inline.enabled") || !this.engine.isOpen) return [];
    const path = vscode.workspace.asRelativePath(document.uri, false);
    if (!document.uri.path.startsWith(`${this.folder.path}/`)) return [];
    await new Promise((resolve) => setTimeout(resolve, settings.get<number>("inline.delay") ?? 400));
    if (token.isCancellationRequested) return [];
    const at = document.offsetAt(position);
    const text = document.getText();
    const before = text.slice(Math.max(0, at - BEFORE), at);
    const after = text.slice(at, at + AFTER);
    try {
      const params = { root: this.folder.fsPath, path, before, after };
      const said = await this.engine.ask<{ text: string }>("_kiro/complete", params);
      if (token.isCancellationRequested || !said.text) return [];
      return [new vscode.InlineCompletionItem(said.text, new vscode.Range(position, position))];
    } catch {
      // A question that was followed by another, a file that models are not shown, no model: there is no suggestion.
      return [];
    }
  }
}
