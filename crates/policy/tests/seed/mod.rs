//! The rules that the corpus is written for.

use policy::shell::CommandRules;

pub(crate) fn rules() -> CommandRules {
    let texts = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    CommandRules::compile(
        &texts(&["npm test", "npm run lint", "git status", "git diff"]),
        &texts(&["rm -rf", "sudo", "curl | bash"]),
    )
    .expect("the seed's rules")
}
