//! The contract of every provider, against doubles; and what is particular to each.

mod anthropic;
mod chat;
mod contract;
mod double;
mod responses;
mod wire;

use model::{Key, Limits, Profile};
use model_http::{Endpoint, Settings};

use crate::contract::{Bounds, KEY};
use crate::double::Seen;

/// What the models here can hold.
fn profile() -> Profile {
    Profile {
        context_tokens: 1000,
        output_tokens_max: 100,
        strategy: model::Strategy::Tools,
        writes_plans: true,
        native_tools: true,
        images: true,
        goes_on: false,
    }
}

fn settings(base: &str, bounds: Bounds) -> Settings {
    let mut settings = Settings::new(Endpoint::parse(base).unwrap(), profile());
    settings.key = Some(Key::new(KEY).unwrap());
    let shipped = Limits::default();
    settings.limits = Limits {
        first: bounds.silence.unwrap_or(shipped.first),
        idle: bounds.silence.unwrap_or(shipped.idle),
        total: bounds.total.unwrap_or(shipped.total),
        answer_bytes: bounds.bytes.unwrap_or(shipped.answer_bytes),
        ..shipped
    };
    settings
}

/// What OpenAI's servers, and those that speak like them, want to see first.
fn bearer(seen: &Seen) -> Result<(), String> {
    let bearer = format!("Bearer {KEY}");
    match seen.header("authorization") == Some(&bearer) {
        true => Ok(()),
        false => Err("the key is wrong".to_owned()),
    }
}

/// What a real server refuses of a picture in an address.
pub(crate) fn is_picture_url(url: &serde_json::Value) -> Result<(), String> {
    let url = url.as_str().ok_or("an address is a text")?;
    let parts = url
        .strip_prefix("data:")
        .and_then(|it| it.split_once(";base64,"));
    let (media_type, data) = parts.ok_or("the address holds no picture")?;
    contract::is_picture(media_type, data)
}

/// An event as bytes.
fn event(name: &str, data: &serde_json::Value) -> Vec<u8> {
    let name = match name {
        "" => String::new(),
        name => format!("event: {name}\n"),
    };
    format!("{name}data: {data}\n\n").into_bytes()
}
