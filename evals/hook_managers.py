"""Git hooks of Kiro beside those of husky, lefthook and pre-commit, driven for real.

    python3 evals/hook_managers.py KIRO [husky|lefthook|pre-commit]

Each manager is installed from its registry with its ordinary client (npm, pip) into a folder of its own. For each: before
Kiro and after it, installed anew over it, with a worktree, and with `core.hooksPath` relative and absolute. A commit has to run
the manager's hook and Kiro's guard, a secret has to stop it, and `kiro hooks uninstall` has to leave every file of the git directory's
hooks and its configuration as they were.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

SECRET = "AKIA" + "Q7" * 8 + "\n"


class Repository:
    def __init__(self, kiro, folder, path):
        self.kiro = str(pathlib.Path(kiro).resolve())
        self.root = pathlib.Path(folder).resolve() / "project"
        self.home = self.root.parent / "home"
        self.home.mkdir(parents=True)
        self.root.mkdir()
        self.env = {"HOME": str(self.home), "PATH": path, "GIT_CONFIG_NOSYSTEM": "1", "LANG": "C.UTF-8"}
        for name in ("PIP_INDEX_URL", "npm_config_registry", "NPM_CONFIG_REGISTRY", "HTTPS_PROXY", "https_proxy", "PIP_CERT", "NODE_EXTRA_CA_CERTS"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        self.run("git", "init", "-q", "-b", "main")
        for key, value in (("user.name", "A"), ("user.email", "a@example.org")):
            self.run("git", "config", key, value)
        self.count = 0

    def run(self, *words, check=True, cwd=None):
        done = subprocess.run(words, cwd=cwd or self.root, env=self.env, capture_output=True, text=True)
        if check and done.returncode:
            sys.exit(f"{' '.join(map(str, words))}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def state(self):
        """Every file that decides about hooks, with its bytes and mode."""
        git = self.root / ".git"
        files = [it for it in git.rglob("*") if it.is_file() and (it.parent.name in ("hooks", "kiro-hooks") or it == git / "config")]
        return {str(it.relative_to(git)): (it.read_bytes(), it.stat().st_mode) for it in files}

    def commit(self, text, cwd=None, name=None):
        self.count += 1
        cwd = cwd or self.root
        (cwd / (name or f"f{self.count}.txt")).write_text(text)
        self.run("git", "add", "-A", cwd=cwd)
        done = self.run("git", "commit", "-qm", f"c{self.count}", check=False, cwd=cwd)
        if done.returncode:
            self.run("git", "reset", "-q", "--hard", cwd=cwd)
        return done

    def works(self, what, ran, cwd=None):
        """A commit runs the manager's hook; a secret is stopped."""
        log = self.root.parent / "ran.log"
        log.write_text("")
        fine = self.commit("fine\n", cwd)
        told = log.read_text().split()
        check(fine.returncode == 0, f"{what}: a commit passes", fine.stderr)
        check(ran in told, f"{what}: the manager's hook runs", f"{told} {fine.stderr}")
        stopped = self.commit(SECRET, cwd)
        check(stopped.returncode != 0 and "holds a secret" in stopped.stderr, f"{what}: a secret is stopped", stopped.stderr)


FAILED = []


def check(holds, what, told):
    print(f"{'ok  ' if holds else 'FAIL'} {what}" + ("" if holds else f"\n     {told.strip()[:600]}"), flush=True)
    if not holds:
        FAILED.append(what)


