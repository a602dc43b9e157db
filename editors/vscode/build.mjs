// Builds both entries of the extension into `dist/`: one for Node, one for the page of `kiro ide`.

import { build } from "esbuild";

const shared = { bundle: true, external: ["vscode"], format: "cjs", target: "es2022", minify: true, logLevel: "warning" };
await build({ ...shared, entryPoints: ["src/node.ts"], outfile: "dist/node.js", platform: "node" });
await build({ ...shared, entryPoints: ["src/browser.ts"], outfile: "dist/browser.js", platform: "browser" });
