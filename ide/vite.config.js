// The page is built into `target/ide`: outside of the sources, like everything built.
import { defineConfig } from "vite";

/** Code OSS takes its style sheets as text and puts them where its windows are. */
const styleSheetsAsText = {
  name: "style-sheets-as-text",
  enforce: "pre",
  async resolveId(source, importer, options) {
    if (!source.endsWith(".css")) return undefined;
    const resolved = await this.resolve(source, importer, options);
    const ofTheWorkbench = /node_modules\/(@codingame\/monaco-vscode|vscode).*\.css$/;
    return resolved && ofTheWorkbench.test(resolved.id) ? { ...resolved, id: `${resolved.id}?inline` } : undefined;
  },
};

/** Code OSS compares a file with its revision once more after it was closed, and fails at that. */
const closedFilesAreNotCompared = {
  name: "closed-files-are-not-compared",
  transform(code, id) {
    if (!id.endsWith("/quickDiffModel.js")) return undefined;
    const before = "const result = await this.diff();";
    if (!code.includes(before)) throw new Error(`${id} has changed: see whether this is still needed`);
    return code.replace(before, `if (this._model.isDisposed()) return;\n${before}`);
  },
};

export default defineConfig({
  build: {
    target: "esnext",
    outDir: "../target/ide/page",
    emptyOutDir: true,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 20_000,
    // The webview's service worker and frames are files of their own, never text inside another.
    assetsInlineLimit: 0,
  },
  esbuild: { minifySyntax: false },
  worker: { format: "es" },
  plugins: [styleSheetsAsText, closedFilesAreNotCompared],
  resolve: { dedupe: ["vscode"] },
});
