//! Sources with flaws and without, by kind.

use super::*;

fn codes(language: Language, source: &str) -> Vec<(usize, &'static str)> {
    let found = flaws(language, source);
    found.iter().map(|it| (it.line, it.kind.code())).collect()
}

/// Each source has these flaws on its last line but for what is said, and no others.
fn check(language: Language, cases: &[(&str, &[&str])]) {
    for (source, wanted) in cases {
        let found: Vec<&str> = codes(language, source).iter().map(|it| it.1).collect();
        assert_eq!(found, *wanted, "{source}");
    }
}

#[test]
fn values_in_sql_texts() {
    check(
        Language::Python,
        &[
            (
                "db.execute(\"SELECT * FROM t WHERE a = '\" + name + \"'\")",
                &["sql-built"],
            ),
            (
                "db.execute(f\"delete from t where id = {id}\")",
                &["sql-built"],
            ),
            (
                "q = 'UPDATE t SET a = %s' % name\ndb.execute(q)",
                &["sql-built"],
            ),
            (
                "q = 'INSERT INTO t VALUES ({})'.format(name)",
                &["sql-built"],
            ),
            (
                "def f(a):\n    q = 'SELECT a FROM t'\n    q += ' WHERE b = ' + a\n    db.execute(q)",
                &["sql-built"],
            ),
            ("db.execute('SELECT * FROM t WHERE a = ?', (name,))", &[]),
            ("db.execute(f'SELECT * FROM {TABLE} LIMIT {len(x)}')", &[]),
            (
                "m = ','.join('?' * n)\ndb.execute(f'SELECT a FROM t WHERE b IN ({m})', ids)",
                &[],
            ),
            (
                "db.execute(f'SELECT {\", \".join(columns)} FROM {self.table}')",
                &[],
            ),
            ("print(f'Select a file from {folder}')", &[]),
            (
                "kind = 'a' if x else 'b'\ndb.execute(f'SELECT a FROM t WHERE k = {kind}')",
                &[],
            ),
            (
                "db.execute(f'SELECT a FROM t WHERE k = {k}')  # kiro: allow sql-built",
                &[],
            ),
        ],
    );
}

#[test]
fn values_in_sql_texts_of_other_languages() {
    check(
        Language::TypeScript,
        &[
            (
                "pool.query(`SELECT * FROM t WHERE a = '${name}'`)",
                &["sql-built"],
            ),
            ("const q = 'DELETE FROM t WHERE id = ' + id", &["sql-built"]),
            ("pool.query('SELECT * FROM t WHERE a = $1', [name])", &[]),
            ("log(`Select one FROM ${place}`)", &[]),
        ],
    );
    check(
        Language::Rust,
        &[
            (
                "fn f() { let q = format!(\"SELECT a FROM t WHERE b = '{name}'\"); }",
                &["sql-built"],
            ),
            (
                "fn f() { let q = format!(\"SELECT a FROM t WHERE b = {}\", name); }",
                &["sql-built"],
            ),
            ("fn f() { let q = \"SELECT a FROM t WHERE b = $1\"; }", &[]),
        ],
    );
}

#[test]
fn values_in_commands_and_code() {
    check(
        Language::Python,
        &[
            ("os.system('tar cf x ' + folder)", &["shell-built"]),
            (
                "def f(a):\n    c = f'ls {a}'\n    subprocess.run(c, shell=True)",
                &["shell-built"],
            ),
            ("subprocess.run(['sh', '-c', 'ls ' + a])", &["shell-built"]),
            ("subprocess.run(['ls', a])", &[]),
            ("subprocess.run('ls -l', shell=True)", &[]),
            ("os.system('ls ' + shlex.quote(a))", &[]),
            ("os.system('exit ' + str(int(a)))", &[]),
            ("eval(text)", &["code-run"]),
            ("eval('1 + 1')", &[]),
            ("model.eval()\nast.literal_eval(text)", &[]),
            ("pickle.loads(request.data)", &["unsafe-load"]),
            ("yaml.load(text)", &["unsafe-load"]),
            (
                "yaml.load(text, Loader=yaml.SafeLoader)\nyaml.safe_load(text)",
                &[],
            ),
        ],
    );
    check(
        Language::JavaScript,
        &[
            ("exec('unzip ' + name)", &["shell-built"]),
            ("cp.execSync(`rm ${name}`)", &["shell-built"]),
            ("spawn('bash', ['-c', `rm ${name}`])", &["shell-built"]),
            ("/a/.exec('x' + name)", &[]),
            ("spawn('rm', [name])", &[]),
            ("eval(request.query.x)", &["code-run"]),
            ("new Function('a', body)", &["code-run"]),
        ],
    );
    check(
        Language::Rust,
        &[
            (
                "fn f(a: &str) { let l = format!(\"rm {a}\"); Command::new(\"sh\").arg(\"-c\").arg(l).status(); }",
                &["shell-built"],
            ),
            (
                "fn f(a: &str) { Command::new(\"rm\").arg(a).status(); }",
                &[],
            ),
        ],
    );
}

