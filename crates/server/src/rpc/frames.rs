//! A peer over two streams of bytes, each message after a header with its length: how editors speak to language servers.

use std::io::{BufRead, Read, Write};
use std::sync::Arc;

use super::lines::{Outbox, finish};
use super::{Peer, RpcError, Service};

/// Longest message that is read, in bytes.
const BODY_MAX: usize = 64 << 20;
/// Longest line of a header, in bytes.
const HEADER_MAX: u64 = 4_096;

/// Speaks with the other side until it closes its stream, then ends what it had asked for.
pub fn serve(
    service: Arc<dyn Service>,
    input: &mut dyn BufRead,
    output: impl Write + Send + 'static,
) {
    let (outbox, writer) = Outbox::to(output, |text| {
        format!("Content-Length: {}\r\n\r\n{text}", text.len())
    });
    let peer = Peer::new(service, move |text| outbox.send(text));
    loop {
        match frame(input) {
            Frame::Whole(bytes) => match std::str::from_utf8(&bytes) {
                Ok(text) => peer.receive(text),
                Err(_) => peer.refuse(RpcError::invalid("a message is UTF-8 text")),
            },
            Frame::TooLong => peer.refuse(RpcError::invalid(format!(
                "the message is longer than {BODY_MAX} bytes"
            ))),
            // Where a message begins is not known any more.
            Frame::Broken(why) => {
                peer.refuse(RpcError::invalid(why));
                break;
            }
            Frame::End => break,
        }
        if peer.is_gone() {
            break;
        }
    }
    finish(peer, writer);
}

/// What was read.
#[derive(Debug, PartialEq)]
enum Frame {
    /// A message.
    Whole(Vec<u8>),
    /// A message that was longer than it may be; it is gone.
    TooLong,
    /// The header says no length.
    Broken(&'static str),
    /// There is nothing more, or the stream broke.
    End,
}

fn frame(input: &mut dyn BufRead) -> Frame {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        match input.take(HEADER_MAX).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return Frame::End,
            Ok(_) if !line.ends_with(b"\n") => return Frame::Broken("the header does not end"),
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<usize>().ok();
        }
    }
    let Some(length) = length else {
        return Frame::Broken("the header says no length");
    };
    if length > BODY_MAX {
        let skipped = std::io::copy(&mut input.take(length as u64), &mut std::io::sink());
        return match skipped {
            Ok(count) if count == length as u64 => Frame::TooLong,
            _ => Frame::End,
        };
    }
    let mut body = vec![0; length];
    match input.read_exact(&mut body) {
        Ok(()) => Frame::Whole(body),
        Err(_) => Frame::End,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_by_their_length() {
        let text = "Content-Length: 2\r\n\r\n{}content-length:3\r\nOther: x\r\n\r\n[1]Content-Length: 9\r\n\r\nhalf";
        let mut input = text.as_bytes();
        assert_eq!(frame(&mut input), Frame::Whole(b"{}".to_vec()));
        assert_eq!(frame(&mut input), Frame::Whole(b"[1]".to_vec()));
        assert_eq!(frame(&mut input), Frame::End);
        let broken = |text: &str| frame(&mut text.as_bytes());
        assert_eq!(broken("\r\n{}"), Frame::Broken("the header says no length"));
        assert_eq!(broken("{}"), Frame::Broken("the header does not end"));
        assert_eq!(
            broken("Content-Length: -1\r\n\r\n"),
            Frame::Broken("the header says no length")
        );
    }
}
