//! The sizes of a network, as a file's metadata gives them.

use crate::weights::WeightsError;
use candle_core::quantized::gguf_file::{Content, Value};

/// The architectures that are understood.
const ARCHITECTURES: [&str; 3] = ["qwen2", "qwen3", "llama"];

/// The base of the rotary frequencies of files that name none.
const ROTARY_BASE: f32 = 10_000.0;

/// Sizes beyond these are not a model that fits this machine; they bound every later product of sizes.
const LAYERS_MAX: usize = 1024;
const WIDTH_MAX: usize = 1 << 20;

/// The size of a head must be a multiple of this: attention works on so many numbers at once.
pub(crate) const HEAD_SIZE_STEP: usize = 16;

/// The sizes and constants of a network.
#[derive(Debug, Clone, Default, PartialEq)]
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
    /// By what the speed of each pair is divided; nothing when there is no such table.
    pub(crate) rotary_stretch: Vec<f32>,
    /// Whether the numbers of a pair stand side by side, as in files of Llama models.
    pub(crate) rotary_side_by_side: bool,
    /// Rows of the embedding: at least one for each token.
    pub(crate) rows: usize,
    /// Tokens that the network was trained to hold.
    pub(crate) context_tokens: u32,
}

impl Shape {
    /// Numbers in the keys, and in the values, of one token in one layer.
    pub(crate) fn kv_size(&self) -> usize {
        self.kv_heads * self.head_size
    }

    /// Numbers in the queries of one token in one layer.
    pub(crate) fn query_size(&self) -> usize {
        self.heads * self.head_size
    }

    /// Reads and checks the sizes in `content`; what only the tensors tell is left empty.
    pub(crate) fn read(content: &Content) -> Result<Self, WeightsError> {
        let metadata = Metadata::read(content)?;
        metadata.refuse_scaled_rotation()?;
        let hidden = metadata.size("embedding_length", WIDTH_MAX)?;
        let heads = metadata.size("attention.head_count", hidden)?;
        let kv_heads = metadata.size("attention.head_count_kv", heads)?;
        let head_size = match metadata.has("attention.key_length") {
            true => metadata.size("attention.key_length", WIDTH_MAX)?,
            false if hidden.is_multiple_of(heads) => hidden / heads,
            false => 0,
        };
        let shape = Self {
            layers: metadata.size("block_count", LAYERS_MAX)?,
            hidden,
            feed_forward: metadata.size("feed_forward_length", WIDTH_MAX)?,
            heads,
            kv_heads,
            head_size,
            epsilon: metadata.positive("attention.layer_norm_rms_epsilon")?,
            rotary_base: match metadata.has("rope.freq_base") {
                true => metadata.positive("rope.freq_base")?,
                false => ROTARY_BASE,
            },
            rotary_stretch: Vec::new(),
            rotary_side_by_side: metadata.architecture == "llama",
            rows: 0,
            context_tokens: metadata.context()?,
        };
        let fits = head_size > 0 && head_size.is_multiple_of(HEAD_SIZE_STEP);
        if !fits || !heads.is_multiple_of(kv_heads) {
            return Err(WeightsError::Heads {
                hidden,
                heads,
                kv_heads,
            });
        }
        Ok(shape)
    }
}

struct Metadata<'a> {
    content: &'a Content,
    architecture: &'a str,
}

impl<'a> Metadata<'a> {
    fn read(content: &'a Content) -> Result<Self, WeightsError> {
        const KEY: &str = "general.architecture";
        match content.metadata.get(KEY) {
            Some(Value::String(it)) if ARCHITECTURES.contains(&it.as_str()) => Ok(Self {
                content,
                architecture: it,
            }),
            Some(Value::String(it)) => Err(WeightsError::Architecture(it.clone())),
            Some(_) => Err(WeightsError::Metadata(KEY.to_owned())),
            None => Err(WeightsError::Missing(KEY.to_owned())),
        }
    }

    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.architecture)
    }

    fn has(&self, name: &str) -> bool {
        self.content.metadata.contains_key(&self.key(name))
    }

    fn value(&self, key: &str) -> Result<&Value, WeightsError> {
        let found = self.content.metadata.get(key);
        found.ok_or_else(|| WeightsError::Missing(key.to_owned()))
    }

    fn size(&self, name: &str, max: usize) -> Result<usize, WeightsError> {
        let key = self.key(name);
        let size = self.value(&key)?.to_u64().ok();
        size.and_then(|size| usize::try_from(size).ok())
            .filter(|size| (1..=max).contains(size))
            .ok_or(WeightsError::Metadata(key))
    }

    fn positive(&self, name: &str) -> Result<f32, WeightsError> {
        let key = self.key(name);
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
        let key = self.key("rope.scaling.type");
        match self.content.metadata.get(&key) {
            None => Ok(()),
            Some(Value::String(kind)) if kind == "none" => Ok(()),
            Some(_) => Err(WeightsError::Metadata(key)),
        }
    }
}
