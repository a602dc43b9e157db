// The workbench's workers, by the names that it asks for.

import extensionHost from "@codingame/monaco-vscode-api/workers/extensionHost.worker?worker&url";
import editor from "@codingame/monaco-vscode-api/workers/editor.worker?worker&url";
import output from "@codingame/monaco-vscode-output-service-override/worker?worker&url";
import search from "@codingame/monaco-vscode-search-service-override/worker?worker&url";
import textMate from "@codingame/monaco-vscode-textmate-service-override/worker?worker&url";

const WORKERS: Record<string, string> = {
  editorWorkerService: editor,
  extensionHostWorkerMain: extensionHost,
  LocalFileSearchWorker: search,
  OutputLinkDetectionWorker: output,
  TextMateWorker: textMate,
};

/** Tells the workbench where its workers are. */
export function provideWorkers(): void {
  (window as unknown as { MonacoEnvironment: object }).MonacoEnvironment = {
    getWorkerUrl: (_: string, label: string) => WORKERS[label],
    getWorkerOptions: () => ({ type: "module" }),
  };
}
