// Opens the workbench on the folder that the engine serves.

import { initialize, LogLevel, type IWorkbenchConstructionOptions } from "@codingame/monaco-vscode-api";
import { registerCustomProvider, createIndexedDBProviders } from "@codingame/monaco-vscode-files-service-override";
import { initUserConfiguration } from "@codingame/monaco-vscode-configuration-service-override";
import { URI } from "@codingame/monaco-vscode-api/vscode/vs/base/common/uri";
import "vscode/localExtensionHost";
import { Connection } from "./connection.ts";
import { Files } from "./files.ts";
import { provideKiro } from "./kiro.ts";
import "./languages.ts";
import { provideHost } from "./host.ts";
import { services } from "./services.ts";
import { SETTINGS } from "./settings.ts";
import { Terminals } from "./terminal.ts";
import { provideWorkers } from "./workers.ts";

/** What the engine says of itself and of the folder that it serves. */
type Hello = { root: string; name: string; home: string; shell: string; version: string };

const opening = document.querySelector<HTMLElement>("#opening")!;

async function open(): Promise<void> {
  const engine = new Connection(`ws://${location.host}`);
  engine.onState((state) => state === "refused" && fail("This page is no longer known to Kiro. Open the address that `kiro ide` prints."));
  await engine.open();
  const hello = await engine.ask<Hello>("_kiro/host/hello");
  provideWorkers();
  await createIndexedDBProviders();
  const files = new Files(engine, hello.root);
  registerCustomProvider("file", files);
  await initUserConfiguration("{}");
  const container = document.createElement("div");
  container.id = "workbench";
  opening.replaceWith(container);
  const host = provideHost(engine, files);
  provideKiro(engine);
  const webviews = `${location.protocol}//{{uuid}}.${location.host}`;
  const terminals = new Terminals(engine, hello.root, hello.shell);
  await initialize(services(terminals, webviews), container, options(hello), { userHome: URI.file(hello.home) });
  await host;
  performance.mark("kiro-ready");
}

function options(hello: Hello): IWorkbenchConstructionOptions {
  return {
    enableWorkspaceTrust: false,
    workspaceProvider: {
      trusted: true,
      workspace: { folderUri: URI.file(hello.root) },
      async open() {
        return window.open(location.href) !== null;
      },
    },
    configurationDefaults: SETTINGS,
    developmentOptions: { logLevel: LogLevel.Warning },
    productConfiguration: {
      nameShort: "Kiro",
      nameLong: "Kiro",
      applicationName: "kiro",
      version: hello.version,
      urlProtocol: "kiro",
    },
  };
}

function fail(why: string): void {
  if (!opening.isConnected) document.body.replaceChildren(opening);
  opening.className = "failed";
  opening.querySelector("p")!.textContent = why;
}

open().catch((error: unknown) => fail(`Kiro could not be opened: ${String((error as Error).message ?? error)}`));
