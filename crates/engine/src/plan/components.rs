//! Tasks for a spec that names components instead of functions: a file for each component, the criteria given to the one
//! whose words they share, and a test file for each component with the test cases that speak of it.

use std::collections::{BTreeMap, BTreeSet};

use spec::{Component, Criterion, Requirement, Spec};

use super::{Drafting, list, migration_path};
use crate::estimate;

const MODELS: &str = "Models";
const COMPONENTS: &str = "Components";
const TESTS: &str = "Tests";
const DELIVERY: &str = "Dependencies and Delivery";

/// Where one component stands, and what it has to fulfil.
struct Part<'a> {
    component: &'a Component,
    topic: String,
    role: String,
    file: String,
    criteria: Vec<&'a Criterion>,
}

/// Words by which a criterion speaks of a role without naming it.
const ROLES: &[(&str, &[&str])] = &[
    (
        "router",
        &[
            "accept",
            "return",
            "endpoint",
            "endpoints",
            "https",
            "cors",
            "status",
            "api",
        ],
    ),
    (
        "controller",
        &[
            "accept",
            "return",
            "endpoint",
            "endpoints",
            "https",
            "cors",
            "status",
            "api",
        ],
    ),
    (
        "repository",
        &[
            "database",
            "store",
            "queries",
            "query",
            "indexes",
            "index",
            "connection",
            "persist",
        ],
    ),
    (
        "store",
        &["database", "store", "queries", "query", "persist", "save"],
    ),
    (
        "middleware",
        &["request", "context", "header", "headers", "attach"],
    ),
    (
        "service",
        &[
            "validate",
            "requirements",
            "hash",
            "issue",
            "rotate",
            "log",
            "logging",
            "limit",
            "limiting",
        ],
    ),
    ("client", &["fetch", "call", "retry"]),
    ("ui", &["show", "shows", "display", "click", "page"]),
];

/// Weights of a shared word: in the component's own name or note, in its requirement's title, in its role's words.
const OWN: usize = 4;
const TITLE: usize = 1;
const ROLE: usize = 3;

/// What it weighs that a requirement is about the very role, such as a middleware.
const IS_ROLE: usize = 12;

