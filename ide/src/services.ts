// The parts of Code OSS that the page is made of.

import type { IEditorOverrideServices } from "@codingame/monaco-vscode-api";
import accessibility from "@codingame/monaco-vscode-accessibility-service-override";
import bulkEdit from "@codingame/monaco-vscode-bulk-edit-service-override";
import comments from "@codingame/monaco-vscode-comments-service-override";
import configuration from "@codingame/monaco-vscode-configuration-service-override";
import dialogs from "@codingame/monaco-vscode-dialogs-service-override";
import emmet from "@codingame/monaco-vscode-emmet-service-override";
import environment from "@codingame/monaco-vscode-environment-service-override";
import explorer from "@codingame/monaco-vscode-explorer-service-override";
import extensions from "@codingame/monaco-vscode-extensions-service-override";
import keybindings from "@codingame/monaco-vscode-keybindings-service-override";
import languages from "@codingame/monaco-vscode-languages-service-override";
import lifecycle from "@codingame/monaco-vscode-lifecycle-service-override";
import log from "@codingame/monaco-vscode-log-service-override";
import markers from "@codingame/monaco-vscode-markers-service-override";
import model from "@codingame/monaco-vscode-model-service-override";
import multiDiffEditor from "@codingame/monaco-vscode-multi-diff-editor-service-override";
import notifications from "@codingame/monaco-vscode-notifications-service-override";
import outline from "@codingame/monaco-vscode-outline-service-override";
import output from "@codingame/monaco-vscode-output-service-override";
import preferences from "@codingame/monaco-vscode-preferences-service-override";
import quickAccess from "@codingame/monaco-vscode-quickaccess-service-override";
import scm from "@codingame/monaco-vscode-scm-service-override";
import search from "@codingame/monaco-vscode-search-service-override";
import secretStorage from "@codingame/monaco-vscode-secret-storage-service-override";
import snippets from "@codingame/monaco-vscode-snippets-service-override";
import storage from "@codingame/monaco-vscode-storage-service-override";
import terminal from "@codingame/monaco-vscode-terminal-service-override";
import textMate from "@codingame/monaco-vscode-textmate-service-override";
import theme from "@codingame/monaco-vscode-theme-service-override";
import timeline from "@codingame/monaco-vscode-timeline-service-override";
import userDataProfile from "@codingame/monaco-vscode-user-data-profile-service-override";
import banner from "@codingame/monaco-vscode-view-banner-service-override";
import statusBar from "@codingame/monaco-vscode-view-status-bar-service-override";
import titleBar from "@codingame/monaco-vscode-view-title-bar-service-override";
import walkthrough from "@codingame/monaco-vscode-walkthrough-service-override";
import welcome from "@codingame/monaco-vscode-welcome-service-override";
import workbench from "@codingame/monaco-vscode-workbench-service-override";
import workingCopy from "@codingame/monaco-vscode-working-copy-service-override";
import workspaceTrust from "@codingame/monaco-vscode-workspace-trust-service-override";
import type { Terminals } from "./terminal.ts";

/** All services. `webviews` is the origin of webviews, with `{{uuid}}` in place of what sets each one apart. */
export function services(terminals: Terminals, webviews: string): IEditorOverrideServices {
  return {
    ...log(),
    ...extensions({ enableWorkerExtensionHost: true }),
    ...model(),
    ...notifications(),
    ...dialogs(),
    ...configuration(),
    ...keybindings(),
    ...textMate(),
    ...theme(),
    ...languages(),
    ...preferences(),
    ...outline(),
    ...timeline(),
    ...banner(),
    ...statusBar(),
    ...titleBar(),
    ...snippets(),
    ...output(),
    ...terminal(terminals),
    ...search(),
    ...markers(),
    ...accessibility(),
    ...storage({ fallbackOverride: { "workbench.activity.showAccounts": false } }),
    ...lifecycle(),
    ...environment(),
    ...workspaceTrust(),
    ...workingCopy(),
    ...scm(),
    ...secretStorage(),
    ...comments(),
    ...emmet(),
    ...multiDiffEditor(),
    ...explorer(),
    ...bulkEdit(),
    ...userDataProfile(),
    ...welcome(),
    ...walkthrough(),
    ...workbench(undefined, webviews),
    ...quickAccess({ isKeybindingConfigurationVisible: () => true, shouldUseGlobalPicker: () => true }),
  };
}
