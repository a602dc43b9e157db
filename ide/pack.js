// Puts the built page into one file, each of its files compressed once: `KIROPAGE1`, the number of files, a line for each
// (`length encoding path`), then their bytes. `server::ide` reads it.
//
//     node pack.js FOLDER FILE

import { promises as fs } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import zlib from "node:zlib";

const compress = promisify(zlib.brotliCompress);
/** What is compressed already. */
const PACKED = /\.(png|gif|jpe?g|woff2?|mp3|br)$/;
/** Source maps say nothing to who uses the page. */
const LEFT_OUT = /\.map$/;
/** The best there is: a tenth smaller than 9, and a minute of work. */
const QUALITY = 11;

const [folder, target] = process.argv.slice(2);

async function filesBelow(place) {
  const entries = await fs.readdir(place, { withFileTypes: true, recursive: true });
  const files = entries.filter((it) => it.isFile()).map((it) => path.join(it.parentPath, it.name));
  return files.filter((it) => !LEFT_OUT.test(it)).sort();
}

async function packed(file) {
  const plain = await fs.readFile(file);
  const name = path.relative(folder, file).split(path.sep).join("/");
  if (!PACKED.test(file) && plain.length > 256) {
    const params = {
      [zlib.constants.BROTLI_PARAM_QUALITY]: QUALITY,
      [zlib.constants.BROTLI_PARAM_LGWIN]: 24,
      [zlib.constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    };
    const small = await compress(plain, { params });
    if (small.length < plain.length) return { name, encoding: "br", bytes: small, plain: plain.length };
  }
  return { name, encoding: "-", bytes: plain, plain: plain.length };
}

/** What the licences of the packages inside want to be told, each text once. */
async function notices() {
  const { packages } = JSON.parse(await fs.readFile("package-lock.json", "utf8"));
  const names = new Map();
  for (const [place, it] of Object.entries(packages)) {
    if (!place || it.dev || it.link) continue;
    const entries = await fs.readdir(place).catch(() => []);
    const files = entries.filter((name) => /^(licen[cs]e|notice|thirdparty)/i.test(name)).sort();
    const texts = await Promise.all(files.map((name) => fs.readFile(path.join(place, name), "utf8").catch(() => "")));
    const text = texts.join("\n").trim() || `Licence: ${it.license ?? "see the package"}`;
    names.set(text, [...(names.get(text) ?? []), `${place.replace(/^.*node_modules\//, "")} ${it.version}`]);
  }
  return [...names].map(([text, of]) => `${of.join("\n")}\n\n${text}`).join("\n\n----\n\n");
}

await fs.writeFile(path.join(folder, "licences.txt"), `This page is made of Code OSS and the following packages.\n\n${await notices()}\n`);
const files = await Promise.all((await filesBelow(folder)).map(packed));
const heads = files.map((it) => `${it.bytes.length} ${it.encoding} ${it.name}\n`);
const head = Buffer.from(`KIROPAGE1\n${files.length}\n${heads.join("")}`);
await fs.writeFile(target, Buffer.concat([head, ...files.map((it) => it.bytes)]));
const sum = (of) => files.reduce((all, it) => all + of(it), 0);
const mega = (bytes) => (bytes / 1e6).toFixed(1);
console.log(`${files.length} files, ${mega(sum((it) => it.plain))} MB, packed ${mega(sum((it) => it.bytes.length))} MB`);
