//! Secrets that are known by their form.

use super::Secret;

/// A token that begins in a known way: its kind, its beginning, how many characters follow at least.
const TOKENS: &[(&str, &str, usize)] = &[
    ("aws-access-key", "AKIA", 16),
    ("aws-access-key", "ASIA", 16),
    ("github-token", "ghp_", 30),
    ("github-token", "gho_", 30),
    ("github-token", "ghu_", 30),
    ("github-token", "ghs_", 30),
    ("github-token", "ghr_", 30),
    ("github-token", "github_pat_", 30),
    ("gitlab-token", "glpat-", 16),
    ("slack-token", "xoxb-", 16),
    ("slack-token", "xoxp-", 16),
    ("slack-token", "xoxa-", 16),
    ("slack-token", "xoxr-", 16),
    ("slack-token", "xoxs-", 16),
    ("slack-token", "xapp-", 16),
    ("openai-key", "sk-proj-", 16),
    ("anthropic-key", "sk-ant-", 16),
    ("openrouter-key", "sk-or-", 16),
    ("api-key", "sk-", 32),
    ("stripe-key", "sk_live_", 16),
    ("stripe-key", "sk_test_", 16),
    ("stripe-key", "rk_live_", 16),
    ("stripe-secret", "whsec_", 16),
    ("google-key", "AIza", 30),
    ("google-token", "ya29.", 20),
    ("google-secret", "GOCSPX-", 20),
    ("npm-token", "npm_", 30),
    ("pypi-token", "pypi-", 40),
    ("crates-token", "cio", 32),
    ("sendgrid-key", "SG.", 40),
    ("huggingface-token", "hf_", 30),
    ("digitalocean-token", "dop_v1_", 30),
    ("digitalocean-token", "doo_v1_", 30),
    ("shopify-token", "shpat_", 30),
    ("databricks-token", "dapi", 32),
    ("vault-token", "hvs.", 20),
    ("telegram-token", "bot", 40),
    ("doppler-token", "dp.pt.", 30),
    ("linear-key", "lin_api_", 30),
    ("groq-key", "gsk_", 30),
    ("xai-key", "xai-", 40),
    ("replicate-token", "r8_", 30),
    ("age-key", "AGE-SECRET-KEY-1", 40),
    ("docker-token", "dckr_pat_", 20),
    ("mailgun-key", "key-", 32),
    ("square-token", "EAAA", 50),
    ("azure-key", "AccountKey=", 40),
];

/// How far a token is looked at before it is one, in bytes.
const LOOKED_AT: usize = 512;

pub(super) fn find(text: &str) -> Vec<Secret> {
    let mut found = private_keys(text);
    found.extend(tokens(text));
    found.extend(passwords_in_addresses(text));
    found.extend(authorisations(text));
    found
}

fn private_keys(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut ends = true;
    while let Some(begin) = text[at..].find("-----BEGIN ").map(|it| at + it) {
        let title = &text[begin + 11..];
        let title = title.find("-----").map(|it| &title[..it]);
        let Some(title) = title.filter(|it| it.len() < 60 && it.contains("PRIVATE KEY")) else {
            at = begin + 11;
            continue;
        };
        let body = begin + 11 + title.len() + 5;
        let end = ends.then(|| text[body..].find("-----END ")).flatten();
        ends = end.is_some();
        let end = match end {
            Some(end) => {
                let closing = body + end + 9;
                let tail = text[closing..].find("-----");
                tail.filter(|it| *it < 60)
                    .map_or(closing, |it| closing + it + 5)
            }
            None => body + key_letters(&text[body..]),
        };
        found.push(Secret {
            range: begin..end,
            kind: "private-key",
        });
        at = end;
    }
    found
}

/// How far a key without an end goes on: its letters, and line breaks, written out or not.
fn key_letters(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if matches!(bytes.get(at + 1), Some(b'n' | b'r')) => at += 2,
            it if it.is_ascii_alphanumeric() || b"+/= \r\n\t".contains(&it) => at += 1,
            _ => break,
        }
    }
    at
}

fn is_token_byte(it: u8) -> bool {
    it.is_ascii_alphanumeric() || b"_-.".contains(&it)
}

/// Runs of letters that may stand in a token; each is looked at once from each of its words' beginnings.
fn tokens(text: &str) -> Vec<Secret> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        // `at` is the beginning of a word: nothing before it belongs to the same one.
        match token_at(text, at) {
            Some(secret) => {
                at = secret.range.end;
                found.push(secret);
            }
            None => {
                let word = bytes[at..]
                    .iter()
                    .take_while(|it| it.is_ascii_alphanumeric());
                at += word.count();
            }
        }
    }
    found
}

