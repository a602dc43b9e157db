//! What models can hold and what they cost: a data file, and the user's own before it.
//!
//! The facts stand in `catalogue.json` beside this crate's `src`. What is not known stays unknown: a price that nobody has
//! written down is not zero.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::{ModelId, Money, Strategy, Usage};

static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::parse(include_str!("../catalogue.json"))
        .expect("catalogue.json is part of this crate and a test reads it")
});

/// Picodollars in a nano-dollar.
const PICOS_PER_NANO: u128 = 1000;

/// Facts about models, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    entries: Vec<Entry>,
}

/// Facts about the models that a name stands for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// A model's id, in which each `*` stands for any text.
    pub model: String,
    /// Tokens that prompt and answer may have together.
    pub context_tokens: Option<u32>,
    /// Most tokens of one answer.
    pub output_tokens: Option<u32>,
    /// The turn loop that suits it.
    pub strategy: Option<Strategy>,
    /// Whether it takes pictures.
    pub images: Option<bool>,
    /// What a million tokens cost, in US dollars.
    pub usd_per_million: Option<Price>,
}

/// What a million tokens cost, in US dollars.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Input that is read anew.
    pub input: f64,
    /// Input that was kept from earlier.
    pub cached: f64,
    /// Input that is kept from now on.
    pub cache_write: f64,
    /// Output.
    pub output: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "as_of")]
    _as_of: Option<String>,
    models: Vec<Entry>,
}

impl Catalogue {
    /// The catalogue that ships.
    #[must_use]
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// Reads a catalogue in the form of `catalogue.json`.
    ///
    /// # Errors
    ///
    /// [`CatalogueError`] naming what is not as it should be.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        let file: File =
            serde_json::from_str(text).map_err(|error| CatalogueError(error.to_string()))?;
        for entry in &file.models {
            entry
                .check()
                .map_err(|why| CatalogueError(format!("{}: {why}", entry.model)))?;
        }
        Ok(Self {
            entries: file.models,
        })
    }

    /// This catalogue, with `other` for what it does not say.
    #[must_use]
    pub fn before(mut self, other: &Self) -> Self {
        self.entries.extend(other.entries.iter().cloned());
        self
    }

    /// The price of a model, if somebody has written it down.
    #[must_use]
    pub fn price(&self, model: &ModelId) -> Option<Price> {
        self.find(model, |it| it.usd_per_million)
    }

    /// Tokens of a model's context.
    #[must_use]
    pub fn context_tokens(&self, model: &ModelId) -> Option<u32> {
        self.find(model, |it| it.context_tokens)
    }

    /// Most tokens of one answer of a model.
    #[must_use]
    pub fn output_tokens(&self, model: &ModelId) -> Option<u32> {
        self.find(model, |it| it.output_tokens)
    }

    /// The turn loop that suits a model, where somebody has tried.
    #[must_use]
    pub fn strategy(&self, model: &ModelId) -> Option<Strategy> {
        self.find(model, |it| it.strategy)
    }

    /// Whether a model takes pictures, where somebody has written it down.
    #[must_use]
    pub fn images(&self, model: &ModelId) -> Option<bool> {
        self.find(model, |it| it.images)
    }

    /// A fact from the entry that fits best, which is the one that says most of the name; of two alike the earlier one.
    fn find<T>(&self, model: &ModelId, fact: impl Fn(&Entry) -> Option<T>) -> Option<T> {
        let name = model.to_string();
        let fitting = self.entries.iter().filter(|it| fits(&it.model, &name));
        let mut best: Option<(usize, T)> = None;
        for entry in fitting {
            let letters = entry.model.chars().filter(|it| *it != '*').count();
            if let Some(fact) = fact(entry)
                && best.as_ref().is_none_or(|(most, _)| letters > *most)
            {
                best = Some((letters, fact));
            }
        }
        best.map(|(_, fact)| fact)
    }
}

impl Entry {
    fn check(&self) -> Result<(), &'static str> {
        if !self.model.contains('/') {
            return Err("it is no PROVIDER/NAME");
        }
        let numbers = self.usd_per_million.iter();
        let numbers = numbers.flat_map(|it| [it.input, it.cached, it.cache_write, it.output]);
        for number in numbers {
            if !(0.0..=1e6).contains(&number) {
                return Err("a price is from 0 to 1000000 dollars");
            }
        }
        match self.context_tokens == Some(0) || self.output_tokens == Some(0) {
            true => Err("a model holds at least one token"),
            false => Ok(()),
        }
    }
}

impl Price {
    /// What `usage` costs, rounded up to a nano-dollar.
    #[must_use]
    pub fn of(&self, usage: &Usage) -> Money {
        // Dollars per million tokens are microdollars per token: a million picodollars.
        let cost = |tokens: u64, price: f64| u128::from(tokens) * (price * 1e6).round() as u128;
        let kept = usage.cached_tokens.saturating_add(usage.cache_write_tokens);
        let picos = cost(usage.input_tokens.saturating_sub(kept), self.input)
            + cost(usage.cached_tokens, self.cached)
            + cost(usage.cache_write_tokens, self.cache_write)
            + cost(usage.output_tokens, self.output);
        let nanos = picos.div_ceil(PICOS_PER_NANO);
        Money::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// Whether `name` is what `pattern` says, in which each `*` stands for any text.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((beginning, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut left) = name.strip_prefix(beginning) else {
        return false;
    };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// A catalogue that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be read: {0}")]
pub struct CatalogueError(String);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(text: &str) -> ModelId {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check_fits(pattern: &str, name: &str, expected: bool) {
        assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
    }

