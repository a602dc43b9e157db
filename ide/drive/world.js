// A project in git that a drive works on, and a model that knows what it will be asked.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const EXAMPLES = path.resolve(import.meta.dirname, "../../examples");
export const world = fs.mkdtempSync(path.join(os.tmpdir(), "kiro-ide-"));
export const project = path.join(world, "numbers");

/** The spec that a person writes in the drive. */
export const SPEC = `# Numbers

## Functional Requirements

### FR-1: Doubling

\`double(n: int) -> int\` in \`numbers_kit/double.py\`.

- Twice the number
  - \`double(2)\` → \`4\`
  - \`double(-3)\` → \`-6\`

### FR-2: Halving

\`halve(n: int) -> int\` in \`numbers_kit/halve.py\`.

- Half of the number, rounded down
  - \`halve(9)\` → \`4\`

### FR-3: Negating

\`negate(n: int) -> int\` in \`numbers_kit/negate.py\`.

- The number with the other sign
  - \`negate(7)\` → \`-7\`

### FR-4: Squaring

\`square(n: int) -> int\` in \`numbers_kit/square.py\`.

- The number times itself
  - \`square(-4)\` → \`16\`

## Success Criteria

- All tests pass
- Every example in this document holds
`;
/** One that has two tasks which need nothing of each other. */
const LETTERS = `# Letters

## Functional Requirements

### FR-1: Loud

\`loud(text: str) -> str\` in \`letters/loud.py\`.

- In capitals: \`loud("a")\` → \`"A"\`

### FR-2: Quiet

\`quiet(text: str) -> str\` in \`letters/quiet.py\`.

- In small letters: \`quiet("A")\` → \`"a"\`

## Success Criteria

- Every example in this document holds
`;
const HOOK = `name: "Notes"
trigger:
  event: "file.save"
  filter: ["*.md"]
action:
  type: "command"
  command: "cat {file_path}"
`;
/** A text with two places far from each other, so that its change has two hunks. */
export const negate = (first, last) => `# ${first}\n${"#\n".repeat(12)}# ${last}\n`;
const FUNCTION = "\n\ndef negate(n):\n    return -n\n";

function write(name, text) {
  const place = path.join(world, name);
  fs.mkdirSync(path.dirname(place), { recursive: true });
  fs.writeFileSync(place, text);
}

/** What stands in a file of the project; nothing where there is none. */
export function file(name) {
  const place = path.join(project, name);
  return fs.existsSync(place) ? fs.readFileSync(place, "utf8") : "";
}

export function git(...words) {
  const author = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
  return execFileSync("git", [...author, ...words], { cwd: project, encoding: "utf8" }).trim();
}

function script() {
  const call = (name, more) => ({ name, arguments: more });
  const writes = (place, content) => call("write", { path: place, content });
  const reads = (place) => call("read", { path: place });
  const ofTask = (place, name, ...calls) => ({ when: `Task ${place} of the plan: Implement \`${name}\``, calls });
  const done = (when) => ({ when, reply: "It is done." });
  const loud = "def loud(text):\n    return text.upper()\n";
  const quiet = "def quiet(text):\n    return text.lower()\n";
  return [
    { profile: { strategy: "tools" } },
    { when: "What is here", reply: ["Four ", "functions: `double`, ", "`halve`, `negate` and ", "`square`."], delay_ms: 30 },
    { when: "add the number to itself", calls: [reads("numbers_kit/double.py")] },
    { when: "return n * 2", calls: [call("edit", { path: "numbers_kit/double.py", old: "n * 2", new: "n + n" })] },
    ofTask(1, "double", writes("numbers_kit/double.py", "def double(n):\n    return n * 2\n")),
    ofTask(2, "halve", writes("numbers_kit/halve.py", "def halve(n):\n    return n // 2\n")),
    ofTask(3, "negate", reads("numbers_kit/negate.py")),
    { ...ofTask(4, "square", writes("numbers_kit/square.py", "def square(n):\n    return n * n\n")), delay_ms: 400 },
    { ...ofTask(1, "loud", writes("letters/loud.py", loud)), delay_ms: 6000 },
    { ...ofTask(2, "quiet", writes("letters/quiet.py", quiet)), delay_ms: 6000 },
    { when: "# first", calls: [writes("numbers_kit/negate.py", negate("changed", "changed too") + FUNCTION), writes("numbers_kit/helper.py", "X = 1\n")] },
    ...Array.from({ length: 12 }, () => done("")),
  ];
}

/** Lays the project out. */
export function lay() {
  fs.mkdirSync(project, { recursive: true });
  fs.cpSync(path.join(EXAMPLES, "text-toolkit/specs"), path.join(project, "specs"), { recursive: true });
  write("numbers/specs/letters.md", LETTERS);
  write("numbers/README.md", "# Numbers\n\nA needle in a haystack.\n");
  write("numbers/numbers_kit/negate.py", negate("first", "last"));
  write("numbers/.kiro/hooks/notes.yaml", HOOK);
  write("model.jsonl", `${script().map((it) => JSON.stringify(it)).join("\n")}\n`);
  git("init", "-q", "-b", "main");
  git("add", ".");
  git("commit", "-q", "-m", "Begin");
}

/** What a program of the drive is started with. */
export function environment() {
  const { PATH, LANG } = process.env;
  const author = { GIT_AUTHOR_NAME: "A", GIT_AUTHOR_EMAIL: "a@example.org", GIT_COMMITTER_NAME: "A", GIT_COMMITTER_EMAIL: "a@example.org" };
  return { PATH, LANG, HOME: world, SHELL: "/bin/sh", KIRO_MODEL: `scripted/${world}/model.jsonl`, ...author };
}
