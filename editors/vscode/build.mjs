// Builds both entries of the extension into `dist/`: one for Node, one for the page of `kiro ide`; and beside them what the
// licences of the packages inside want to be told.

import { promises as fs } from "node:fs";
import { build } from "esbuild";

const shared = { bundle: true, external: ["vscode"], format: "cjs", target: "es2022", minify: true, logLevel: "warning", metafile: true };
const built = [
  await build({ ...shared, entryPoints: ["src/node.ts"], outfile: "dist/node.js", platform: "node" }),
  await build({ ...shared, entryPoints: ["src/browser.ts"], outfile: "dist/browser.js", platform: "browser" }),
];

const inputs = built.flatMap((it) => Object.keys(it.metafile.inputs));
const packages = new Set(inputs.flatMap((it) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(it)?.[1] ?? []));
const notices = await Promise.all([...packages].sort().map(notice));
await fs.writeFile("dist/NOTICES.txt", `This extension holds the following packages.\n\n${notices.join("\n\n")}`);

async function notice(name) {
  const folder = `node_modules/${name}`;
  const { version, license } = JSON.parse(await fs.readFile(`${folder}/package.json`, "utf8"));
  const files = (await fs.readdir(folder)).filter((it) => /^licen[cs]e/i.test(it));
  if (files.length === 0) throw new Error(`${name} has no text of its licence`);
  const texts = await Promise.all(files.map((it) => fs.readFile(`${folder}/${it}`, "utf8")));
  return `${name} ${version} (${license})\n\n${texts.join("\n").replaceAll("\r", "").trim()}`;
}