    #[test]
    fn stars() {
        check_fits("a/b", "a/b", true);
        check_fits("a/b", "a/bc", false);
        check_fits("a/*", "a/", true);
        check_fits("a/*-1", "a/b-1", true);
        check_fits("a/*-1", "a/b-1-2", false);
        check_fits("a/*x*y", "a/1x2y", true);
        check_fits("a/*x*y", "a/1y2x", false);
        check_fits("a/*x*", "a/x", true);
        check_fits("a/x*x", "a/x", false);
    }

    #[track_caller]
    fn check_price(model: &str, input: Option<f64>) {
        let price = Catalogue::shipped().price(&id(model));
        assert_eq!(price.map(|it| it.input), input, "{model}");
    }

    #[test]
    fn the_shipped_catalogue_is_whole() {
        check_price("anthropic/claude-sonnet-4-20250514", Some(3.0));
        check_price("anthropic/claude-opus-4-1-20250805", Some(15.0));
        check_price("anthropic/claude-opus-4-5", Some(5.0));
        check_price(
            "bedrock/us.anthropic.claude-sonnet-4-20250514-v1:0",
            Some(3.0),
        );
        check_price(
            "bedrock/anthropic.claude-3-7-sonnet-20250219-v1:0",
            Some(3.0),
        );
        check_price("openai/gpt-5", Some(1.25));
        check_price("local/anything", Some(0.0));
        check_price("openai/qwen2.5-coder", None);
        check_price("anthropic/claude-sonnet-5-5", None);
        let images = |it: &str| Catalogue::shipped().images(&id(it));
        assert_eq!(images("anthropic/claude-sonnet-4-5"), Some(true));
        assert_eq!(images("bedrock/us.amazon.nova-pro-v1:0"), Some(true));
        assert_eq!(images("openai/qwen2.5-coder"), None);
        for provider in ["anthropic", "bedrock", "openai"] {
            let model = id(&format!("{provider}/unheard-of"));
            assert!(Catalogue::shipped().context_tokens(&model).is_some());
            assert!(Catalogue::shipped().output_tokens(&model).is_some());
        }
    }

    #[test]
    fn prices_are_exact() {
        let price = Catalogue::shipped()
            .price(&id("anthropic/claude-sonnet-4-0"))
            .unwrap();
        let usage = Usage {
            input_tokens: 1_000_000,
            cached_tokens: 600_000,
            cache_write_tokens: 100_000,
            output_tokens: 10_000,
            ..Usage::default()
        };
        // 0.3 M × 3 + 0.6 M × 0.3 + 0.1 M × 3.75 + 0.01 M × 15
        assert_eq!(price.of(&usage).to_string(), "$1.6050");
        let one = Usage {
            output_tokens: 1,
            ..Usage::default()
        };
        assert_eq!(price.of(&one), Money::from_nanos(15_000));
    }

    #[test]
    fn the_users_own_comes_first_and_the_longer_name_too() {
        let own = r#"{"models": [
            {"model": "openai/gpt-5", "usd_per_million": {"input": 9, "cached": 9, "cache_write": 9, "output": 9}},
            {"model": "openai/mine*", "context_tokens": 4096}]}"#;
        let both = Catalogue::parse(own).unwrap().before(Catalogue::shipped());
        assert_eq!(both.price(&id("openai/gpt-5")).unwrap().input, 9.0);
        assert_eq!(both.context_tokens(&id("openai/gpt-5")), Some(400_000));
        assert_eq!(both.context_tokens(&id("openai/mine-7b")), Some(4096));
        assert_eq!(both.output_tokens(&id("openai/mine-7b")), Some(16_384));
    }

    #[test]
    fn catalogues_that_are_refused() {
        let price = |it: &str| {
            format!(
                r#"{{"models":[{{"model":"a/b","usd_per_million":{{"input":{it},"cached":0,"cache_write":0,"output":0}}}}]}}"#
            )
        };
        for text in [
            "",
            "[]",
            r#"{"models":[{"model":"a/b","contxt_tokens":1}]}"#,
            r#"{"models":[{"model":"ab"}]}"#,
            r#"{"models":[{"model":"a/b","context_tokens":0}]}"#,
            &price("-1"),
            &price("1e9"),
            &price("\"3\""),
        ] {
            assert!(Catalogue::parse(text).is_err(), "{text}");
        }
        assert!(Catalogue::parse(&price("0.5")).is_ok());
    }

    proptest! {
        #[test]
        fn a_cost_is_never_less_than_its_parts(input in 0..1_000_000_u64, output in 0..1_000_000_u64, price in 0.0..100.0_f64) {
            let price = Price { input: price, cached: price, cache_write: price, output: price };
            let of = |input_tokens, output_tokens| price.of(&Usage { input_tokens, output_tokens, ..Usage::default() });
            let parts = of(input, 0) + of(0, output);
            let whole = of(input, output);
            prop_assert!(whole <= parts && parts.nanos() - whole.nanos() <= 1);
        }
    }
}
