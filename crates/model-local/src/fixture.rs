//! A tiny model with random weights, written as a GGUF file by the tests that need one.

use crate::vocabulary::{Token, letter_of};
use crate::{Kernels, LocalModel};
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use tempfile::TempDir;

pub(crate) const LAYERS: usize = 3;
pub(crate) const HIDDEN: usize = 256;
pub(crate) const FEED_FORWARD: usize = 512;
pub(crate) const HEADS: usize = 8;
pub(crate) const KV_HEADS: usize = 2;
pub(crate) const HEAD_SIZE: usize = HIDDEN / HEADS;
pub(crate) const EPSILON: f32 = 1e-6;
pub(crate) const ROTARY_BASE: f32 = 10_000.0;
pub(crate) const CONTEXT_TOKENS: u32 = 400;
/// More rows than tokens, as in the published files.
pub(crate) const ROWS: usize = 272;

pub(crate) const MERGED: [&str; 3] = ["in", "Ġt", "Ġth"];
const MERGES: [&str; 3] = ["i n", "Ġ t", "Ġt h"];
const MARKERS: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
pub(crate) const MESSAGE_START: Token = 256 + MERGED.len() as Token + 1;
pub(crate) const MESSAGE_END: Token = MESSAGE_START + 1;

/// Which architecture the model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Architecture {
    Qwen2,
    Qwen3,
    Llama,
}

impl Architecture {
    fn name(self) -> &'static str {
        match self {
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Llama => "llama",
        }
    }
}

/// How the weights are stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    /// As 32-bit numbers.
    Whole,
    /// As the published file has them: Q4_K, and Q6_K for some.
    Quantised,
    /// All matrices in one format.
    All(GgmlDType),
}

/// A written model and the numbers that its file stands for.
pub(crate) struct Tiny {
    _folder: TempDir,
    pub(crate) path: PathBuf,
    pub(crate) tensors: BTreeMap<String, Vec<f32>>,
    pub(crate) tied: bool,
    pub(crate) architecture: Architecture,
}

impl Tiny {
    /// Writes a Qwen2 model whose weights follow from `seed`. `tied` leaves the output to the embedding.
    pub(crate) fn write(storage: Storage, tied: bool, seed: u64) -> Self {
        Self::of(Architecture::Qwen2, storage, tied, seed)
    }

    /// Writes a model of `architecture`.
    pub(crate) fn of(architecture: Architecture, storage: Storage, tied: bool, seed: u64) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("tiny.gguf");
        let mut writer = Writer {
            storage,
            noise: Noise(seed),
            tensors: Vec::new(),
        };
        writer.network(architecture, tied);
        let metadata = metadata(architecture);
        let metadata: Vec<_> = metadata
            .iter()
            .map(|(key, value)| (key.as_str(), value))
            .collect();
        let tensors: Vec<_> = writer
            .tensors
            .iter()
            .map(|(name, it)| (name.as_str(), it))
            .collect();
        gguf_file::write(&mut File::create(&path).unwrap(), &metadata, &tensors).unwrap();
        let numbers = |tensor: &QTensor| {
            let tensor = tensor.dequantize(&Device::Cpu).unwrap();
            tensor.flatten_all().unwrap().to_vec1().unwrap()
        };
        let tensors = writer
            .tensors
            .iter()
            .map(|(name, it)| (name.clone(), numbers(it)));
        Self {
            _folder: folder,
            path,
            tensors: tensors.collect(),
            tied,
            architecture,
        }
    }

    pub(crate) fn open(&self) -> LocalModel {
        self.open_with(Kernels::Best)
    }

    pub(crate) fn open_with(&self, kernels: Kernels) -> LocalModel {
        LocalModel::open_with(&self.path, "local/tiny".parse().unwrap(), kernels).unwrap()
    }
}

/// Numbers that look random and follow from a seed.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn next(&mut self) -> u64 {
        // Knuth's linear congruential generator; its upper bits are good enough for weights.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// A number between -1 and 1.
    pub(crate) fn number(&mut self) -> f32 {
        self.next() as f32 / (1u64 << 30) as f32 - 1.0
    }
}

struct Writer {
    storage: Storage,
    noise: Noise,
    tensors: Vec<(String, QTensor)>,
}