def install(kiro, folder, name):
    """A repository with the manager set up, and how it is installed into git."""
    path = os.environ["PATH"]
    log = pathlib.Path(folder).resolve() / "ran.log"
    line = f"echo {name} >> {log}"
    if name == "pre-commit":
        venv = pathlib.Path(folder) / "venv"
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/pip", "install", "-q", "pre-commit"], check=True)
        repository = Repository(kiro, folder, f"{venv}/bin:{path}")
        config = "repos:\n- repo: local\n  hooks:\n  - {id: log, name: log, language: system, always_run: true, pass_filenames: false, entry: sh -c '%s'}\n"
        (repository.root / ".pre-commit-config.yaml").write_text(config % line)
        return repository, [["pre-commit", "install"]]
    tools = pathlib.Path(folder) / "tools"
    tools.mkdir()
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", tools, name], check=True)
    repository = Repository(kiro, folder, f"{tools}/node_modules/.bin:{path}")
    if name == "husky":
        (repository.root / "package.json").write_text("{}\n")
        (repository.root / ".husky").mkdir()
        (repository.root / ".husky/pre-commit").write_text(line + "\n")
        return repository, [["husky"]]
    (repository.root / "lefthook.yml").write_text(f"pre-commit:\n  commands:\n    log:\n      run: {line}\n")
    return repository, [["lefthook", "install"]]


def trial(kiro, name, order):
    with tempfile.TemporaryDirectory(prefix="managers-") as folder:
        repository, commands = install(kiro, folder, name)
        set_up = lambda: [repository.run(*words) for words in commands]
        into_git = lambda: repository.run(repository.kiro, "hooks", "install")
        out = lambda: repository.run(repository.kiro, "hooks", "uninstall")
        repository.run("git", "add", "-A")
        repository.run("git", "commit", "-qm", "begin")
        what = f"{name}, {order}"
        if order == "manager first":
            set_up()
            before = repository.state()
            into_git()
            repository.works(what, name)
            into_git()
            repository.works(f"{what}, kiro again", name)
            out()
            check(repository.state() == before, f"{what}: nothing is left", f"{sorted(set(repository.state()) ^ set(before))}")
        elif order == "kiro first":
            bare = repository.state()
            into_git()
            set_up()
            into_git()
            repository.works(what, name)
            out()
            left = [it for it in repository.state() if "kiro" in it or b"# kiro" in repository.state()[it][0]]
            check(not left, f"{what}: nothing of Kiro's is left", str(left))
            log = repository.root.parent / "ran.log"
            log.write_text("")
            fine = repository.commit("fine\n")
            check(fine.returncode == 0 and name in log.read_text(), f"{what}: the manager's hook runs afterwards", fine.stderr)
            del bare
        elif order == "manager again":
            set_up()
            into_git()
            set_up()
            into_git()
            repository.works(what, name)
            out()
            left = [it for it in repository.state() if "kiro" in it or b"# kiro" in repository.state()[it][0]]
            check(not left, f"{what}: nothing of Kiro's is left", str(left))
        else:
            set_up()
            into_git()
            tree = repository.root.parent / "tree"
            repository.run("git", "worktree", "add", "-q", str(tree))
            repository.works(what, name, cwd=tree)


def folders(kiro):
    """`core.hooksPath`, relative and absolute."""
    for absolute in (False, True):
        with tempfile.TemporaryDirectory(prefix="managers-") as folder:
            repository = Repository(kiro, folder, os.environ["PATH"])
            hooks = repository.root / "own-hooks"
            hooks.mkdir()
            hook = hooks / "pre-commit"
            hook.write_text(f"#!/bin/sh\necho own >> {repository.root.parent}/ran.log\n")
            hook.chmod(0o755)
            repository.run("git", "config", "core.hooksPath", str(hooks) if absolute else "own-hooks")
            before, text = repository.state(), hook.read_bytes()
            repository.run(repository.kiro, "hooks", "install")
            what = f"core.hooksPath, {'absolute' if absolute else 'relative'}"
            repository.works(what, "own")
            repository.run(repository.kiro, "hooks", "uninstall")
            check(repository.state() == before and hook.read_bytes() == text, f"{what}: nothing is left", str(sorted(repository.state())))


def main():
    kiro, *names = sys.argv[1:]
    for name in names or ["husky", "lefthook", "pre-commit"]:
        for order in ("manager first", "kiro first", "manager again", "worktree"):
            trial(kiro, name, order)
    folders(kiro)
    sys.exit(f"{len(FAILED)} failed: {FAILED}" if FAILED else 0)


if __name__ == "__main__":
    main()
