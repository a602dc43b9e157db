//! Reading a file of weights. Nothing in the file is trusted: each size is checked before it is used.

use crate::network::{Layer, Network};
use crate::shape::Shape;
use crate::vocabulary::Vocabulary;
use candle_core::Device;
use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::Content;
use std::fs::File;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Why a file is not a model that can be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WeightsError {
    #[error("it cannot be opened ({0})")]
    Open(std::io::Error),

    #[error("it is cut short, altered or not in the GGUF format ({0})")]
    Format(candle_core::Error),

    #[error("its header is altered so that it cannot be read")]
    Header,

    #[error("it has no {0:?}")]
    Missing(String),

    #[error("its {0:?} is not one that can be run")]
    Metadata(String),

    #[error("its architecture is {0:?}, and only \"qwen2\" can be run")]
    Architecture(String),

    #[error(
        "its {hidden} numbers a token do not divide into {heads} heads and {kv_heads} key heads"
    )]
    Heads {
        hidden: usize,
        heads: usize,
        kv_heads: usize,
    },

    #[error("its tensor {name:?} has the shape {found:?} instead of {expected:?}")]
    TensorShape {
        name: String,
        found: Vec<usize>,
        expected: Vec<usize>,
    },

    #[error("its vocabulary has {tokens} tokens and its tensors serve {rows}")]
    VocabularySize { tokens: usize, rows: usize },

    #[error("its vocabulary cannot be used ({0})")]
    Vocabulary(String),
}

/// What a file of weights holds.
pub(crate) struct Parts {
    pub(crate) network: Network,
    pub(crate) vocabulary: Vocabulary,
}

/// Reads the file at `path`.
pub(crate) fn read(path: &Path) -> Result<Parts, WeightsError> {
    let file = File::open(path).map_err(WeightsError::Open)?;
    // The reader of the format divides by numbers that it takes from the file, so a hostile header can make it panic.
    catch_unwind(AssertUnwindSafe(|| read_open(BufReader::new(file))))
        .unwrap_or(Err(WeightsError::Header))
}

fn read_open(mut file: BufReader<File>) -> Result<Parts, WeightsError> {
    let content = Content::read(&mut file).map_err(WeightsError::Format)?;
    let shape = Shape::read(&content)?;
    let vocabulary = Vocabulary::read(&content)?;
    let network = Tensors { content, file }.network(shape, vocabulary.len())?;
    Ok(Parts {
        network,
        vocabulary,
    })
}

struct Tensors {
    content: Content,
    file: BufReader<File>,
}

impl Tensors {
    fn network(mut self, shape: Shape, tokens: usize) -> Result<Network, WeightsError> {
        let rows = self.rows("token_embd.weight")?;
        if rows < tokens {
            return Err(WeightsError::VocabularySize { tokens, rows });
        }
        let hidden = shape.hidden;
        let embedding = self.matrix("token_embd.weight", rows, hidden)?;
        let output = match self.content.tensor_infos.contains_key("output.weight") {
            true => Some(self.matrix("output.weight", rows, hidden)?),
            false => None,
        };
        let norm = self.vector("output_norm.weight", hidden)?;
        let layers = (0..shape.layers)
            .map(|index| self.layer(&shape, index))
            .collect::<Result<_, _>>()?;
        Ok(Network::new(shape, embedding, layers, norm, output))
    }

    fn layer(&mut self, shape: &Shape, index: usize) -> Result<Layer, WeightsError> {
        let name = |part: &str| format!("blk.{index}.{part}");
        let (hidden, inner, kv) = (shape.hidden, shape.feed_forward, shape.kv_size());
        Ok(Layer {
            attention_norm: self.vector(&name("attn_norm.weight"), hidden)?,
            query: self.matrix(&name("attn_q.weight"), hidden, hidden)?,
            key: self.matrix(&name("attn_k.weight"), kv, hidden)?,
            value: self.matrix(&name("attn_v.weight"), kv, hidden)?,
            query_bias: self.vector(&name("attn_q.bias"), hidden)?,
            key_bias: self.vector(&name("attn_k.bias"), kv)?,
            value_bias: self.vector(&name("attn_v.bias"), kv)?,
            attended: self.matrix(&name("attn_output.weight"), hidden, hidden)?,
            feed_norm: self.vector(&name("ffn_norm.weight"), hidden)?,
            gate: self.matrix(&name("ffn_gate.weight"), inner, hidden)?,
            up: self.matrix(&name("ffn_up.weight"), inner, hidden)?,
            down: self.matrix(&name("ffn_down.weight"), hidden, inner)?,
        })
    }

    fn dims(&self, name: &str) -> Result<&[usize], WeightsError> {
        let info = self.content.tensor_infos.get(name);
        let info = info.ok_or_else(|| WeightsError::Missing(name.to_owned()))?;
        Ok(info.shape.dims())
    }

    fn rows(&self, name: &str) -> Result<usize, WeightsError> {
        Ok(self.dims(name)?.first().copied().unwrap_or(0))
    }

    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<QTensor, WeightsError> {
        self.tensor(name, &[rows, columns])
    }

    fn vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>, WeightsError> {
        let tensor = self.tensor(name, &[length])?;
        let numbers = tensor.dequantize(&Device::Cpu);
        numbers
            .and_then(|tensor| tensor.to_vec1())
            .map_err(WeightsError::Format)
    }

    fn tensor(&mut self, name: &str, expected: &[usize]) -> Result<QTensor, WeightsError> {
        let found = self.dims(name)?;
        if found != expected {
            return Err(WeightsError::TensorShape {
                name: name.to_owned(),
                found: found.to_vec(),
                expected: expected.to_vec(),
            });
        }
        let tensor = self.content.tensor(&mut self.file, name, &Device::Cpu);
        tensor.map_err(WeightsError::Format)
    }
}
