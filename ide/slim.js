// What of Code OSS the page does not take along: parts that nothing in Kiro opens, or that it has twice. Each of them is named
// here, and the build fails where one of them is no longer found, so that a newer Code OSS is looked at again.

const SOUNDS = "/accessibilitySignal/browser/media/all.mp3.js";
/** Sounds that say what no spoken announcement says, or how something ended. */
const KEPT_SOUNDS = ["diffLineDeleted", "diffLineInserted", "diffLineModified", "error", "foldedAreas", "success", "terminalBell", "warning"];
/** What is heard instead of one that is left out: the announcement beside it says which it was. */
const SOUND_INSTEAD = { break: "warning", taskFailed: "error" };

/** Tables of pictures for the tours of Code OSS's own product; Kiro's tour brings its own. */
const PICTURES = /\/welcomeGettingStarted\/common\/media\/all\.(svg|png)\.js$/;
const TOURS = "/welcomeGettingStarted/common/gettingStartedContent.js";
/** A first page for Code OSS's own agents, which nothing opens: it alone brings their whole chat, and formulas. */
const AGENTS = "/welcomeAgentSessions/browser/agentSessionsWelcome.js";

/** Of extensions: what is cut out of their manifests, and which of their files go. */
const EXTENSIONS = {
  // An experimental editor for formatted text, with the fonts of formulas three times, and a renderer for notebooks.
  "markdown-language-features": {
    cuts: [/notebookRenderer:\[\{.*?\}\],/, /,\{viewType:"vscode\.markdown\.editor".*?\]\}(?=\])/],
    files: /^(markdown-editor-out|markdown-editor-src|notebook-out)\//,
  },
  // The names of every function of two systems, to colour them: as large as all other grammars of C together.
  cpp: { cuts: [/\{scopeName:"source\.c\.platform".*?\},/], files: /platform\.tmLanguage\.json$/ },
};

/** Cuts what is found out of a text, and fails where it is not. */
function cut(text, what, id) {
  const rest = text.replace(what, "");
  if (rest === text) throw new Error(`${id} has changed: see whether ${what} is still to be left out`);
  return rest;
}

function withoutParts(code, id, { cuts, files }) {
  const rest = cuts.reduce((text, it) => cut(text, it, id), code);
  const lines = rest.split("\n");
  const kept = lines.filter((it) => !files.test(/^registerFileUrl\('([^']*)'/.exec(it)?.[1] ?? ""));
  if (kept.length === lines.length) throw new Error(`${id} has changed: it has no file ${files}`);
  return kept.join("\n");
}

function withFewerSounds(code, id) {
  for (const it of KEPT_SOUNDS) if (!code.includes(`'./${it}.mp3'`)) throw new Error(`${id} has changed: it has no sound ${it}`);
  return code.replace(/'\.\/(\w+)\.mp3'/g, (whole, name) => (KEPT_SOUNDS.includes(name) ? whole : `'./${SOUND_INSTEAD[name] ?? "success"}.mp3'`));
}

/** Leaves all of that out of the page. */
export const slim = {
  name: "slim",
  enforce: "pre",
  transform(code, id) {
    if (id.endsWith(SOUNDS)) return withFewerSounds(code, id);
    if (PICTURES.test(id)) return "export default {};";
    if (id.endsWith(AGENTS)) return `export const AgentSessionsWelcomePage = { ${/COMMAND_ID = ".*?"/.exec(code)[0].replace(" =", ":")} };`;
    if (id.endsWith(TOURS)) return cut(code, /(?<=\nconst walkthroughs = \[)\{.*\}(?=\];\n)/s, id);
    const [, extension] = /\/monaco-vscode-([\w-]+)-default-extension\/index\.js$/.exec(id) ?? [];
    const less = EXTENSIONS[extension];
    return less && withoutParts(code, id, less);
  },
};

/** In workers, tables of old encodings: texts come to them as they are in the page, which has these. */
const ENCODINGS = /^(@vscode\/iconv-lite-umd|jschardet)$/;

export const slimWorkers = {
  name: "slim-workers",
  enforce: "pre",
  resolveId: (source) => (ENCODINGS.test(source) ? "\0no-encodings" : undefined),
  load: (id) => (id === "\0no-encodings" ? "export default {};" : undefined),
};
