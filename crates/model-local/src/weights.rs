//! Reading a file of weights. Nothing in the file is trusted: each size is checked before it is used.

use crate::Description;
use crate::crew::Crew;
use crate::isa::LANES;
use crate::mapping::Mapping;
use crate::network::{Layer, Machine, Network, Reader, Weights};
use crate::packed::Packed;
use crate::panel;
use crate::product::{Candle, Matrix, Table};
use crate::quants::{self, Kind};
use crate::shape::Shape;
use crate::vocabulary::Vocabulary;
use candle_core::Device;
use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// Why a file is not a model that can be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WeightsError {
    #[error("it cannot be opened ({0})")]
    Open(std::io::Error),

    #[error("it cannot be read ({0})")]
    Read(io::Error),

    #[error("there is no memory for it ({0})")]
    Memory(io::Error),

    #[error("it is cut short, altered or not in the GGUF format ({0})")]
    Format(String),

    #[error("its header is altered so that it cannot be read")]
    Header,

    #[error("it has no {0:?}")]
    Missing(String),

    #[error("its {0:?} is not one that can be run")]
    Metadata(String),

    #[error("it is cut short, altered or not in the GGUF format (its tensor {0:?} ends beyond it)")]
    Short(String),

    #[error("its architecture is {0:?}, and only \"qwen2\", \"qwen3\" and \"llama\" can be run")]
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

    #[error("its chat format is not known ({0}); ChatML, Llama 3 and [INST] are")]
    Chat(String),

    #[error(
        "its quantisation {0} is not one that can be run; Q2_K to Q6_K, Q4_0 to Q8_0, F16, BF16 and F32 are"
    )]
    Quantisation(String),

    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
}

/// What a file of weights holds.
pub(crate) struct Parts {
    pub(crate) network: Box<dyn Reader>,
    pub(crate) vocabulary: Vocabulary,
    /// The file, when it is read where it lies.
    pub(crate) mapping: Option<Arc<Mapping>>,
    pub(crate) description: Description,
}

/// Reads the file at `path`, to be computed on `machine`.
pub(crate) fn read(path: &Path, machine: Machine) -> Result<Parts, WeightsError> {
    // Looked at first: opening a pipe would wait for its writer.
    let found = std::fs::metadata(path).map_err(WeightsError::Open)?;
    if !found.is_file() {
        let kind = if found.is_dir() {
            "a folder"
        } else {
            "a device"
        };
        return Err(WeightsError::NotAFile(kind));
    }
    let file = File::open(path).map_err(WeightsError::Open)?;
    // The reader of the format divides by numbers that it takes from the file, so a hostile header can make it panic.
    catch_unwind(AssertUnwindSafe(|| read_open(file, machine))).unwrap_or(Err(WeightsError::Header))
}

fn read_open(file: File, machine: Machine) -> Result<Parts, WeightsError> {
    let mut file = BufReader::new(file);
    let mut content = Content::read(&mut file).map_err(unreadable)?;
    let shape = Shape::read(&content)?;
    let vocabulary = Vocabulary::read(&mut content)?;
    let description = describe(&content, &vocabulary);
    let kernels = machine.level.has_kernels() && Packing::serves(&content);
    let mut tensors = Tensors { content, file };
    let shape = tensors.complete(shape, vocabulary.len())?;
    if !kernels {
        return Ok(Parts {
            network: Box::new(tensors.network(&mut Loaded(None), shape, machine)?),
            vocabulary,
            mapping: None,
            description,
        });
    }
    let file = tensors.file.get_ref().try_clone();
    let mapping = Mapping::new(file.map_err(WeightsError::Open)?).map_err(WeightsError::Open)?;
    let mapping = Arc::new(mapping);
    let mut packing = Packing(Arc::clone(&mapping));
    Ok(Parts {
        network: Box::new(tensors.network(&mut packing, shape, machine)?),
        vocabulary,
        mapping: Some(mapping),
        description,
    })
}

/// Formats of matrices that neither the kernels nor candle know, by their numbers in files.
const OTHER_FORMATS: [(u32, &str); 13] = [
    (16, "IQ2_XXS"),
    (17, "IQ2_XS"),
    (18, "IQ3_XXS"),
    (19, "IQ1_S"),
    (20, "IQ4_NL"),
    (21, "IQ3_S"),
    (22, "IQ2_S"),
    (23, "IQ4_XS"),
    (29, "IQ1_M"),
    (34, "TQ1_0"),
    (35, "TQ2_0"),
    (39, "MXFP4"),
    (40, "NVFP4"),
];