impl Drafting<'_> {
    /// Tasks for models, components, tests and what is delivered; nothing for a spec that names functions or no component.
    pub(super) fn components(&mut self, existing: &BTreeSet<String>) {
        let spec = self.spec;
        let Some(extension) =
            extension(spec).filter(|_| !spec.components.is_empty() && self.subjects.is_empty())
        else {
            return;
        };
        let mut parts = parts(spec, extension);
        assign(spec, &mut parts);
        self.models(extension);
        let order = order(&parts);
        for index in order {
            self.component(&parts, index);
        }
        self.tests(&parts, extension);
        self.delivery(extension, existing);
    }

    /// The tables as the program sees them, where the spec names what maps them.
    fn models(&mut self, extension: &str) {
        let spec = self.spec;
        let Some(orm) = spec.fact("orm").filter(|_| !spec.schema.is_empty()) else {
            return;
        };
        let names: Vec<String> = spec
            .schema
            .iter()
            .map(|it| format!("`{}`", it.name))
            .collect();
        let title = format!("Map {} with {orm}", list(&names));
        let needs = spec.schema.iter().enumerate().map(|(at, table)| {
            (
                at as u32 + 1,
                format!("maps what `{}` creates", migration_path(at, &table.name)),
            )
        });
        let needs: Vec<(u32, String)> = needs.collect();
        let file = format!("src/database/models.{extension}");
        let minutes =
            estimate::function_minutes(spec.schema.iter().map(|it| it.columns.len()).sum(), 0);
        let task = self.add(MODELS, title, vec![file], minutes);
        task.depends_on = needs;
    }

    fn component(&mut self, parts: &[Part<'_>], index: usize) {
        let part = &parts[index];
        let mut seen = BTreeSet::new();
        let about = part.criteria.iter().map(|it| brief(&it.text));
        let about: Vec<String> = about.filter(|it| seen.insert(it.clone())).collect();
        let name = match part.component.note.as_str() {
            "" => part.component.name.clone(),
            note => format!("{} ({note})", part.component.name),
        };
        let title = match about.as_slice() {
            [] => format!("Build {name}"),
            _ => format!("Build {name}: {}", shortened(&about)),
        };
        let needs = self.needs_of(parts, index);
        let minutes = estimate::function_minutes(part.criteria.len().max(1), 0);
        let requirements: Vec<String> = part.criteria.iter().map(|it| it.id.to_string()).collect();
        let files = match part.component.paths.as_slice() {
            [] => vec![part.file.clone()],
            paths => paths.to_vec(),
        };
        let task = self.add(COMPONENTS, title, files, minutes);
        task.depends_on = needs;
        task.requirements = requirements;
    }

    /// The tasks before it whose files it uses: models, and components that share its topic or that its criteria speak of.
    fn needs_of(&self, parts: &[Part<'_>], index: usize) -> Vec<(u32, String)> {
        let part = &parts[index];
        let spoken: BTreeSet<String> = part
            .criteria
            .iter()
            .flat_map(|it| words(&it.text))
            .collect();
        let mut needs = BTreeMap::new();
        for task in &self.tasks {
            if task.phase == MODELS && part.role == "repository" {
                needs.insert(
                    task.number,
                    format!("reads and writes the models of `{}`", task.files[0]),
                );
            }
            let other = parts.iter().enumerate().find(|(at, it)| {
                *at != index && task.phase == COMPONENTS && task.files.contains(&it.file)
            });
            let Some((_, other)) = other else { continue };
            let names_it = words(&other.component.name)
                .chain(words(&other.component.note))
                .any(|it| !is_role(&it) && spoken.contains(&it));
            let shared = part.criteria.iter().find(|it| {
                let of =
                    |it: &Criterion| it.id.as_str().rsplit_once('.').map(|(of, _)| of.to_owned());
                !it.id.as_str().starts_with('N')
                    && other.criteria.iter().any(|own| of(own) == of(it))
            });
            if other.topic == part.topic || names_it || shared.is_some() {
                needs.insert(
                    task.number,
                    format!("uses {} from `{}`", other.component.name, other.file),
                );
            }
        }
        needs.into_iter().collect()
    }

    /// A test file for each component that a test case speaks of; what speaks of none is tested where requests come in.
    fn tests(&mut self, parts: &[Part<'_>], extension: &str) {
        let spec = self.spec;
        let mut cases: BTreeMap<usize, Vec<&Criterion>> = BTreeMap::new();
        let front = parts
            .iter()
            .position(|it| matches!(it.role.as_str(), "router" | "controller" | "ui"))
            .unwrap_or(0);
        for case in spec.testing.iter().filter(|it| it.group.is_some()) {
            let requirement = closest(spec, case);
            let best = parts.iter().enumerate().max_by_key(|(at, part)| {
                let of_it = |own: &&&Criterion| {
                    requirement.is_some_and(|of| of.criteria.iter().any(|it| it.id == own.id))
                };
                let own = part.criteria.iter().filter(of_it).count();
                (
                    own,
                    *at == front,
                    score(part, &case.text, ""),
                    usize::MAX - at,
                )
            });
            let at = best.map_or(front, |(at, _)| at);
            cases.entry(at).or_default().push(case);
        }
        for (at, cases) in cases {
            let part = &parts[at];
            let file = format!("tests/test_{}_{}.{extension}", part.topic, part.role);
            let names: Vec<String> = cases.iter().map(|it| it.text.clone()).collect();
            let title = format!("Test {}: {}", part.component.name, list(&names));
            let mut requirements: Vec<String> = Vec::new();
            for case in &cases {
                requirements.extend(closest(spec, case).map(|it| it.id.to_string()));
            }
            requirements.sort();
            requirements.dedup();
            let needs: Vec<(u32, String)> = self
                .tasks
                .iter()
                .filter(|task| task.phase == COMPONENTS && task.files.contains(&part.file))
                .map(|task| (task.number, format!("tests `{}`", part.file)))
                .collect();
            let minutes = estimate::function_minutes(cases.len(), 0);
            let task = self.add(TESTS, title, vec![file], minutes);
            task.depends_on = needs;
            task.requirements = requirements;
        }
    }

    /// The packages that the spec pins, and what its success criteria want to have in the end.
    fn delivery(&mut self, extension: &str, existing: &BTreeSet<String>) {
        let spec = self.spec;
        if let Some(file) = manifest(extension, existing).filter(|_| !spec.dependencies.is_empty())
        {
            let pinned: Vec<String> = spec
                .dependencies
                .iter()
                .map(|it| match &it.version {
                    Some(version) => format!("{} {version}", it.name),
                    None => it.name.clone(),
                })
                .collect();
            let title = format!("Pin {}", list(&pinned));
            self.add(DELIVERY, title, vec![file], estimate::GLUE_MINUTES);
        }
        for criterion in spec
            .success
            .iter()
            .filter(|it| it.check == spec::Check::Manual)
        {
            let lower = criterion.text.to_lowercase();
            if lower.contains("docker") {
                let title = format!("{} ({})", criterion.text, criterion.id);
                self.add(
                    DELIVERY,
                    title,
                    vec!["Dockerfile".to_owned()],
                    estimate::GLUE_MINUTES,
                );
            }
        }
    }
}

/// The endings of the language that the spec names.
fn extension(spec: &Spec) -> Option<&'static str> {
    let language = spec
        .fact("language")
        .or(spec.fact("languages"))
        .unwrap_or_default()
        .to_lowercase();
    let known = [
        ("python", "py"),
        ("typescript", "ts"),
        ("javascript", "js"),
        ("rust", "rs"),
        ("golang", "go"),
        ("go", "go"),
        ("java", "java"),
        ("kotlin", "kt"),
        ("ruby", "rb"),
        ("swift", "swift"),
        ("c#", "cs"),
        ("php", "php"),
    ];
    known
        .iter()
        .find(|(name, _)| language.starts_with(name))
        .map(|(_, ending)| *ending)
}

fn manifest(extension: &str, existing: &BTreeSet<String>) -> Option<String> {
    let known: &[&str] = match extension {
        "py" => &["pyproject.toml", "requirements.txt"],
        "ts" | "js" => &["package.json"],
        "rs" => &["Cargo.toml"],
        "go" => &["go.mod"],
        "rb" => &["Gemfile"],
        _ => return None,
    };
    let there = known.iter().find(|it| existing.contains(**it));
    there.or(known.last()).map(|it| (*it).to_owned())
}

fn parts<'a>(spec: &'a Spec, extension: &str) -> Vec<Part<'a>> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    for component in &spec.components {
        let mut words: Vec<String> = words(&component.name).collect();
        let role = words.pop().unwrap_or_else(|| "main".to_owned());
        let topic = if words.is_empty() {
            role.clone()
        } else {
            words.join("_")
        };
        let file = component
            .paths
            .first()
            .cloned()
            .unwrap_or_else(|| match topic == role {
                true => format!("src/{role}.{extension}"),
                false => format!("src/{topic}/{role}.{extension}"),
            });
        if parts.iter().all(|it| it.file != file) {
            parts.push(Part {
                component,
                topic,
                role,
                file,
                criteria: Vec::new(),
            });
        }
    }
    parts
}

