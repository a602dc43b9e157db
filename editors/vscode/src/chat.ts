// The chat: a session of the Agent Client Protocol, shown in a view. What the engine says streams in; what it does is shown as
// it is done; what it asks is answered in the chat or in the diff editor.

import * as vscode from "vscode";
import type { Ask, Engine } from "./engine.ts";
import type { Project } from "./project.ts";

type Block = { type: string; text?: string };
/** A picture of a paste or a drop, in base64. */
type Picture = { mimeType: string; data: string; name: string };
type Update = {
  sessionUpdate: string;
  content?: Block | { type: string; content?: Block; path?: string }[];
  toolCallId?: string;
  title?: string;
  status?: string;
  kind?: string;
  availableCommands?: { name: string; description: string; input?: { hint: string } | null }[];
};
/** What the view says. */
type Said =
  | { type: "ready" }
  | { type: "prompt"; text: string; pictures: Picture[] }
  | { type: "stop" }
  | { type: "mode" }
  | { type: "answer"; ask: string; answer: object }
  | { type: "review"; ask: string };

export class Chat implements vscode.WebviewViewProvider {
  private view?: vscode.WebviewView;
  private session?: string;
  private isBusy = false;
  /** What was shown, for a view that is opened again. */
  private shown: object[] = [];

  constructor(
    private readonly engine: Engine,
    private readonly project: Project,
    private readonly context: vscode.ExtensionContext,
  ) {
    engine.on("session/update", (it: { sessionId: string; update: Update }) => {
      if (it.sessionId === this.session) this.update(it.update);
    });
    // Whatever waits is answered by `_kiro/asks/answer`, in the diff editor too, which ends this question.
    engine.answer("session/request_permission", () => new Promise(() => undefined));
    engine.onState((state) => state === "lost" && this.lost());
    context.subscriptions.push(
      project.onAsk((ask) => this.asked(ask)),
      project.onDidChange(() => this.tellState()),
      vscode.window.registerWebviewViewProvider("kiro.chat", this, { webviewOptions: { retainContextWhenHidden: true } }),
      vscode.commands.registerCommand("kiro.focusChat", () => vscode.commands.executeCommand("kiro.chat.focus")),
      vscode.commands.registerCommand("kiro.newChat", () => this.restart()),
    );
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    const media = vscode.Uri.joinPath(this.context.extensionUri, "media");
    view.webview.options = { enableScripts: true, localResourceRoots: [media] };
    view.webview.html = page(view.webview, media);
    view.webview.onDidReceiveMessage((said: Said) => void this.said(said));
    view.onDidDispose(() => (this.view = undefined));
  }

  private async said(said: Said): Promise<void> {
    switch (said.type) {
      case "ready":
        for (const it of this.shown) void this.view?.webview.postMessage(it);
        return this.tellState();
      case "prompt":
        return this.prompt(said.text, said.pictures);
      case "stop":
        return this.engine.tell("session/cancel", { sessionId: this.session });
      case "mode":
        return void vscode.commands.executeCommand("kiro.switchMode");
      case "review":
        return this.review(said.ask);
      case "answer":
        await this.engine.ask("_kiro/asks/answer", { ask: said.ask, ...said.answer }, false).catch((error: Error) => this.show({ type: "error", text: error.message }));
    }
  }