/// Why the header could not be read. A format that the reader does not know ends the reading; it says so in words only.
fn unreadable(error: candle_core::Error) -> WeightsError {
    let said = error.to_string();
    // What follows may be a trace of calls.
    let said = said.lines().next().unwrap_or_default();
    if let Some((_, rest)) = said.split_once("quantized type ") {
        let name = rest.split_whitespace().next().unwrap_or_default();
        return WeightsError::Quantisation(name.to_owned());
    }
    let number = said
        .split_once("unknown dtype for tensor ")
        .map(|(_, rest)| rest.split(|it: char| !it.is_ascii_digit()).next());
    let Some(number) = number.flatten().and_then(|it| it.parse::<u32>().ok()) else {
        return WeightsError::Format(said.to_owned());
    };
    let name = OTHER_FORMATS.iter().find(|it| it.0 == number);
    WeightsError::Quantisation(name.map_or_else(
        || format!("number {number}"),
        |(_, name)| (*name).to_owned(),
    ))
}

/// What the file says of itself; its metadata has been checked.
fn describe(content: &Content, vocabulary: &Vocabulary) -> Description {
    let mut weights: BTreeMap<&str, usize> = BTreeMap::new();
    for info in content.tensor_infos.values() {
        if let &[rows, columns] = info.shape.dims() {
            let sum = weights.entry(format_name(info.ggml_dtype)).or_default();
            *sum = sum.saturating_add(rows.saturating_mul(columns));
        }
    }
    let mut formats: Vec<_> = weights.into_iter().collect();
    formats.sort_by_key(|it| std::cmp::Reverse(it.1));
    let names: Vec<_> = formats.into_iter().map(|it| it.0).collect();
    let architecture = match content.metadata.get("general.architecture") {
        Some(Value::String(name)) => name.clone(),
        _ => String::new(),
    };
    Description {
        architecture,
        quantisation: names.join(", "),
        chat: vocabulary.chat.name(),
    }
}

fn format_name(dtype: GgmlDType) -> &'static str {
    match dtype {
        GgmlDType::F32 => "F32",
        GgmlDType::F16 => "F16",
        GgmlDType::BF16 => "BF16",
        GgmlDType::Q4_0 => "Q4_0",
        GgmlDType::Q4_1 => "Q4_1",
        GgmlDType::Q5_0 => "Q5_0",
        GgmlDType::Q5_1 => "Q5_1",
        GgmlDType::Q8_0 => "Q8_0",
        GgmlDType::Q8_1 => "Q8_1",
        GgmlDType::Q2K => "Q2_K",
        GgmlDType::Q3K => "Q3_K",
        GgmlDType::Q4K => "Q4_K",
        GgmlDType::Q5K => "Q5_K",
        GgmlDType::Q6K => "Q6_K",
        GgmlDType::Q8K => "Q8_K",
    }
}

/// A matrix that is wanted: the name of its tensor, its rows and its columns.
type Wanted<'a> = (&'a str, [usize; 2]);

/// Where the matrices of a network come from.
trait Source {
    type Weights: Weights;

    /// What is `wanted`, to read single rows of it.
    fn table(
        &mut self,
        tensors: &mut Tensors,
        wanted: Wanted<'_>,
    ) -> Result<<Self::Weights as Weights>::Table, WeightsError>;

    /// What is `wanted`, to be multiplied; kept together in memory.
    fn matrices<const N: usize>(
        &mut self,
        tensors: &mut Tensors,
        crew: &Crew,
        wanted: [Wanted<'_>; N],
    ) -> Result<[Self::Weights; N], WeightsError>;
}

/// Loaded into memory, for candle. Keeps the table, which may be the output as well.
struct Loaded(Option<(String, Candle)>);

impl Source for Loaded {
    type Weights = Candle;

    fn table(
        &mut self,
        tensors: &mut Tensors,
        (name, size): Wanted<'_>,
    ) -> Result<Candle, WeightsError> {
        let table = Candle(Arc::new(tensors.tensor(name, &size)?));
        self.0 = Some((name.to_owned(), table.clone()));
        Ok(table)
    }