/// Gives every criterion to the component that it shares most with; at a tie to the one named first.
fn assign<'a>(spec: &'a Spec, parts: &mut [Part<'a>]) {
    for requirement in spec.to_carry_out() {
        for criterion in &requirement.criteria {
            let scores = parts
                .iter()
                .map(|it| score(it, &criterion.text, &requirement.title));
            let best = scores
                .enumerate()
                .max_by_key(|(at, score)| (*score, usize::MAX - at));
            if let Some((at, _)) = best {
                parts[at].criteria.push(criterion);
            }
        }
    }
}

/// How much a statement shares with a component. Its first word, mostly the verb, counts twice for the role.
fn score(part: &Part<'_>, text: &str, title: &str) -> usize {
    let own: BTreeSet<String> = words(&part.component.name)
        .chain(words(&part.component.note))
        .collect();
    let shared = |text: &str| {
        words(text)
            .filter(|it| own.iter().any(|own| alike(own, it)))
            .count()
    };
    let role = ROLES
        .iter()
        .find(|(role, _)| *role == part.role)
        .map_or(&[][..], |(_, words)| words);
    let is_of_role = |it: &String| role.contains(&it.as_str());
    let by_role =
        words(text).filter(is_of_role).count() + words(text).take(1).filter(is_of_role).count();
    let of_requirement = words(title).any(|it| it == part.role && it != "service");
    shared(text) * OWN
        + shared(title) * TITLE
        + by_role * ROLE
        + usize::from(of_requirement) * IS_ROLE
}

