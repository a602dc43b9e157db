//! The first words of a TLS connection, in which a program names the host that it believes to speak to.

/// What the first bytes of a tunnel are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hello {
    /// There are too few of them to tell.
    Unfinished,
    /// They begin TLS and name this host.
    Names(String),
    /// They begin TLS and name nobody, or cannot be read.
    NamesNobody,
    /// They are something else.
    Other,
}

/// The longest first message that is waited for, in bytes.
const HELLO_MAX: usize = 64 << 10;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_NAME: u16 = 0;
const HOST_NAME: u8 = 0;

/// Reads the first bytes of a tunnel.
pub(super) fn read(bytes: &[u8]) -> Hello {
    match bytes {
        [] | [HANDSHAKE] | [HANDSHAKE, 3] => return Hello::Unfinished,
        [HANDSHAKE, 3, ..] => {}
        _ => return Hello::Other,
    }
    match message(bytes) {
        None if bytes.len() > HELLO_MAX => Hello::NamesNobody,
        None => Hello::Unfinished,
        Some(Err(())) => Hello::NamesNobody,
        Some(Ok(message)) => name(&message).map_or(Hello::NamesNobody, Hello::Names),
    }
}

/// The whole first message out of the records that carry it: none while it is not whole, an error when it is another one.
fn message(bytes: &[u8]) -> Option<Result<Vec<u8>, ()>> {
    let mut records = Reader(bytes);
    let mut joined = Vec::new();
    loop {
        if let [kind, a, b, c, rest @ ..] = joined.as_slice() {
            if *kind != CLIENT_HELLO {
                return Some(Err(()));
            }
            let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
            if length > HELLO_MAX {
                return Some(Err(()));
            }
            if let Some(body) = rest.get(..length) {
                return Some(Ok(body.to_vec()));
            }
        }
        let (kind, _version) = (records.number(1)?, records.number(2)?);
        let record = records.sized(2)?;
        if kind != usize::from(HANDSHAKE) || record.is_empty() {
            return Some(Err(()));
        }
        joined.extend_from_slice(record);
    }
}

/// The host's name in the message; the only one, since of several each reader might take another.
fn name(message: &[u8]) -> Option<String> {
    let mut input = Reader(message);
    input.take(2 + 32)?;
    input.sized(1)?;
    input.sized(2)?;
    input.sized(1)?;
    let mut extensions = Reader(input.sized(2)?);
    let mut found = None;
    while !extensions.0.is_empty() {
        let kind = extensions.number(2)?;
        let content = extensions.sized(2)?;
        if kind == usize::from(SERVER_NAME) {
            let mut list = Reader(Reader(content).sized(2)?);
            let kind = list.number(1)?;
            let name = list.sized(2)?;
            if kind != usize::from(HOST_NAME) || !list.0.is_empty() || found.is_some() {
                return None;
            }
            found = String::from_utf8(name.to_vec()).ok();
        }
    }
    found
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of one or two bytes.
    fn number(&mut self, bytes: usize) -> Option<usize> {
        let taken = self.take(bytes)?;
        Some(
            taken
                .iter()
                .fold(0, |sum, it| (sum << 8) | usize::from(*it)),
        )
    }

    /// Bytes after a number of so many bytes that counts them.
    fn sized(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let count = self.number(bytes)?;
        self.take(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sized(width: usize, content: &[u8]) -> Vec<u8> {
        let count = content.len().to_be_bytes();
        [&count[count.len() - width..], content].concat()
    }

    /// The first message of a client that names these hosts.
    fn hello(names: &[&str]) -> Vec<u8> {
        let mut extensions = [&[0, 43][..], &sized(2, &[2, 3, 4])].concat();
        for name in names {
            let entry = [&[HOST_NAME][..], &sized(2, name.as_bytes())].concat();
            extensions.extend([0, 0]);
            extensions.extend(sized(2, &sized(2, &entry)));
        }
        let parts = [
            vec![3, 3],
            vec![7; 32],
            sized(1, &[9; 32]),
            sized(2, &[0x13, 1]),
            sized(1, &[0]),
            sized(2, &extensions),
        ];
        [&[CLIENT_HELLO][..], &sized(3, &parts.concat())].concat()
    }

    /// A message in records of at most so many bytes.
    fn records(message: &[u8], size: usize) -> Vec<u8> {
        let record = |it: &[u8]| [&[HANDSHAKE, 3, 1][..], &sized(2, it)].concat();
        message.chunks(size).flat_map(record).collect()
    }

    #[test]
    fn the_name_is_found_however_it_is_cut() {
        let message = hello(&["a.example"]);
        for size in [1, 5, 100, 5000] {
            let bytes = records(&message, size);
            assert_eq!(read(&bytes), Hello::Names("a.example".to_owned()));
            for end in 0..bytes.len() {
                assert_eq!(read(&bytes[..end]), Hello::Unfinished, "{end}");
            }
        }
    }

    #[test]
    fn who_names_nobody_or_several_is_told_apart() {
        assert_eq!(read(&records(&hello(&[]), 5000)), Hello::NamesNobody);
        assert_eq!(
            read(&records(&hello(&["a.b", "c.d"]), 5000)),
            Hello::NamesNobody
        );
        assert_eq!(read(b"SSH-2.0-x\r\n"), Hello::Other);
        assert_eq!(read(b"GET / HTTP/1.1\r\n"), Hello::Other);
        assert_eq!(read(&[HANDSHAKE, 2]), Hello::Other);
        assert_eq!(
            read(&[HANDSHAKE, 3, 1, 0, 4, 2, 0, 0, 0]),
            Hello::NamesNobody
        );
        let endless = [HANDSHAKE, 3, 1, 0, 0];
        assert_eq!(read(&endless), Hello::NamesNobody);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), size in 1_usize..400) {
            let _any = read(&bytes);
            bytes.insert(0, CLIENT_HELLO);
            let _any = read(&records(&bytes, size));
        }
    }
}
