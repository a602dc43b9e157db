// Search and quick open, answered by the engine.

import type * as vscode from "vscode";
import type { Connection } from "./connection.ts";
import type { Files } from "./files.ts";

type Line = { line: number; text: string; places: [number, number][] };
type Found = { search: number; path: string; lines: Line[] };

const FOUND_MOST = 20_000;

export function provideSearch(api: typeof vscode, engine: Connection, files: Files): void {
  let searches = 0;
  const uri = (path: string) => api.Uri.file(files.uri(path).path);

  api.workspace.registerFileSearchProvider2("file", {
    async provideFileSearchResults(pattern, options) {
      const exclude = options.folderOptions.flatMap((it) => it.excludes.map(glob));
      const limit = options.maxResults || FOUND_MOST;
      const { paths } = await engine.ask<{ paths: string[] }>("_kiro/host/search/files", { query: pattern, exclude, limit });
      return paths.map(uri);
    },
  });

  api.workspace.registerTextSearchProvider2("file", {
    async provideTextSearchResults(query, options, progress, token) {
      const search = ++searches;
      const forget = engine.on("_kiro/host/search/found", (found: Found) => {
        if (found.search !== search || token.isCancellationRequested) return;
        for (const it of found.lines) progress.report(match(api, uri(found.path), it));
      });
      const [folder] = options.folderOptions;
      const asked = {
        search,
        pattern: query.pattern,
        is_regex: query.isRegExp ?? false,
        case_sensitive: query.isCaseSensitive ?? false,
        whole_word: query.isWordMatch ?? false,
        include: folder?.includes ?? [],
        exclude: folder?.excludes.map(glob) ?? [],
        ignored_too: !(folder?.useIgnoreFiles.local ?? true),
        limit: options.maxResults || FOUND_MOST,
      };
      try {
        const { is_cut } = await engine.ask<{ is_cut: boolean }>("_kiro/host/search/text", asked, false);
        return { limitHit: is_cut };
      } finally {
        forget();
      }
    },
  });
}

function match(api: typeof vscode, uri: vscode.Uri, it: Line): vscode.TextSearchMatch2 {
  const ranges = it.places.map(([from, to]) => ({
    sourceRange: new api.Range(it.line, from, it.line, to),
    previewRange: new api.Range(0, from, 0, to),
  }));
  return new api.TextSearchMatch2(uri, ranges, it.text);
}

function glob(it: vscode.GlobPattern): string {
  return typeof it === "string" ? it : it.pattern;
}
