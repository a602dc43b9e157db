// Makes a `.vsix` of the built extension: a ZIP file with the editor's two manifests. The same files make the same bytes.
//
//     node pack.mjs FILE [--target TARGET] [--engine KIRO]
//
// TARGET is `web` (the browser's entry alone) or an editor's name for a system, such as `linux-x64`, for which KIRO is the
// program that comes along. Without a target it runs on every system whose PATH has `kiro`.

import { promises as fs } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import zlib from "node:zlib";

const options = { target: { type: "string" }, engine: { type: "string" } };
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const [output] = positionals;
if (!output) throw new Error("usage: node pack.mjs FILE [--target TARGET] [--engine KIRO]");
const isWeb = values.target === "web";
const here = import.meta.dirname;

const PROGRAM = 0o100755;
const PLAIN = 0o100644;
/** The first moment that ZIP knows. */
const DATE = (1 << 5) | 1;

function manifest(whole) {
  const { private: _, scripts: __, devDependencies: ___, ...it } = whole;
  if (isWeb) delete it.main;
  else delete it.browser;
  return it;
}

const escaped = (text) => text.replace(/[<>&"]/g, (it) => `&#${it.charCodeAt(0)};`);

function description(it) {
  const target = values.target ? ` TargetPlatform="${values.target}"` : "";
  const property = (name, value) => `      <Property Id="Microsoft.VisualStudio.Code.${name}" Value="${value}"/>\n`;
  const asset = (type, file) => `    <Asset Type="Microsoft.VisualStudio.${type}" Path="extension/${file}" Addressable="true"/>\n`;
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011" xmlns:d="http://schemas.microsoft.com/developer/vsx-schema-design/2011">
  <Metadata>
    <Identity Language="en-US" Id="${it.name}" Version="${it.version}" Publisher="${it.publisher}"${target}/>
    <DisplayName>${escaped(it.displayName)}</DisplayName>
    <Description xml:space="preserve">${escaped(it.description)}</Description>
    <Tags></Tags>
    <Categories>${escaped(it.categories.join(","))}</Categories>
    <GalleryFlags>Public</GalleryFlags>
    <Properties>
${property("Engine", it.engines.vscode)}${property("ExtensionKind", isWeb ? "web" : "workspace")}    </Properties>
    <License>extension/LICENSE-MIT.txt</License>
    <Icon>extension/${it.icon}</Icon>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
${asset("Code.Manifest", "package.json")}${asset("Services.Content.Details", "README.md")}${asset("Services.Content.License", "LICENSE-MIT.txt")}${asset("Services.Icons.Default", it.icon)}  </Assets>
</PackageManifest>
`;
}

function types(files) {
  const kinds = { json: "application/json", vsixmanifest: "text/xml", js: "application/javascript", md: "text/markdown", txt: "text/plain", css: "text/css", svg: "image/svg+xml", png: "image/png" };
  const found = new Set(files.map((it) => path.extname(it.name).slice(1)).filter(Boolean));
  const defaults = [...found].sort().map((it) => `<Default Extension=".${it}" ContentType="${kinds[it] ?? "application/octet-stream"}"/>`);
  return `<?xml version="1.0" encoding="utf-8"?>\n<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${defaults.join("")}</Types>\n`;
}

async function contents() {
  const read = (...parts) => fs.readFile(path.join(here, ...parts));
  const it = manifest(JSON.parse(await read("package.json")));
  const add = async (name, file, mode = PLAIN) => ({ name: `extension/${name}`, bytes: await fs.readFile(file), mode });
  const media = await fs.readdir(path.join(here, "media"), { recursive: true, withFileTypes: true });
  const files = [
    { name: "extension.vsixmanifest", bytes: Buffer.from(description(it)), mode: PLAIN },
    { name: "extension/package.json", bytes: Buffer.from(`${JSON.stringify(it, null, 2)}\n`), mode: PLAIN },
    await add("README.md", path.join(here, "README.md")),
    await add("LICENSE-MIT.txt", path.join(here, "../../LICENSE-MIT")),
    await add("LICENSE-APACHE.txt", path.join(here, "../../LICENSE-APACHE")),
    await add("NOTICES.txt", path.join(here, "dist/NOTICES.txt")),
    await add(isWeb ? "dist/browser.js" : "dist/node.js", path.join(here, isWeb ? "dist/browser.js" : "dist/node.js")),
  ];
  for (const found of media.filter((it) => it.isFile())) {
    const file = path.join(found.parentPath, found.name);
    files.push(await add(path.relative(here, file).split(path.sep).join("/"), file));
  }
  if (values.engine) {
    const name = values.target?.startsWith("win32") ? "kiro.exe" : "kiro";
    files.push(await add(`bin/${name}`, values.engine, PROGRAM));
  }
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  return [{ name: "[Content_Types].xml", bytes: Buffer.from(types(files)), mode: PLAIN }, ...files];
}

/** A field of a ZIP file's heads: a number in so many bytes. */
const field = (size, value) => {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntLE(value, 0, size);
  return bytes;
};

function zip(files) {
  const bodies = [];
  const heads = [];
  let at = 0;
  for (const { name, bytes, mode } of files) {
    const label = Buffer.from(name);
    const small = zlib.deflateRawSync(bytes, { level: 9 });
    // Version 2.0, names in UTF-8, deflated.
    const facts = [field(2, 20), field(2, 0x800), field(2, 8), field(2, 0), field(2, DATE), field(4, zlib.crc32(bytes)), field(4, small.length), field(4, bytes.length), field(2, label.length), field(2, 0)];
    const local = Buffer.concat([field(4, 0x04034b50), ...facts, label, small]);
    // Made on Unix, so that a program stays one.
    heads.push(Buffer.concat([field(4, 0x02014b50), field(2, 0x0314), ...facts, field(2, 0), field(2, 0), field(2, 0), field(4, mode * 0x10000), field(4, at), label]));
    bodies.push(local);
    at += local.length;
  }
  const list = Buffer.concat(heads);
  const end = [field(4, 0x06054b50), field(2, 0), field(2, 0), field(2, files.length), field(2, files.length), field(4, list.length), field(4, at), field(2, 0)];
  return Buffer.concat([...bodies, list, ...end]);
}

const made = zip(await contents());
await fs.mkdir(path.dirname(path.resolve(output)), { recursive: true });
await fs.writeFile(output, made);
console.log(`${path.basename(output)}: ${(made.length / 1e6).toFixed(2)} MB`);
