//! Files that make a program do something later: by running what they name, or by telling a model what to do.
//! They are known by name, whether or not they exist yet.

use std::sync::LazyLock;

use crate::glob::{Pattern, built_in};

/// What a program runs by itself, on opening the folder or at the next use of git. No agent writes these.
pub(crate) static RUNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    built_in(&[
        "**/.git",
        "**/.{hg,svn,jj,bzr}",
        "**/.{vscode,vscode-server,vs,idea,run,fleet,zed,nova,theia,helix,sublime-project}",
        "**/*.{code-workspace,sublime-project,sublime-workspace}",
        "**/.{cursor,claude,codex,amazonq,gemini,windsurf,qwen,roo,cline,kilocode,continue}",
        "**/.{opencode,trae,augment,goose,crush,copilot}",
        "**/.{claude,gemini,codex,opencode,crush}.json",
        "**/{opencode,crush}.{json,jsonc}",
        "**/.aider*",
        "**/{.mcp,mcp,mcp_config,mcp-config,claude_desktop_config}.json",
        "**/.{devcontainer,direnv}",
        "**/.devcontainer.json",
        "**/.envrc",
        "**/.{gitconfig,exrc,nvimrc,vimrc,lvimrc,dir-locals.el,dir-locals-2.el,gdbinit,lldbinit}",
        "**/.nvim.lua",
        "**/.{bashrc,bash_profile,bash_login,bash_logout,bash_aliases,profile}",
        "**/.{zshrc,zshenv,zprofile,zlogin,zlogout,inputrc,login,cshrc,tcshrc,kshrc}",
        "**/.config/{fish,git,systemd,autostart,environment.d}",
        "**/.{ssh,gnupg,aws,kube,docker}",
        "**/.cargo/{config,config.toml,credentials,credentials.toml}",
    ])
});

/// Kiro's own files. What stands in the folders of [`KIRO_DOCUMENTS`] is excepted.
pub(crate) static KIRO: LazyLock<Vec<Pattern>> = LazyLock::new(|| built_in(&["**/.kiro"]));

/// Folders of Kiro's in which documents stand, which govern nothing.
pub(crate) static KIRO_DOCUMENTS: LazyLock<Vec<Pattern>> =
    LazyLock::new(|| built_in(&["**/.kiro/specs/**"]));

/// Folders of Kiro's whose text is put before a model.
pub(crate) static KIRO_INSTRUCTIONS: LazyLock<Vec<Pattern>> =
    LazyLock::new(|| built_in(&["**/.kiro/{steering,prompts,skills}/**"]));

/// What is run or believed only after something else is done: a person is asked.
pub(crate) static ARMS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    built_in(&[
        "**/.{gitattributes,gitmodules,mailmap,lfsconfig}",
        "**/.{husky,githooks,git-hooks,lefthook,overcommit.yml}",
        "**/{.,}lefthook{,-local}.{yml,yaml,toml,json}",
        "**/.pre-commit-{config,hooks}.yaml",
        "**/.pre-commit-config.yml",
        "**/{.,}simple-git-hooks.{js,cjs,json}",
        "**/.{npmrc,yarnrc,yarnrc.yml,pnpmfile.cjs,pypirc,pnp.cjs,bazelrc,condarc}",
        "**/.yarn/{plugins,releases}",
        "**/{.,}mise.{toml,local.toml}",
        "**/.{tool-versions,rtx.toml,kiroignore,cursorignore}",
        "**/{AGENTS,AGENT,CLAUDE,CLAUDE.local,GEMINI,QWEN,WARP,CONVENTIONS,SKILL,POWER}.md",
        "**/.{cursorrules,windsurfrules,clinerules,roorules,goosehints,rules,junie}",
        "**/.github/{copilot-instructions.md,instructions,prompts,chatmodes,agents,copilot}",
        "**/*.git",
    ])
});
