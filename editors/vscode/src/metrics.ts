// The figures of the project: the page of `kiro metrics --html`, which holds no script.

import * as vscode from "vscode";
import type { Project } from "./project.ts";

export class Metrics {
  private panel?: vscode.WebviewPanel;

  constructor(private readonly project: Project) {}

  async show(): Promise<void> {
    const root = this.project.root.fsPath;
    const { html } = await this.project.engine.ask<{ html: string }>("_kiro/metrics/page", { root });
    if (!this.panel) {
      this.panel = vscode.window.createWebviewPanel("kiro.metrics", "Kiro Metrics", vscode.ViewColumn.Active, {
        enableScripts: false,
        enableFindWidget: true,
        localResourceRoots: [],
      });
      this.panel.onDidDispose(() => (this.panel = undefined));
    }
    this.panel.webview.html = html;
    this.panel.reveal();
  }
}
