//! The sizes of a Qwen2 network, as a file's metadata gives them.

use crate::weights::WeightsError;
use candle_core::quantized::gguf_file::{Content, Value};

/// The only architecture that is understood.
const ARCHITECTURE: &str = "qwen2";

/// Sizes beyond these are not a model that fits this machine; they bound every later product of sizes.
const LAYERS_MAX: usize = 1024;
const WIDTH_MAX: usize = 1 << 20;

/// The size of a head must be a multiple of this: attention works on so many numbers at once.
pub(crate) const HEAD_SIZE_STEP: usize = 16;

/// The sizes and constants of a network.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    /// Transformer layers.
    pub(crate) layers: usize,
    /// Numbers that stand for one token between layers.
    pub(crate) hidden: usize,
    /// Numbers inside the feed-forward part.
    pub(crate) feed_forward: usize,
    /// Query heads.
    pub(crate) heads: usize,
    /// Key and value heads; each serves `heads / kv_heads` query heads.
    pub(crate) kv_heads: usize,
    /// Numbers in one head.
    pub(crate) head_size: usize,
    /// Added to the mean square in each normalisation.
    pub(crate) epsilon: f32,
    /// Base of the rotary frequencies.
    pub(crate) rotary_base: f32,
    /// Tokens that the network was trained to hold.
    pub(crate) context_tokens: u32,
}

impl Shape {
    /// Numbers in the keys, and in the values, of one token in one layer.
    pub(crate) fn kv_size(&self) -> usize {
        self.kv_heads * self.head_size
    }

    /// Reads and checks the sizes in `content`.
    pub(crate) fn read(content: &Content) -> Result<Self, WeightsError> {
        let metadata = Metadata(content);
        let architecture = metadata.text("general.architecture")?;
        if architecture != ARCHITECTURE {
            return Err(WeightsError::Architecture(architecture.to_owned()));
        }
        metadata.refuse_scaled_rotation()?;
        let hidden = metadata.size("embedding_length", WIDTH_MAX)?;
        let heads = metadata.size("attention.head_count", hidden)?;
        let kv_heads = metadata.size("attention.head_count_kv", heads)?;
        let shape = Self {
            layers: metadata.size("block_count", LAYERS_MAX)?,
            hidden,
            feed_forward: metadata.size("feed_forward_length", WIDTH_MAX)?,
            heads,
            kv_heads,
            head_size: hidden / heads,
            epsilon: metadata.positive("attention.layer_norm_rms_epsilon")?,
            rotary_base: metadata.positive("rope.freq_base")?,
            context_tokens: metadata.context()?,
        };
        let divides = hidden.is_multiple_of(heads) && heads.is_multiple_of(kv_heads);
        if !divides || !shape.head_size.is_multiple_of(HEAD_SIZE_STEP) {
            return Err(WeightsError::Heads {
                hidden,
                heads,
                kv_heads,
            });
        }
        Ok(shape)
    }
}

struct Metadata<'a>(&'a Content);

impl Metadata<'_> {
    fn value(&self, key: &str) -> Result<&Value, WeightsError> {
        let found = self.0.metadata.get(key);
        found.ok_or_else(|| WeightsError::Missing(key.to_owned()))
    }

    fn text(&self, key: &str) -> Result<&str, WeightsError> {
        match self.value(key)? {
            Value::String(text) => Ok(text),
            _ => Err(WeightsError::Metadata(key.to_owned())),
        }
    }

    fn size(&self, name: &str, max: usize) -> Result<usize, WeightsError> {
        let key = format!("{ARCHITECTURE}.{name}");
        let size = self.value(&key)?.to_u64().ok();
        size.and_then(|size| usize::try_from(size).ok())
            .filter(|size| (1..=max).contains(size))
            .ok_or(WeightsError::Metadata(key))
    }

    fn positive(&self, name: &str) -> Result<f32, WeightsError> {
        let key = format!("{ARCHITECTURE}.{name}");
        match self.value(&key)? {
            &Value::F32(number) if number.is_finite() && number > 0.0 => Ok(number),
            _ => Err(WeightsError::Metadata(key)),
        }
    }

    fn context(&self) -> Result<u32, WeightsError> {
        let tokens = self.size("context_length", u32::MAX as usize)?;
        Ok(u32::try_from(tokens).unwrap_or(u32::MAX))
    }

    /// Stretched rotary embeddings change the arithmetic; no file that is offered has them.
    fn refuse_scaled_rotation(&self) -> Result<(), WeightsError> {
        let key = format!("{ARCHITECTURE}.rope.scaling.type");
        match self.0.metadata.get(&key) {
            None => Ok(()),
            Some(Value::String(kind)) if kind == "none" => Ok(()),
            Some(_) => Err(WeightsError::Metadata(key)),
        }
    }
}
