use std::io::Read;
fn main() {
    let lang = std::env::args().nth(1).unwrap();
    let mut s = String::new();
    std::io::stdin().read_to_string(&mut s).unwrap();
    let mut p = tree_sitter::Parser::new();
    let l: tree_sitter::Language = match lang.as_str() {
        "py" => tree_sitter_python::LANGUAGE.into(),
        "js" => tree_sitter_javascript::LANGUAGE.into(),
        "ts" => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        "tsx" => tree_sitter_typescript::LANGUAGE_TSX.into(),
        _ => tree_sitter_rust::LANGUAGE.into(),
    };
    p.set_language(&l).unwrap();
    if std::env::args().nth(2).is_some() {
        let mut count = 0u64;
        let t0 = std::time::Instant::now();
        let mut cb = |_: &tree_sitter::ParseState| {
            count += 1;
            if count > 10_000_000 {
                std::ops::ControlFlow::Break(())
            } else {
                std::ops::ControlFlow::Continue(())
            }
        };
        let b = s.as_bytes();
        let t = p.parse_with_options(
            &mut |i, _| if i < b.len() { &b[i..] } else { &[] },
            None,
            Some(tree_sitter::ParseOptions::new().progress_callback(&mut cb)),
        );
        println!(
            "{} bytes, {:?}, {count} callbacks, tree {} err {:?}",
            b.len(),
            t0.elapsed(),
            t.is_some(),
            t.as_ref().map(|t| t.root_node().has_error())
        );
        let t0 = std::time::Instant::now();
        drop(t);
        println!("drop {:?}", t0.elapsed());
        return;
    }
    for chunk in s.split("=====\n") {
        let t = p.parse(chunk, None).unwrap();
        println!("{chunk}---");
        let mut c = t.walk();
        let mut d = 0;
        loop {
            let n = c.node();
            if n.is_named() || n.is_missing() || n.is_error() {
                let f = c.field_name().map(|f| format!("{f}: ")).unwrap_or_default();
                let txt: String = if n.child_count() == 0 {
                    chunk[n.byte_range()].chars().take(30).collect()
                } else {
                    String::new()
                };
                println!(
                    "{}{f}{}{} [{}-{}] {:?}",
                    "  ".repeat(d),
                    if n.is_missing() { "MISSING " } else { "" },
                    n.kind(),
                    n.start_position(),
                    n.end_position(),
                    txt
                );
            }
            if c.goto_first_child() {
                d += 1;
                continue;
            }
            loop {
                if c.goto_next_sibling() {
                    break;
                }
                if !c.goto_parent() {
                    break;
                }
                d -= 1;
            }
            if d == 0 {
                break;
            }
        }
    }
}