/// Whether two words are forms of one: `token` and `tokens`, or a short form and what it stands for: `auth`, `authorization`.
fn alike(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let Some(rest) = long.strip_prefix(short) else {
        return false;
    };
    matches!(rest, "" | "s" | "es" | "ed" | "ing") || short.len() == 4
}

fn is_role(word: &str) -> bool {
    ROLES.iter().any(|(role, _)| *role == word)
}

/// The requirement that a test case speaks of: the one that shares most words with it.
fn closest<'a>(spec: &'a Spec, case: &Criterion) -> Option<&'a Requirement> {
    let wanted: Vec<String> = words(&case.text).collect();
    let shared = |text: &str| {
        words(text)
            .filter(|it| wanted.iter().any(|own| alike(own, it)))
            .count()
    };
    let scored = spec.requirements.iter().map(|it| {
        let inside: usize = it.criteria.iter().map(|it| shared(&it.text)).sum();
        (shared(&it.title) * 4 + inside, it)
    });
    let best = scored
        .enumerate()
        .max_by_key(|(at, (score, _))| (*score, usize::MAX - at));
    best.filter(|(_, (score, _))| *score > 0)
        .map(|(_, (_, it))| it)
}

/// The order to build in: what others use first.
fn order(parts: &[Part<'_>]) -> Vec<usize> {
    const LAST: &[&str] = &[
        "repository",
        "store",
        "client",
        "service",
        "middleware",
        "router",
        "controller",
        "ui",
    ];
    let rank = |part: &Part<'_>| LAST.iter().position(|it| *it == part.role).unwrap_or(3);
    let mut order: Vec<usize> = (0..parts.len()).collect();
    // Of two services the one that serves fewer others' topics comes later: one that shares its topic with a router.
    let shares = |part: &Part<'_>| parts.iter().filter(|it| it.topic == part.topic).count();
    order.sort_by_key(|at| (rank(&parts[*at]), shares(&parts[*at]), *at));
    order
}

fn words(text: &str) -> impl Iterator<Item = String> {
    const COMMON: &[&str] = &[
        "the", "a", "an", "and", "or", "of", "to", "in", "on", "for", "with", "all", "per", "new",
        "by", "logic",
    ];
    text.split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|it| it.len() > 1 && !COMMON.contains(&it.as_str()))
}

/// A statement without its remarks in parentheses and what follows a colon.
fn brief(text: &str) -> String {
    let text = text.split(" (").next().unwrap_or(text);
    let text = text.split(':').next().unwrap_or(text);
    let mut brief = text.trim().trim_end_matches('.').to_owned();
    if let Some(first) = brief
        .chars()
        .next()
        .filter(|_| !brief.chars().nth(1).is_some_and(char::is_uppercase))
    {
        brief.replace_range(..first.len_utf8(), &first.to_lowercase().to_string());
    }
    brief
}

/// The first statements, and how many more there are.
fn shortened(items: &[String]) -> String {
    const SHOWN: usize = 4;
    match items.len() {
        0..=SHOWN => list(items),
        more => format!("{} and {} more", items[..SHOWN].join(", "), more - SHOWN),
    }
}
