// Faults of Code OSS that a person would meet in Kiro's page, and words that are not Kiro's, mended where its files are read. The
// build fails where one of them reads otherwise than it did, so that it is seen whether the fault is still there.

const MENDS = [
  {
    // A file is compared with its revision once more after it was closed, and that fails.
    file: "/quickDiffModel.js",
    before: "const result = await this.diff();",
    after: "if (this._model.isDisposed()) return;\nconst result = await this.diff();",
  },
  {
    // What the worker found out of a text was put to it after a wait, before which the text's changes had been counted. Whoever
    // typed meanwhile got states of other lines, or of none, and errors instead of colours.
    file: "/textMateWorkerTokenizerController.js",
    before: /await import\('@codingame\/monaco-vscode-api\/_virtual\/main'\)\.then\(function \(n\) \{ return n\.main; \}\)/,
    after: "textMate",
    begin: "import { main as textMate } from '@codingame/monaco-vscode-api/_virtual/main';\n",
  },
  {
    // The tours of extensions, and so Kiro's own, were taken out of the package.
    file: "/welcomeGettingStarted/browser/gettingStartedService.js",
    before: /(?<=walkthroughsExtensionPoint\.setHandler\(\(\s*_,\s*\{\s*added,\s*removed\s*\}\s*\) => \{)(?=\s*\}\);)/,
    after: `
      for (const it of added) this.registerExtensionWalkthroughContributions(it.description);
      for (const it of removed) this.unregisterExtensionWalkthroughContributions(it.description);`,
  },
  {
    // What Code OSS says of itself.
    file: "/welcomeGettingStarted/browser/gettingStarted.js",
    before: '"Editing evolved"',
    after: '"From a page of text to proven code"',
  },
];

export const mended = {
  name: "mended",
  transform(code, id) {
    const mend = MENDS.find((it) => id.endsWith(it.file));
    if (!mend) return undefined;
    const better = code.replace(mend.before, mend.after);
    if (better === code) throw new Error(`${id} has changed: see whether this is still needed`);
    return (mend.begin ?? "") + better;
  },
};
