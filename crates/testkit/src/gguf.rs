//! A tiny model as a GGUF file: of the right form, with weights that mean nothing.
//!
//! Written from the published description of the format, version 3: a header, the metadata, the list of tensors, and
//! the numbers, aligned to 32 bytes.

/// Numbers that stand for a token between layers.
const WIDTH: u64 = 32;
/// Numbers inside the feed-forward part.
const INNER: u64 = 64;
/// Tokens that are no markers: one a byte.
const BYTES: u64 = 256;

const MARKERS: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

/// A file under construction; [`Gguf::bytes`] gives it.
pub struct Gguf {
    metadata: Vec<u8>,
    entries: u64,
    markers: Vec<String>,
}

impl Gguf {
    /// A Qwen2 network with one layer and ChatML markers.
    pub fn tiny() -> Gguf {
        let mut gguf = Gguf {
            metadata: Vec::new(),
            entries: 0,
            markers: MARKERS.map(str::to_owned).to_vec(),
        };
        gguf.architecture("qwen2");
        gguf
    }

    /// The same with another architecture's name.
    pub fn of(architecture: &str) -> Gguf {
        let mut gguf = Gguf {
            entries: 0,
            metadata: Vec::new(),
            ..Gguf::tiny()
        };
        gguf.architecture(architecture);
        gguf
    }

    /// The same with these markers instead of ChatML's.
    #[must_use]
    pub fn with_markers(mut self, markers: &[&str]) -> Gguf {
        self.markers = markers.iter().map(ToString::to_string).collect();
        self
    }

    fn architecture(&mut self, name: &str) {
        self.text("general.architecture", name);
        for (key, value) in [
            ("block_count", 1),
            ("context_length", 2048),
            ("embedding_length", WIDTH as u32),
            ("feed_forward_length", INNER as u32),
            ("attention.head_count", 2),
            ("attention.head_count_kv", 1),
        ] {
            self.key(&format!("{name}.{key}"), 4);
            self.metadata.extend(value.to_le_bytes());
        }
        let epsilon = format!("{name}.attention.layer_norm_rms_epsilon");
        self.key(&epsilon, 6);
        self.metadata.extend(1e-6f32.to_le_bytes());
    }

    /// The whole file.
    pub fn bytes(mut self) -> Vec<u8> {
        self.tokenizer();
        let rows = BYTES + self.markers.len() as u64;
        let tensors = tensors(rows);
        let mut file = b"GGUF".to_vec();
        file.extend(3u32.to_le_bytes());
        file.extend((tensors.len() as u64).to_le_bytes());
        file.extend(self.entries.to_le_bytes());
        file.extend(&self.metadata);
        let mut offset = 0u64;
        for (name, dims) in &tensors {
            string(&mut file, name);
            file.extend((dims.len() as u32).to_le_bytes());
            dims.iter().for_each(|it| file.extend(it.to_le_bytes()));
            file.extend(0u32.to_le_bytes());
            file.extend(offset.to_le_bytes());
            offset += dims.iter().product::<u64>() * 4;
        }
        file.resize(file.len().next_multiple_of(32), 0);
        let numbers = (0..offset / 4).map(|at| ((at * 37 % 101) as f32 - 50.0) / 200.0);
        file.extend(numbers.flat_map(f32::to_le_bytes));
        file
    }

    fn tokenizer(&mut self) {
        self.text("tokenizer.ggml.model", "gpt2");
        self.text("tokenizer.ggml.pre", "qwen2");
        let mut tokens: Vec<String> = letters().map(String::from).collect();
        tokens.extend(self.markers.clone());
        self.texts("tokenizer.ggml.tokens", &tokens);
        self.texts("tokenizer.ggml.merges", &[]);
        self.key("tokenizer.ggml.token_type", 9);
        self.metadata.extend(5u32.to_le_bytes());
        self.metadata.extend((tokens.len() as u64).to_le_bytes());
        for at in 0..tokens.len() as u64 {
            let kind: i32 = if at < BYTES { 1 } else { 3 };
            self.metadata.extend(kind.to_le_bytes());
        }
        self.key("tokenizer.ggml.eos_token_id", 4);
        let end = tokens.len() as u32 - 1;
        self.metadata.extend(end.to_le_bytes());
    }

    fn key(&mut self, key: &str, kind: u32) {
        string(&mut self.metadata, key);
        self.metadata.extend(kind.to_le_bytes());
        self.entries += 1;
    }

    fn text(&mut self, key: &str, value: &str) {
        self.key(key, 8);
        string(&mut self.metadata, value);
    }

    fn texts(&mut self, key: &str, values: &[String]) {
        self.key(key, 9);
        self.metadata.extend(8u32.to_le_bytes());
        self.metadata.extend((values.len() as u64).to_le_bytes());
        values.iter().for_each(|it| string(&mut self.metadata, it));
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

/// Names and sizes, the quickest dimension first.
fn tensors(rows: u64) -> Vec<(String, Vec<u64>)> {
    let layer = [
        ("attn_norm.weight", vec![WIDTH]),
        ("attn_q.weight", vec![WIDTH, WIDTH]),
        ("attn_k.weight", vec![WIDTH, WIDTH / 2]),
        ("attn_v.weight", vec![WIDTH, WIDTH / 2]),
        ("attn_output.weight", vec![WIDTH, WIDTH]),
        ("ffn_norm.weight", vec![WIDTH]),
        ("ffn_gate.weight", vec![WIDTH, INNER]),
        ("ffn_up.weight", vec![WIDTH, INNER]),
        ("ffn_down.weight", vec![INNER, WIDTH]),
    ];
    let mut all = vec![
        ("token_embd.weight".to_owned(), vec![WIDTH, rows]),
        ("output_norm.weight".to_owned(), vec![WIDTH]),
    ];
    all.extend(layer.map(|(name, dims)| (format!("blk.0.{name}"), dims)));
    all
}

/// The printable letters of byte-level vocabularies: a byte that is printable in Latin-1 is its own, the others are
/// the letters from U+0100 on.
fn letters() -> impl Iterator<Item = char> {
    let own = |byte: &u8| matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    let printable = (0..=u8::MAX).filter(own).map(char::from);
    printable.chain('\u{100}'..='\u{143}')
}
