use std::time::Instant;
#[expect(clippy::all, reason = "x")]
fn main() {
    // paths on stdin; mode arg
    let mode = std::env::args().nth(1).unwrap();
    let mut n = 0;
    let mut worst = (0u128, String::new());
    for line in std::io::stdin().lines() {
        let path = line.unwrap();
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        let Ok(src) = String::from_utf8(bytes) else {
            continue;
        };
        let Some(lang) = code::Language::from_path(&path) else {
            continue;
        };
        n += 1;
        let t = Instant::now();
        match mode.as_str() {
            "err" => {
                if let Some(e) = code::syntax_error(lang, &src) {
                    println!("{path}: {e}");
                }
            }
            "ident" => {
                let syms = code::symbols(lang, &src);
                if code::syntax_error(lang, &src).is_some() {
                    continue;
                }
                for s in syms.iter().take(12) {
                    let item = &src[s.span.clone()];
                    let item_full;
                    let ls = src[..s.span.start].rfind('\n').map_or(0, |i| i + 1);
                    item_full = &src[ls..s.span.end];
                    for (k, it) in [item, item_full].into_iter().enumerate() {
                        match code::splice(lang, &src, it, &s.qualified()) {
                            Ok(out) => {
                                if out != src {
                                    println!("DIFF{k} {path} {} {:?}", s.qualified(), s.kind);
                                    let p = out
                                        .bytes()
                                        .zip(src.bytes())
                                        .take_while(|(a, b)| a == b)
                                        .count();
                                    let lo = p.saturating_sub(60);
                                    println!(
                                        "  was {:?}\n  now {:?}",
                                        String::from_utf8_lossy(
                                            &src.as_bytes()[lo..(p + 60).min(src.len())]
                                        ),
                                        String::from_utf8_lossy(
                                            &out.as_bytes()[lo..(p + 60).min(out.len())]
                                        )
                                    );
                                }
                            }
                            Err(e) => println!(
                                "ERR{k} {path} {} {:?}: {}",
                                s.qualified(),
                                s.kind,
                                e.to_string().chars().take(200).collect::<String>()
                            ),
                        }
                    }
                }
            }
            _ => {
                let _ = (
                    code::symbols(lang, &src),
                    code::imports(lang, &src),
                    code::complexity(lang, &src),
                    code::assertions(lang, &src),
                );
            }
        }
        let d = t.elapsed().as_millis();
        if d > worst.0 {
            worst = (d, path.clone());
        }
    }
    eprintln!("{n} files, slowest {worst:?}");
}
