// What the page itself adds to the workbench: search, and the view of source control.

import { ExtensionHostKind, registerExtension } from "@codingame/monaco-vscode-api/extensions";
import type { Connection } from "./connection.ts";
import type { Files } from "./files.ts";
import { provideGit } from "./git.ts";
import { provideSearch } from "./search.ts";

const PROPOSALS = ["fileSearchProvider2", "textSearchProvider2"];
const IS_GIT = "scmProvider == git && kiro.git.isRepository";

const command = (name: string, title: string, icon?: string) => ({
  command: `kiro.git.${name}`,
  title,
  category: "Git",
  ...(icon ? { icon: `$(${icon})` } : {}),
});
const inline = (name: string, when: string, group = "inline") => ({ command: `kiro.git.${name}`, when, group });

const MANIFEST = {
  name: "host",
  publisher: "kiro",
  displayName: "Kiro Host",
  version: "1.0.0",
  engines: { vscode: "*" },
  enabledApiProposals: PROPOSALS,
  contributes: {
    commands: [
      command("commit", "Commit", "check"),
      command("refresh", "Refresh", "refresh"),
      command("stage", "Stage Changes", "add"),
      command("stageAll", "Stage All Changes", "add"),
      command("unstage", "Unstage Changes", "remove"),
      command("unstageAll", "Unstage All Changes", "remove"),
      command("discard", "Discard Changes", "discard"),
      command("openFile", "Open File", "go-to-file"),
      command("switch", "Switch Branch…", "git-branch"),
      command("init", "Make This Folder a Repository"),
    ],
    viewsWelcome: [
      {
        view: "workbench.scm",
        when: "!kiro.git.isRepository",
        contents: "This folder is in no git repository.\n[Make It a Repository](command:kiro.git.init)",
      },
    ],
    menus: {
      "scm/title": [inline("commit", IS_GIT, "navigation"), inline("refresh", IS_GIT, "navigation")],
      "scm/resourceGroup/context": [
        inline("stageAll", "scmResourceGroup == workingTree"),
        inline("unstageAll", "scmResourceGroup == index"),
      ],
      "scm/resourceState/context": [
        inline("openFile", "scmProvider == git"),
        inline("discard", "scmResourceGroup == workingTree"),
        inline("stage", "scmResourceGroup == workingTree"),
        inline("unstage", "scmResourceGroup == index"),
      ],
      commandPalette: ["stage", "unstage", "discard", "openFile"].map((it) => ({
        command: `kiro.git.${it}`,
        when: "false",
      })),
    },
    colors: [
      colour("added", "#81b88b", "#587c0c"),
      colour("modified", "#e2c08d", "#895503"),
      colour("deleted", "#c74e39", "#ad0707"),
      colour("renamed", "#73c991", "#007100"),
      colour("untracked", "#73c991", "#007100"),
      colour("conflicting", "#e4676b", "#ad0707"),
    ],
  },
};

function colour(what: string, dark: string, light: string): object {
  return {
    id: `gitDecoration.${what}ResourceForeground`,
    description: `Colour of ${what} files.`,
    defaults: { dark, light, highContrast: dark, highContrastLight: light },
  };
}

/** Adds it, once the workbench is there. */
export async function provideHost(engine: Connection, files: Files): Promise<void> {
  const { getApi } = registerExtension(MANIFEST as never, ExtensionHostKind.LocalProcess, { system: true });
  const api = await getApi();
  // Code OSS's own assistant is not here, so nothing offers to set it up.
  void api.commands.executeCommand("setContext", "chatSetupHidden", true);
  provideSearch(api, engine, files);
  provideGit(api, engine, files);
}