#[test]
fn what_a_request_chooses() {
    check(
        Language::Python,
        &[
            (
                "def f():\n    n = request.args['n']\n    return send_file(os.path.join(D, n))",
                &["path-from-request"],
            ),
            (
                "def f():\n    n = secure_filename(request.args['n'])\n    return open(os.path.join(D, n))",
                &[],
            ),
            ("def f(n):\n    return open(n)", &[]),
            (
                "def f():\n    return f\"<h1>{request.args['n']}</h1>\"",
                &["html-built"],
            ),
        ],
    );
    check(
        Language::JavaScript,
        &[
            (
                "fs.readFileSync('up/' + req.query.name)",
                &["path-from-request"],
            ),
            (
                "fs.readFileSync(path.join(d, path.basename(req.query.name)))",
                &[],
            ),
            ("fs.readFileSync(name)", &[]),
            ("el.innerHTML = '<b>' + name + '</b>'", &["html-built"]),
            ("el.innerHTML = '<b>x</b>'", &[]),
            ("res.send('<p>' + req.query.q)", &["html-built"]),
        ],
    );
}

#[test]
fn errors_that_nobody_sees() {
    check(
        Language::Python,
        &[
            (
                "try:\n    f()\nexcept Exception:\n    pass",
                &["error-swallowed"],
            ),
            ("try:\n    f()\nexcept:\n    ...", &["error-swallowed"]),
            ("try:\n    f()\nexcept FileNotFoundError:\n    pass", &[]),
            ("try:\n    f()\nexcept Exception:\n    log(1)", &[]),
            (
                "try:\n    f()\nexcept Exception:\n    # it is only a cache\n    pass",
                &[],
            ),
            ("requests.get(url).json()", &["call-unguarded"]),
            (
                "def f(u):\n    r = requests.get(u)\n    r.raise_for_status()\n    return r.json()",
                &[],
            ),
            ("try:\n    requests.get(url)\nexcept E:\n    raise X", &[]),
            (
                "try:\n    f()\nexcept E:\n    requests.get(url)",
                &["call-unguarded"],
            ),
            (
                "json.loads(urllib.request.urlopen(url).read())",
                &["call-unguarded"],
            ),
            (
                "requests.get(url, verify=False).raise_for_status()",
                &["tls-unchecked"],
            ),
        ],
    );
    check(
        Language::TypeScript,
        &[
            ("try { f() } catch (e) {}", &["error-swallowed"]),
            (
                "try { f() } catch { /* nothing to be done about it */ }",
                &[],
            ),
            ("f().catch(() => {})", &["error-swallowed"]),
            ("f().catch((e) => log(e))", &[]),
            (
                "async function f() { const r = await fetch(u); return r.json() }",
                &["call-unguarded"],
            ),
            (
                "async function f() { const r = await fetch(u); if (!r.ok) throw 1; return r.json() }",
                &[],
            ),
            ("fetch(u).then(r => r.json()).catch(show)", &[]),
            ("new Agent({rejectUnauthorized: false})", &["tls-unchecked"]),
        ],
    );
}

#[test]
fn a_flaw_has_its_line_and_a_comment_can_say_that_it_is_meant() {
    let source = "import os\n\ndef f(a):\n    os.system('ls ' + a)\n    # kiro: allow shell-built, code-run\n    os.system('ls ' + a)\n";
    let found = flaws(Language::Python, source);
    assert_eq!(
        found,
        [Flaw {
            line: 4,
            kind: FlawKind::ShellBuilt,
            text: "os.system('ls ' + a)".to_owned()
        }]
    );
    let codes: BTreeSet<&str> = FlawKind::ALL.iter().map(|it| it.code()).collect();
    assert_eq!(codes.len(), FlawKind::ALL.len());
}

#[test]
fn hostile_nesting_ends() {
    let nest = |open: &str, close: &str| format!("{}x{}", open.repeat(5_000), close.repeat(5_000));
    for source in [
        nest("f('a' + ", ")"),
        nest("(", ")"),
        "a = 'x' + a\n".repeat(5_000),
        format!("SELECT{}", " + 'x'".repeat(20_000)),
        "fetch(u);".repeat(5_000),
        nest("try:\n ", ""),
    ] {
        for language in Language::ALL {
            let _ = flaws(language, &source);
        }
    }
}
