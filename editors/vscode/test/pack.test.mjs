// Packages: the same bytes from the same files, and each with what its editor needs.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import zlib from "node:zlib";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kiro-vsix-"));
process.on("exit", () => fs.rmSync(folder, { recursive: true }));

function packed(name, ...more) {
  const file = path.join(folder, name);
  execFileSync(process.execPath, [path.join(import.meta.dirname, "../pack.mjs"), file, ...more]);
  return fs.readFileSync(file);
}

/** The files of a ZIP file, by its list at the end. */
function files(zip) {
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06"));
  const found = new Map();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const length = zip.readUInt16LE(at + 28);
    const name = zip.toString("utf8", at + 46, at + 46 + length);
    const body = zip.readUInt32LE(at + 42);
    const from = body + 30 + zip.readUInt16LE(body + 26) + zip.readUInt16LE(body + 28);
    const bytes = zlib.inflateRawSync(zip.subarray(from, from + zip.readUInt32LE(at + 20)));
    assert.equal(zlib.crc32(bytes), zip.readUInt32LE(at + 16), name);
    found.set(name, { bytes, mode: zip.readUInt32LE(at + 38) >>> 16 });
    at += 46 + length;
  }
  assert.equal(at, end);
  return found;
}

test("the same files make the same bytes", () => {
  assert.deepEqual(packed("a.vsix"), packed("b.vsix"));
});

test("a package for a system brings its engine as a program", () => {
  const engine = path.join(folder, "engine");
  fs.writeFileSync(engine, "#!/bin/sh\n");
  const found = files(packed("c.vsix", "--target", "linux-x64", "--engine", engine));
  assert.equal(found.get("extension/bin/kiro").mode, 0o100755);
  assert.match(found.get("extension.vsixmanifest").bytes.toString(), /TargetPlatform="linux-x64"/);
  const manifest = JSON.parse(found.get("extension/package.json").bytes);
  assert.ok(found.has(path.posix.join("extension", manifest.main)));
  assert.ok(found.has(`extension/${manifest.icon}`) && found.has("extension/NOTICES.txt"));
});

test("a package for the browser has its entry alone", () => {
  const found = files(packed("d.vsix", "--target", "web"));
  const manifest = JSON.parse(found.get("extension/package.json").bytes);
  assert.equal(manifest.main, undefined);
  assert.ok(found.has(path.posix.join("extension", manifest.browser)) && !found.has("extension/dist/node.js"));
});
