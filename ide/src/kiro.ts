// The Kiro extension, as it is built for every editor, in this page. It takes the page's own connection to the engine.

import { ExtensionHostKind, registerExtension } from "@codingame/monaco-vscode-api/extensions";
import { getService, IWalkthroughsService } from "@codingame/monaco-vscode-api/services";
import entry from "../../editors/vscode/dist/browser.js?url";
import manifest from "../../editors/vscode/package.json";
import type { Connection } from "./connection.ts";
import { withdraw } from "./messages.ts";

const ROOT = "../../editors/vscode/";
const media = import.meta.glob<string>("../../editors/vscode/media/**/*", { query: "?url", import: "default", eager: true });

export function provideKiro(engine: Connection): void {
  (globalThis as { kiroEngine?: object }).kiroEngine = Object.assign(Object.create(engine) as Connection, { withdraw });
  const { main: _, ...inPage } = manifest;
  const extension = registerExtension(inPage as never, ExtensionHostKind.LocalProcess, { system: true });
  const place = (url: string) => new URL(url, location.href).href;
  extension.registerFileUrl("dist/browser.js", place(entry), "text/javascript");
  for (const [path, url] of Object.entries(media)) extension.registerFileUrl(path.slice(ROOT.length), place(url));
  // Who first looks for tours would find none: the service that gathers them begins when it is asked for.
  void getService(IWalkthroughsService);
}