    fn matrices<const N: usize>(
        &mut self,
        tensors: &mut Tensors,
        _crew: &Crew,
        wanted: [Wanted<'_>; N],
    ) -> Result<[Candle; N], WeightsError> {
        each(wanted, |(name, size)| match &self.0 {
            Some((known, table)) if known == name => Ok(table.clone()),
            _ => Ok(Candle(Arc::new(tensors.tensor(name, &size)?))),
        })
    }
}

/// Packed for the kernels; but single rows are read where they lie.
struct Packing(Arc<Mapping>);

/// Where a matrix lies in the file.
struct Place {
    range: Range<usize>,
    kind: Kind,
}

impl Packing {
    /// Whether the kernels know every matrix of the network.
    fn serves(content: &Content) -> bool {
        content
            .tensor_infos
            .values()
            .all(|it| match it.shape.dims() {
                [rows, columns] => {
                    kind(it.ggml_dtype).is_some()
                        && rows.is_multiple_of(LANES)
                        && columns.is_multiple_of(quants::BLOCK)
                }
                _ => true,
            })
    }
}

fn kind(dtype: GgmlDType) -> Option<Kind> {
    match dtype {
        GgmlDType::Q4K => Some(Kind::Q4K),
        GgmlDType::Q6K => Some(Kind::Q6K),
        _ => None,
    }
}

impl Packing {
    fn place(
        &self,
        tensors: &Tensors,
        (name, [rows, columns]): Wanted<'_>,
    ) -> Result<Place, WeightsError> {
        tensors.check(name, &[rows, columns])?;
        let short = || WeightsError::Short(name.to_owned());
        let info = &tensors.content.tensor_infos[name];
        let kind = kind(info.ggml_dtype).ok_or_else(short)?;
        let range = || {
            let start = tensors
                .content
                .tensor_data_offset
                .checked_add(info.offset)?;
            let start = usize::try_from(start).ok()?;
            let size = (columns / quants::BLOCK * kind.bytes()).checked_mul(rows)?;
            let end = start.checked_add(size)?;
            (end <= self.0.len()).then_some(start..end)
        };
        let range = range().ok_or_else(short)?;
        Ok(Place { range, kind })
    }
}

impl Source for Packing {
    type Weights = Matrix;

    fn table(&mut self, tensors: &mut Tensors, wanted: Wanted<'_>) -> Result<Table, WeightsError> {
        let Place { range, kind } = self.place(tensors, wanted)?;
        Ok(Table {
            range,
            mapping: Arc::clone(&self.0),
            kind,
            columns: wanted.1[1],
        })
    }

