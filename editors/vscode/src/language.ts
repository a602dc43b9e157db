// What `kiro lsp` says of documents while they are written: remarks with their fixes, lenses, hover, definitions, completion.

import * as vscode from "vscode";
import { BaseLanguageClient, CloseAction, ErrorAction, type MessageTransports } from "vscode-languageclient/lib/common/api";
import type { Engine } from "./engine.ts";

/** The languages of specs, hooks and configuration, and those of code that Kiro writes. */
const LANGUAGES = ["markdown", "yaml", "json", "python", "javascript", "javascriptreact", "typescript", "typescriptreact", "rust"];
const ICONS: Record<string, string> = { "kiro.plan": "list-tree", "kiro.run": "play", "kiro.why": "beaker", "kiro.trace": "checklist" };
/** How long a language server that ended at once is left alone. */
const PAUSE_MS = 1000;

/** A client that is connected again whenever its server went away. */
class Client extends BaseLanguageClient {
  private next = 0;

  constructor(private readonly engine: Engine, folder: vscode.Uri) {
    super("kiro", "Kiro Language", {
      documentSelector: LANGUAGES.map((language) => ({ language, scheme: folder.scheme })),
      diagnosticCollectionName: "kiro",
      // What a lens does is done here, with the panels.
      initializationOptions: { commands: false },
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, "{specs,plans,.kiro}/**")) },
      middleware: {
        async provideCodeLenses(document, token, next) {
          const lenses = (await next(document, token)) ?? [];
          for (const { command } of lenses) if (command) command.title = `$(${ICONS[command.command] ?? "info"}) ${command.title}`;
          return lenses;
        },
      },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => ({ action: CloseAction.Restart, handled: true }),
      },
    });
  }

  protected async createMessageTransports(): Promise<MessageTransports> {
    const pause = this.next - Date.now();
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    this.next = Date.now() + PAUSE_MS;
    return this.engine.language();
  }
}

export function startLanguage(engine: Engine, folder: vscode.Uri, context: vscode.ExtensionContext): void {
  const client = new Client(engine, folder);
  context.subscriptions.push({ dispose: () => void client.stop().catch(() => undefined) });
  void client.start().catch((error: Error) => vscode.window.showErrorMessage(`Kiro's language server does not start: ${error.message}`));
}
