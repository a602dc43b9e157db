//! `kiro completions`: scripts that shells take.

use crate::world;

#[test]
fn each_shell_is_given_a_script_that_knows_the_commands() {
    let world = world();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = world.kiro(&["completions", shell]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        for word in ["validate-hooks", "commit-per-task", "completions"] {
            assert!(ran.stdout.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(world.kiro(&["completions", "none"]).code, Some(2));
    let script = world.kiro(&["completions", "bash"]).stdout;
    world.write("kiro.bash", script);
    let words = "source kiro.bash; COMP_WORDS=(kiro spec l); COMP_CWORD=2; _kiro kiro l spec; echo ${COMPREPLY[@]}";
    let ran = world.kiro(&["exec", "--as", "test", "--", "bash", "-c", words]);
    assert_eq!(ran.stdout, "list lint\n", "{}", ran.stderr);
}
