//! Other editors, played by a script that writes down what it is told.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use session::desk::{Desk, Editor};

use crate::page::{environment, plant};

fn script(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    plant(&file, text);
    let program = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&file, program).expect("made a program");
}

#[test]
fn the_extension_is_installed_and_the_folder_opened() {
    let temp = tempfile::tempdir().expect("a folder");
    let under = |name: &str| temp.path().join(name);
    for name in ["project", "home", "bin"] {
        std::fs::create_dir(under(name)).expect("made");
    }
    let told = under("told");
    let text = format!("#!/bin/sh\necho \"$@\" >> {}\n", told.display());
    script(&under("bin"), "codium", &text);
    let mut environment = environment(&under("project"), &under("home"));
    environment.path = format!("{}:/usr/bin:/bin", under("bin").display()).into();
    let desk = Desk::at(&under("project"), &environment).expect("a desk");
    desk.put_into(Editor::Codium, b"a package", true)
        .expect("installed");
    let own = |name: &str| under("home").join(".kiro").join(name);
    let first = format!(
        "--install-extension {} --force\n",
        own("kiro.vsix").display()
    );
    let both = format!("{first}{}\n", desk.root().display());
    let end = Instant::now() + Duration::from_secs(20);
    // It is started, not waited for.
    while std::fs::read_to_string(&told).expect("told") != both {
        assert!(Instant::now() < end, "{:?}", std::fs::read_to_string(&told));
    }
    assert_eq!(std::fs::read(own("kiro.vsix")).expect("laid"), b"a package");
    let engine = std::fs::read_to_string(own("engine")).expect("noted");
    assert_eq!(Path::new(&engine), environment.program);

    let missing = desk.put_into(Editor::Cursor, b"a package", true);
    let missing = missing.expect_err("there is none");
    assert!(missing.message.contains("cursor"), "{missing}");
    assert!(missing.hint.is_some_and(|it| it.contains("PATH")));
    script(
        &under("bin"),
        "code",
        "#!/bin/sh\necho it is broken >&2\nexit 3\n",
    );
    let failed = desk.put_into(Editor::Code, b"a package", true);
    let failed = failed.expect_err("it fails").message;
    assert!(failed.contains("it is broken"), "{failed}");
}
