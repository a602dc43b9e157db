// The page is built into `target/ide`: outside of the sources, like everything built.
import { defineConfig } from "vite";
import { mended } from "./mended.js";
import { slim, slimWorkers } from "./slim.js";

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
  worker: { format: "es", plugins: () => [slimWorkers] },
  plugins: [slim, styleSheetsAsText, mended],
  resolve: { dedupe: ["vscode"] },
});
