//! Tests of redaction. The secrets here are made up as they are read, so that none stands in this file.

use super::*;

fn redact(text: &str) -> String {
    Redactor::default().redact(text).into_owned()
}

/// Letters and digits that look like a secret of `length` characters.
fn noise(length: usize) -> String {
    let letters: Vec<char> = "Ab3dE9fGh1jKm7nPq5rStU2vWx8yZ".chars().collect();
    letters.iter().cycle().take(length).collect()
}

#[test]
fn secrets_of_a_known_form_go() {
    let upper = noise(16).to_ascii_uppercase();
    let key = format!(
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
        noise(64)
    );
    for (secret, kind) in [
        (format!("AKIA{upper}"), "aws-access-key"),
        (format!("ghp_{}", noise(36)), "github-token"),
        (format!("github_pat_{}", noise(60)), "github-token"),
        (format!("glpat-{}", noise(20)), "gitlab-token"),
        (format!("xoxb-{}", noise(40)), "slack-token"),
        (format!("sk-ant-api03-{}", noise(80)), "anthropic-key"),
        (format!("sk-{}", noise(48)), "api-key"),
        (format!("sk_live_{}", noise(24)), "stripe-key"),
        (format!("AIza{}", noise(35)), "google-key"),
        (format!("npm_{}", noise(36)), "npm-token"),
        (format!("hf_{}", noise(34)), "huggingface-token"),
        (
            format!("eyJ{}.ey{}.{}", noise(20), noise(30), noise(40)),
            "web-token",
        ),
        (key.clone(), "private-key"),
        (key.replace('\n', "\\n"), "private-key"),
    ] {
        for (before, after) in [
            ("", ""),
            ("x = \"", "\";"),
            ("a,", ",b"),
            ("see ", " there"),
            ("é", "é"),
        ] {
            let told = redact(&format!("{before}{secret}{after}"));
            assert_eq!(
                told,
                format!("{before}[redacted {kind}]{after}"),
                "{secret}"
            );
        }
    }
}

#[test]
fn passwords_in_addresses_and_headers_go() {
    let secret = noise(20);
    for (text, kept) in [
        (
            format!("postgres://app:{secret}@db:5432/x"),
            "postgres://app:[redacted password]@db:5432/x",
        ),
        (
            format!("\"mongodb+srv://u:p@{secret}@h/db\""),
            "\"mongodb+srv://u:[redacted password]@h/db\"",
        ),
        (
            format!("Authorization: Bearer {secret}"),
            "Authorization: Bearer [redacted authorisation]",
        ),
        (
            format!("PASSWORD={secret}"),
            "PASSWORD=[redacted assigned-secret]",
        ),
        (
            format!("{{\"api_key\": \"{secret}\"}}"),
            "{\"api_key\": \"[redacted assigned-secret]\"}",
        ),
        (
            format!("//r/:_authToken={secret}"),
            "//r/:_authToken=[redacted assigned-secret]",
        ),
        (
            format!("let client_secret = '{secret}';"),
            "let client_secret = '[redacted assigned-secret]';",
        ),
        (
            format!("{{\\\"token\\\": \\\"{secret}\\\"}}"),
            "{\\\"token\\\": \\\"[redacted assigned-secret]\\\"}",
        ),
    ] {
        assert_eq!(redact(&text), kept);
    }
}

#[test]
fn a_key_that_is_cut_off_goes_to_its_end() {
    let text = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n{}\"; next",
        noise(64),
        noise(20)
    );
    assert_eq!(redact(&text), "[redacted private-key]\"; next");
}

#[test]
fn code_and_words_stay() {
    for text in [
        "let token = next_token(input)?;",
        "password = os.environ[\"DB_PASSWORD\"]",
        "secret: &str, token: String, api_key: Option<String>",
        "if password == other_password2 { return }",
        "max_tokens = 4096000000",
        "postgres://user:${PASSWORD}@host/db",
        "http://localhost:8080/a@b",
        "API_KEY=your_api_key_1234567",
        "the secret: never give up on 2 things",
        "sk-learn is a library, ghp_ a prefix, AKIA too",
        "-----BEGIN PUBLIC KEY-----\nMIIB0123456789\n-----END PUBLIC KEY-----",
        "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
        "eyJust a word",
        "token_url = \"https://example.org/oauth2\"",
    ] {
        assert_eq!(redact(text), text);
    }
}