impl Writer {
    fn network(&mut self, architecture: Architecture, tied: bool) {
        const KV: usize = KV_HEADS * HEAD_SIZE;
        use GgmlDType::{Q4K, Q6K};
        self.matrix("token_embd.weight", ROWS, HIDDEN, Q4K);
        if !tied {
            self.matrix("output.weight", ROWS, HIDDEN, Q6K);
        }
        self.vector("output_norm.weight", HIDDEN, 1.0);
        for layer in 0..LAYERS {
            // The published file mixes the two kinds between layers.
            let mixed = if layer == 1 { Q4K } else { Q6K };
            let name = |part: &str| format!("blk.{layer}.{part}");
            self.vector(&name("attn_norm.weight"), HIDDEN, 1.0);
            self.matrix(&name("attn_q.weight"), HIDDEN, HIDDEN, Q4K);
            self.matrix(&name("attn_k.weight"), KV, HIDDEN, Q4K);
            self.matrix(&name("attn_v.weight"), KV, HIDDEN, mixed);
            match architecture {
                Architecture::Qwen2 => {
                    self.vector(&name("attn_q.bias"), HIDDEN, 0.0);
                    self.vector(&name("attn_k.bias"), KV, 0.0);
                    self.vector(&name("attn_v.bias"), KV, 0.0);
                }
                Architecture::Qwen3 => {
                    self.vector(&name("attn_q_norm.weight"), HEAD_SIZE, 1.0);
                    self.vector(&name("attn_k_norm.weight"), HEAD_SIZE, 1.0);
                }
                Architecture::Llama => {}
            }
            self.matrix(&name("attn_output.weight"), HIDDEN, HIDDEN, Q4K);
            self.vector(&name("ffn_norm.weight"), HIDDEN, 1.0);
            self.matrix(&name("ffn_gate.weight"), FEED_FORWARD, HIDDEN, Q4K);
            self.matrix(&name("ffn_up.weight"), FEED_FORWARD, HIDDEN, Q4K);
            self.matrix(&name("ffn_down.weight"), HIDDEN, FEED_FORWARD, mixed);
        }
    }

    fn matrix(&mut self, name: &str, rows: usize, columns: usize, kind: GgmlDType) {
        let spread = 3.0 / (columns as f32).sqrt();
        let numbers = (0..rows * columns)
            .map(|_| self.noise.number() * spread)
            .collect();
        let kind = match self.storage {
            Storage::Whole => GgmlDType::F32,
            Storage::Quantised => kind,
            Storage::All(kind) => kind,
        };
        self.push(name, numbers, &[rows, columns], kind);
    }

    fn vector(&mut self, name: &str, length: usize, centre: f32) {
        let numbers = (0..length)
            .map(|_| centre + self.noise.number() * 0.3)
            .collect();
        self.push(name, numbers, &[length], GgmlDType::F32);
    }

    fn push(&mut self, name: &str, numbers: Vec<f32>, shape: &[usize], kind: GgmlDType) {
        let tensor = Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap();
        let tensor = QTensor::quantize(&tensor, kind).unwrap();
        self.tensors.push((name.to_owned(), tensor));
    }
}

fn metadata(architecture: Architecture) -> Vec<(String, Value)> {
    let text = |text: &str| Value::String(text.to_owned());
    let size = |size: usize| Value::U32(u32::try_from(size).unwrap());
    let texts = |texts: Vec<String>| Value::Array(texts.into_iter().map(Value::String).collect());
    let own = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut tokens: Vec<String> = (0..=u8::MAX)
        .map(|byte| letter_of(byte).to_string())
        .collect();
    tokens.extend(own(&MERGED));
    let mut kinds = vec![1; tokens.len()];
    tokens.extend(own(&MARKERS));
    kinds.resize(tokens.len(), 3);
    let end = tokens.len() - 1;
    let mut all = vec![
        ("general.architecture", text(architecture.name())),
        (".block_count", size(LAYERS)),
        (".context_length", Value::U32(CONTEXT_TOKENS)),
        (".embedding_length", size(HIDDEN)),
        (".feed_forward_length", size(FEED_FORWARD)),
        (".attention.head_count", size(HEADS)),
        (".attention.head_count_kv", size(KV_HEADS)),
        (".attention.layer_norm_rms_epsilon", Value::F32(EPSILON)),
        (".rope.freq_base", Value::F32(ROTARY_BASE)),
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text("qwen2")),
        ("tokenizer.ggml.tokens", texts(tokens)),
        (
            "tokenizer.ggml.token_type",
            Value::Array(kinds.into_iter().map(Value::I32).collect()),
        ),
        ("tokenizer.ggml.merges", texts(own(&MERGES))),
        ("tokenizer.ggml.eos_token_id", size(end)),
    ];
    if architecture == Architecture::Qwen3 {
        all.push((".attention.key_length", size(HEAD_SIZE)));
    }
    let named = |(key, value): (&str, Value)| match key.starts_with('.') {
        true => (format!("{}{key}", architecture.name()), value),
        false => (key.to_owned(), value),
    };
    all.into_iter().map(named).collect()
}