  private async prompt(text: string, pictures: Picture[]): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    this.show({ type: "user", text, pictures });
    this.tellState();
    try {
      const sessionId = (this.session ??= await this.open());
      await this.engine.ask("session/set_mode", { sessionId, modeId: this.project.mode });
      const images = pictures.map(({ mimeType, data }) => ({ type: "image", mimeType, data }));
      const prompt = [...(text ? [{ type: "text", text }] : []), ...images];
      const { stopReason } = await this.engine.ask<{ stopReason: string }>("session/prompt", { sessionId, prompt }, false);
      if (stopReason === "cancelled") this.show({ type: "note", text: "Stopped." });
    } catch (error) {
      const hint = (error as { data?: { hint?: string } }).data?.hint;
      this.show({ type: "error", text: [(error as Error).message, hint].filter(Boolean).join("\n") });
    } finally {
      this.isBusy = false;
      this.show({ type: "turn_ended" });
      this.tellState();
    }
  }

  private async open(): Promise<string> {
    const clientInfo = { name: "kiro-vscode", title: "Kiro for Code", version: "0.1.0" };
    await this.engine.ask("initialize", { protocolVersion: 1, clientCapabilities: {}, clientInfo });
    const asked = { cwd: this.project.folder.fsPath, mcpServers: [] };
    const { sessionId } = await this.engine.ask<{ sessionId: string }>("session/new", asked);
    const configId = "model";
    const value = this.project.model;
    if (value) await this.engine.ask("session/set_config_option", { sessionId, configId, value });
    return sessionId;
  }

  private update(it: Update): void {
    const block = Array.isArray(it.content) ? undefined : it.content;
    switch (it.sessionUpdate) {
      case "agent_message_chunk":
        return this.show({ type: "agent", text: block?.text ?? "" });
      case "agent_thought_chunk":
        return this.show({ type: "thought", text: block?.text ?? "" });
      case "tool_call":
      case "tool_call_update": {
        const parts = Array.isArray(it.content) ? it.content : [];
        const text = parts.map((part) => part.content?.text ?? part.path ?? "").join("\n");
        return this.show({ type: "tool", id: it.toolCallId, title: it.title, status: it.status, kind: it.kind, text });
      }
      case "available_commands_update":
        return this.show({ type: "commands", commands: it.availableCommands ?? [] });
    }
  }

  private asked(ask: Ask): void {
    // A review has the diff editor; questions and wishes are answered where they were asked.
    if (this.isBusy || ask.kind !== "review") this.show({ type: "ask", ask });
  }

  private async review(id: string): Promise<void> {
    const ask = this.project.asks.find((it) => it.ask === id);
    if (ask) await vscode.commands.executeCommand("kiro.review.open", { kind: "ask", ask });
  }

  private lost(): void {
    if (this.session && this.isBusy) this.show({ type: "error", text: "The engine went away. What was recorded is kept; ask again." });
    this.session = undefined;
  }

  private async restart(): Promise<void> {
    if (this.session) this.engine.tell("session/cancel", { sessionId: this.session });
    this.session = undefined;
    this.shown = [];
    void this.view?.webview.postMessage({ type: "clear" });
    await vscode.commands.executeCommand("kiro.chat.focus");
  }

  private tellState(): void {
    const { mode, model, status } = this.project;
    const open = this.project.asks.map((it) => it.ask);
    const state = { type: "state", mode, model: model ?? status?.model ?? status?.no_model ?? "", busy: this.isBusy, open };
    void this.view?.webview.postMessage(state);
  }

  private show(it: object): void {
    this.shown.push(it);
    void this.view?.webview.postMessage(it);
  }
}

function page(webview: vscode.Webview, media: vscode.Uri): string {
  const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(media, name));
  const policy = `default-src 'none'; img-src data:; style-src ${webview.cspSource}; script-src ${webview.cspSource}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="${file("chat.css")}">
<title>Kiro Chat</title>
</head>
<body>
<div id="log" role="log" aria-label="Conversation" aria-live="polite" tabindex="0"></div>
<form id="form">
  <div id="pictures" role="group" aria-label="Pictures of the next request" hidden></div>
  <ul id="suggestions" role="listbox" aria-label="Commands" hidden></ul>
  <textarea id="prompt" rows="3" aria-label="Ask Kiro" placeholder="Ask Kiro to change something, type / for commands, or paste a picture"></textarea>
  <div id="bar">
    <button type="button" id="mode" title="How far Kiro goes by itself"></button>
    <span id="model" title="The model"></span>
    <button type="submit" id="send">Send</button>
  </div>
</form>
<script src="${file("chat.js")}"></script>
</body>
</html>`;
}