#[test]
fn values_of_an_environment_file_go_wherever_they_stand() {
    let (first, second) = (noise(12), noise(30));
    let file = format!(
        "# notes\nexport DB_PASS=\"{first}\"\nHANDLE={second} # why\nDEBUG=true\nPORT=30001234\nHOST=http://localhost:3000\nMODE=production\nAPI_TOKEN=abcd\n"
    );
    let redactor = Redactor::with_environment([file.as_str()]);
    assert_eq!(redactor.learnt(), 3);
    let text = format!("a {first}{second} abcd http://localhost:3000 production 30001234");
    let gone = "[redacted environment-value]";
    assert_eq!(
        redactor.redact(&text),
        format!("a {gone}{gone} {gone} http://localhost:3000 production 30001234")
    );
}

#[test]
fn of_secrets_that_overlap_nothing_is_left() {
    let value = format!("{},{}", noise(12), noise(20));
    let redactor = Redactor::with_environment([format!("KEYS={value}").as_str()]);
    let text = format!("password=x1{value} end");
    assert_eq!(
        redactor.redact(&text),
        "password=[redacted assigned-secret] end"
    );
}

#[test]
fn redacting_twice_is_the_same_as_once_and_long_text_ends() {
    let begin = "-----BEGIN RSA PRIVATE KEY-----";
    for unit in [
        "eyJ-",
        "://a:",
        "password=",
        "-----BEGIN ",
        begin,
        "AKIA",
        "Bearer a",
        "é\\n",
        "token: \"1a",
    ] {
        let text = unit.repeat(20_000 / unit.len());
        let once = redact(&text);
        assert_eq!(redact(&once), once, "{unit}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_cut_at_letters(text in "(?s)[a-z\"'\\\\=: é\n-]{0,80}(token|password|://|ghp_|eyJ)?.{0,60}") {
        let once = redact(&text);
        proptest::prop_assert!(redact(&once).len() <= once.len() + 64);
    }
}

#[test]
fn long_values_go_to_their_last_byte() {
    let secret = noise(5_000);
    for text in [
        format!("API_TOKEN={secret} after"),
        format!("api_token: \"{secret}\" after"),
        format!("Authorization: Bearer {secret} after"),
    ] {
        let told = redact(&text);
        assert!(
            !told.contains(&secret[4_990..]) && told.ends_with("after"),
            "{told}"
        );
    }
    let harmless = "token=".repeat(100_000);
    assert_eq!(redact(&harmless), harmless);
}

#[test]
fn values_of_several_lines_and_of_variables_are_learnt() {
    let (first, second) = (noise(40), noise(43));
    let file =
        format!("A=1\nKEY=\"-----BEGIN X-----\n{first}\n{second}\n\"\nNAME='Some \"One\" 77'\n");
    let redactor = Redactor::of(
        [file.as_str()],
        [("SIGNING_KEY", "Quoted\"Value9"), ("PATH", "/usr/bin:/bin")],
    );
    for text in [
        format!("1\t{first}\n2\t{second}"),
        format!("{first}\\n{second}"),
        "it is Some \"One\" 77 or Some \\\"One\\\" 77".to_owned(),
        "{\"x\": \"Quoted\\\"Value9\"}".to_owned(),
    ] {
        let told = redactor.redact(&text);
        for part in [first.as_str(), second.as_str(), "One", "Quoted"] {
            assert!(!told.contains(part), "{told}");
        }
    }
    assert_eq!(redactor.redact("/usr/bin:/bin"), "/usr/bin:/bin");
    assert_eq!(Redactor::markers(redactor.redact(&first).as_bytes()), 1);
    assert_eq!(Redactor::markers(b"[redacted ] [redacted it says]"), 0);
}
