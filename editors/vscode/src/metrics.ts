// The figures of the project: the page of `kiro metrics --html`, which holds no script.

import * as vscode from "vscode";
import type { Project } from "./project.ts";

/** The editor's colours in place of the page's own. */
const STYLE = `<style>:root {
  --back: var(--vscode-editor-background); --card: var(--vscode-sideBar-background); --text: var(--vscode-foreground);
  --soft: var(--vscode-descriptionForeground); --line: var(--vscode-widget-border, var(--vscode-panel-border));
  --a: var(--vscode-charts-blue); --c: var(--vscode-charts-yellow); --good: var(--vscode-charts-green); --bad: var(--vscode-charts-orange);
} body { font-family: var(--vscode-font-family); padding: 0; }</style>`;

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
    this.panel.webview.html = html.replace("</head>", `${STYLE}</head>`);
    this.panel.reveal();
  }
}
