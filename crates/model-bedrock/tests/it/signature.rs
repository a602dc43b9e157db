//! AWS Signature Version 4, as the server computes it.

use sha2::{Digest, Sha256};

use crate::double::Seen;

/// The id of the one access key that the double knows.
pub(crate) const KEY_ID: &str = "AKIDEXAMPLE";

/// Its secret, which never travels.
pub(crate) const SECRET: &str = crate::contract::KEY;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 64;
    let mut block = [0; BLOCK];
    block[..key.len()].copy_from_slice(key);
    let pad = |with: u8| block.map(|it| it ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message);
    let outer = Sha256::new().chain_update(pad(0x5c));
    outer.chain_update(inner.finalize()).finalize().to_vec()
}

/// The path as it is signed: every byte that is no plain letter is written as a number once more.
fn signed_path(path: &str) -> String {
    let letter = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    path.bytes().map(letter).collect()
}

/// Whether a request is signed for `region` with the key.
pub(crate) fn check(seen: &Seen, region: &str) -> Result<(), String> {
    let head = seen
        .header("authorization")
        .ok_or("there is no authorization")?;
    let fields = head
        .strip_prefix("AWS4-HMAC-SHA256 ")
        .ok_or("it is not signed")?;
    let field = |name: &str| {
        let mut fields = fields.split(", ");
        let found = fields.find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
        found.ok_or_else(|| format!("there is no {name}"))
    };
    let date = seen.header("x-amz-date").ok_or("there is no date")?;
    let day = date.get(..8).ok_or("the date is none")?;
    let scope = format!("{day}/{region}/bedrock/aws4_request");
    if field("Credential")? != format!("{KEY_ID}/{scope}") {
        return Err(format!("the scope is {}", field("Credential")?));
    }
    let names = field("SignedHeaders")?;
    for needed in ["host", "x-amz-date"] {
        if !names.split(';').any(|it| it == needed) {
            return Err(format!("{needed} is not signed"));
        }
    }
    let headers: String = names
        .split(';')
        .map(|name| format!("{name}:{}\n", seen.header(name).unwrap_or_default()))
        .collect();
    let canonical = format!(
        "POST\n{}\n\n{headers}\n{names}\n{}",
        signed_path(&seen.path),
        hex(&Sha256::digest(&seen.raw))
    );
    let hash = hex(&Sha256::digest(canonical.as_bytes()));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
    let first = format!("AWS4{SECRET}");
    let parts = [day, region, "bedrock", "aws4_request"];
    let key = parts
        .iter()
        .fold(first.into_bytes(), |key, part| hmac(&key, part.as_bytes()));
    match field("Signature")? == hex(&hmac(&key, text.as_bytes())) {
        true => Ok(()),
        false => Err("the signature does not match".to_owned()),
    }
}

/// The example of RFC 4231, so that the double itself is right.
#[test]
fn the_code_is_the_known_one() {
    let code = hmac(b"Jefe", b"what do ya want for nothing?");
    assert_eq!(
        hex(&code),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}