fn token_at(text: &str, at: usize) -> Option<Secret> {
    let rest = &text.as_bytes()[at..];
    if rest.starts_with(b"eyJ") {
        return web_token(text, at);
    }
    let fits = |(_, begin, _): &&(&str, &str, usize)| rest.starts_with(begin.as_bytes());
    let (kind, begin, least) = TOKENS.iter().find(fits)?;
    let after = &rest[begin.len()..];
    // Only so much is looked at before it is known to be a token, so that no text takes long.
    let seen = &after[..after.len().min(LOOKED_AT)];
    let body_of = |bytes: &[u8]| match *kind {
        "telegram-token" => colon_run(bytes),
        "azure-key" => run(bytes, |it| is_token_byte(it) || b"+/=".contains(&it)),
        "aws-access-key" | "google-key" | "crates-token" | "databricks-token" => run(bytes, |it| {
            it.is_ascii_alphanumeric() || b"_-".contains(&it)
        }),
        _ => run(bytes, is_token_byte),
    };
    let body = body_of(seen);
    let exact = *kind != "aws-access-key"
        || (body == 16 && !after[..16].iter().any(u8::is_ascii_lowercase));
    let sample = &after[..body];
    let varied = sample.iter().any(u8::is_ascii_digit) || *kind == "age-key";
    (body >= *least && exact && varied).then(|| Secret {
        range: at..at + begin.len() + body_of(after),
        kind,
    })
}

fn run(bytes: &[u8], fits: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|it| fits(**it)).count()
}

/// The digits, the colon and the letters of a bot's token.
fn colon_run(bytes: &[u8]) -> usize {
    let digits = run(bytes, |it| it.is_ascii_digit());
    match bytes.get(digits) {
        Some(b':') if digits >= 8 => digits + 1 + run(&bytes[digits + 1..], is_token_byte),
        _ => 0,
    }
}

/// Three parts with dots between them, the first of which is JSON in base64.
fn web_token(text: &str, at: usize) -> Option<Secret> {
    let rest = &text.as_bytes()[at..];
    let seen = run(&rest[..rest.len().min(LOOKED_AT)], is_token_byte);
    let mut parts = text[at..at + seen].split('.');
    let (head, body) = (parts.next()?, parts.next()?);
    (head.len() >= 10 && body.len() >= 10 && body.starts_with("ey")).then(|| Secret {
        range: at..at + run(rest, is_token_byte),
        kind: "web-token",
    })
}

/// The password in `scheme://user:password@host`.
fn passwords_in_addresses(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("://").map(|it| at + it + 3) {
        let ends = |c: char| c.is_whitespace() || "\"'`<>\\(){}".contains(c);
        let host = text[start..].find(ends).unwrap_or(text.len() - start);
        let authority = &text[start..start + host];
        at = start + host;
        // What comes before the last `@` in front of the path is user and password.
        let path = authority.rfind('@').map(|at| &authority[..at]);
        let Some((user, password)) = path.and_then(|it| it.split_once(':')) else {
            continue;
        };
        let digits = run(password.as_bytes(), |it| it.is_ascii_digit());
        let is_port = user.contains(['/', '?', '#']) || password[digits..].starts_with('/');
        if is_port || password.is_empty() || super::assigned::is_placeholder(password) {
            continue;
        }
        let from = start + user.len() + 1;
        found.push(Secret {
            range: from..from + password.len(),
            kind: "password",
        });
    }
    found
}

/// What follows `Bearer` or `Basic`, when it is long enough to be more than a word.
fn authorisations(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    const LEAST: usize = 16;
    for scheme in ["Bearer ", "bearer ", "Basic ", "basic "] {
        for (at, _) in text.match_indices(scheme) {
            let from = at + scheme.len();
            let bytes = &text.as_bytes()[from..];
            // A scheme's name holds a blank, so no byte is looked at twice.
            let length = run(bytes, |it| is_token_byte(it) || b"+/=~".contains(&it));
            let varied = bytes[..length].iter().any(u8::is_ascii_digit);
            if length >= LEAST && varied {
                found.push(Secret {
                    range: from..from + length,
                    kind: "authorisation",
                });
            }
        }
    }
    found
}