    fn matrices<const N: usize>(
        &mut self,
        tensors: &mut Tensors,
        crew: &Crew,
        wanted: [Wanted<'_>; N],
    ) -> Result<[Matrix; N], WeightsError> {
        let places = each(wanted, |wanted| {
            let place = self.place(tensors, wanted)?;
            let panels = place.range.len() / LANES / place.kind.bytes();
            let size = panels * panel::bytes(place.kind);
            Ok((place, wanted.1, size))
        })?;
        let size = places.iter().map(|it| it.2).sum();
        let mut packed = Packed::new(size).map_err(WeightsError::Memory)?;
        let mut rest = packed.bytes_mut();
        for (place, [_, columns], size) in &places {
            let (own, others) = rest.split_at_mut(*size);
            tensors.pack(place, columns / quants::BLOCK, crew, own)?;
            rest = others;
        }
        let packed = Arc::new(packed);
        let mut end = 0;
        Ok(places.map(|(place, [rows, columns], size)| {
            end += size;
            Matrix {
                packed: Arc::clone(&packed),
                range: end - size..end,
                kind: place.kind,
                rows,
                columns,
            }
        }))
    }
}

/// `of` each, unless one fails.
fn each<T, U, const N: usize>(
    all: [T; N],
    mut of: impl FnMut(T) -> Result<U, WeightsError>,
) -> Result<[U; N], WeightsError> {
    let mut failed = None;
    let done = all.map(|it| match failed {
        None => of(it).map_err(|error| failed = Some(error)).ok(),
        Some(_) => None,
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(done.map(|it| it.expect("each is done where none failed"))),
    }
}

/// Rows of panels that are read from the file at a time.
const PACKED_TOGETHER: usize = 64;

struct Tensors {
    content: Content,
    file: BufReader<File>,
}

impl Tensors {
    /// Adds to `shape` what only the tensors tell.
    fn complete(&mut self, mut shape: Shape, tokens: usize) -> Result<Shape, WeightsError> {
        let dims = self.dims("token_embd.weight")?;
        shape.rows = dims.first().copied().unwrap_or(0);
        if shape.rows < tokens {
            return Err(WeightsError::VocabularySize {
                tokens,
                rows: shape.rows,
            });
        }
        if self.has("rope_freqs.weight") {
            shape.rotary_stretch = self.vector("rope_freqs.weight", shape.head_size / 2)?;
        }
        Ok(shape)
    }

    fn network<S: Source>(
        &mut self,
        source: &mut S,
        shape: Shape,
        machine: Machine,
    ) -> Result<Network<S::Weights>, WeightsError> {
        let size = [shape.rows, shape.hidden];
        let embedding = source.table(self, ("token_embd.weight", size))?;
        let output = match self.has("output.weight") {
            true => "output.weight",
            false => "token_embd.weight",
        };
        let [output] = source.matrices(self, &machine.crew, [(output, size)])?;
        let norm = self.vector("output_norm.weight", shape.hidden)?;
        let layers = (0..shape.layers)
            .map(|index| self.layer(source, &machine.crew, &shape, index))
            .collect::<Result<_, _>>()?;
        Ok(Network {
            shape,
            machine,
            embedding,
            layers,
            norm,
            output,
        })
    }

    fn layer<S: Source>(
        &mut self,
        source: &mut S,
        crew: &Crew,
        shape: &Shape,
        index: usize,
    ) -> Result<Layer<S::Weights>, WeightsError> {
        let name = |part: &str| format!("blk.{index}.{part}");
        let (hidden, inner) = (shape.hidden, shape.feed_forward);
        let (queries, kv) = (shape.query_size(), shape.kv_size());
        let parts = [
            ("attn_q", queries, hidden),
            ("attn_k", kv, hidden),
            ("attn_v", kv, hidden),
            ("attn_output", hidden, queries),
            ("ffn_gate", inner, hidden),
            ("ffn_up", inner, hidden),
            ("ffn_down", hidden, inner),
        ];
        let parts = parts.map(|it| (name(&format!("{}.weight", it.0)), [it.1, it.2]));
        let wanted = parts.each_ref().map(|it| (it.0.as_str(), it.1));
        let matrices = source.matrices(self, crew, wanted)?;
        let [query, key, value, attended, gate, up, down] = matrices;
        let biases = match self.has(&name("attn_q.bias")) {
            true => Some([
                self.vector(&name("attn_q.bias"), queries)?,
                self.vector(&name("attn_k.bias"), kv)?,
                self.vector(&name("attn_v.bias"), kv)?,
            ]),
            false => None,
        };
        let head_norms = match self.has(&name("attn_q_norm.weight")) {
            true => Some([
                self.vector(&name("attn_q_norm.weight"), shape.head_size)?,
                self.vector(&name("attn_k_norm.weight"), shape.head_size)?,
            ]),
            false => None,
        };
        Ok(Layer {
            attention_norm: self.vector(&name("attn_norm.weight"), hidden)?,
            query,
            key,
            value,
            biases,
            head_norms,
            attended,
            feed_norm: self.vector(&name("ffn_norm.weight"), hidden)?,
            gate,
            up,
            down,
        })
    }

    fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    fn dims(&self, name: &str) -> Result<&[usize], WeightsError> {
        let info = self.content.tensor_infos.get(name);
        let info = info.ok_or_else(|| WeightsError::Missing(name.to_owned()))?;
        Ok(info.shape.dims())
    }

    fn vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>, WeightsError> {
        let tensor = self.tensor(name, &[length])?;
        let numbers = tensor.dequantize(&Device::Cpu);
        numbers
            .and_then(|tensor| tensor.to_vec1())
            .map_err(unreadable)
    }

    /// Fills `to` with the panels of the matrix at `place`, whose rows have `width` blocks.
    fn pack(
        &mut self,
        place: &Place,
        width: usize,
        crew: &Crew,
        to: &mut [u8],
    ) -> Result<(), WeightsError> {
        let rows = LANES * width * place.kind.bytes();
        let panels = width * panel::bytes(place.kind);
        let mut bytes = vec![0; rows * PACKED_TOGETHER];
        let start = SeekFrom::Start(place.range.start as u64);
        self.file.seek(start).map_err(WeightsError::Read)?;
        for to in to.chunks_mut(panels * PACKED_TOGETHER) {
            let bytes = &mut bytes[..to.len() / panels * rows];
            self.file.read_exact(bytes).map_err(WeightsError::Read)?;
            let pairs = bytes.chunks_exact(rows).zip(to.chunks_exact_mut(panels));
            let mut jobs: Vec<_> = pairs.collect();
            crew.each(&mut jobs, |(rows, panels)| {
                panel::pack(place.kind, rows, panels)
            });
        }
        Ok(())
    }

    fn tensor(&mut self, name: &str, expected: &[usize]) -> Result<QTensor, WeightsError> {
        self.check(name, expected)?;
        let tensor = self.content.tensor(&mut self.file, name, &Device::Cpu);
        tensor.map_err(unreadable)
    }

    fn check(&self, name: &str, expected: &[usize]) -> Result<(), WeightsError> {
        let found = self.dims(name)?;
        if found == expected {
            return Ok(());
        }
        Err(WeightsError::TensorShape {
            name: name.to_owned(),
            found: found.to_vec(),
            expected: expected.to_vec(),
        })
    }
}
