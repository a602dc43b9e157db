// What the extension is where there is no engine: it says why, and does not leave a command or a view without an answer.

import * as vscode from "vscode";

/** Why there is no engine: its program was not found, or the editor runs in a browser alone, which has no programs. */
export type Absence = "program" | "machine";

/** Says so in the views, and by `tell` to whoever calls a command. */
export function absent(context: vscode.ExtensionContext, why: Absence, tell: () => unknown): void {
  void vscode.commands.executeCommand("setContext", "kiro.absent", why);
  const { commands } = (context.extension.packageJSON as { contributes: { commands: { command: string }[] } }).contributes;
  context.subscriptions.push(...commands.map((it) => vscode.commands.registerCommand(it.command, tell)));
}
