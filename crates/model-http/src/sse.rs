//! Server-sent events, read as they come.

/// Most bytes of one event. A whole file in the arguments of a call stays far below it.
pub(crate) const EVENT_BYTES_MAX: usize = 16 << 20;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its name; empty when it has none.
    pub(crate) name: String,
    /// Its data, lines joined.
    pub(crate) data: String,
}

/// Why a stream is none of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SseError {
    /// A line is not UTF-8.
    Utf8,
    /// One event is larger than [`EVENT_BYTES_MAX`].
    TooLarge,
}

/// What has come of the event under way.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    line: Vec<u8>,
    after_cr: bool,
    begun: bool,
    event: Event,
    has_data: bool,
}

impl Reader {
    /// Takes the next bytes, cut anywhere, and gives the events that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, SseError> {
        let mut events = Vec::new();
        for &byte in bytes {
            let skipped = std::mem::replace(&mut self.after_cr, byte == b'\r') && byte == b'\n';
            match byte {
                b'\n' if skipped => {}
                b'\n' | b'\r' => self.end_line(&mut events)?,
                _ => self.line.push(byte),
            }
            if self.line.len() + self.event.data.len() > EVENT_BYTES_MAX {
                return Err(SseError::TooLarge);
            }
        }
        Ok(events)
    }

    fn end_line(&mut self, events: &mut Vec<Event>) -> Result<(), SseError> {
        let line = std::mem::take(&mut self.line);
        let line = std::str::from_utf8(&line).map_err(|_| SseError::Utf8)?;
        let line = match std::mem::replace(&mut self.begun, true) {
            true => line,
            false => line.trim_start_matches('\u{feff}'),
        };
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            if std::mem::take(&mut self.has_data) {
                events.push(event);
            }
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(name: &str, data: &str) -> Event {
        Event {
            name: name.to_owned(),
            data: data.to_owned(),
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &[Event]) {
        assert_eq!(
            Reader::default().push(text.as_bytes()).unwrap(),
            expected,
            "{text:?}"
        );
        let mut reader = Reader::default();
        let bytewise: Vec<Event> = text
            .bytes()
            .flat_map(|it| reader.push(&[it]).unwrap())
            .collect();
        assert_eq!(bytewise, expected, "{text:?}, byte by byte");
    }

    #[test]
    fn events() {
        check("data: a\n\ndata:b\n\n", &[event("", "a"), event("", "b")]);
        check(
            "event: x\r\ndata: a\r\ndata: ü\r\n\r\n",
            &[event("x", "a\nü")],
        );
        check("event: x\rdata: a\r\r", &[event("x", "a")]);
        check("\u{feff}data: a\n\n", &[event("", "a")]);
        check(": ping\n\nid: 1\nretry: 5\nodd\n\n", &[]);
        check("event: x\n\ndata: a\n\n", &[event("", "a")]);
        check(
            "data\n\ndata:\ndata:\n\n",
            &[event("", ""), event("", "\n")],
        );
        check("data: cut", &[]);
        check("data: cut\n", &[]);
    }

    #[test]
    fn what_is_no_stream_of_events() {
        assert_eq!(Reader::default().push(b"data: \xff\n"), Err(SseError::Utf8));
        let mut reader = Reader::default();
        let piece = vec![b'a'; 1 << 20];
        let end = (0..20).find_map(|_| reader.push(&piece).err());
        assert_eq!(end, Some(SseError::TooLarge));
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(text in "(data: ?[a-zü]{0,3}|event: x|:|)((\n|\r|\r\n){1,2}(data: ?[a-zü]{0,3}|event: x|)){0,6}", at in 0usize..60) {
            let bytes = text.as_bytes();
            let at = at.min(bytes.len());
            let whole = Reader::default().push(bytes).unwrap();
            let mut reader = Reader::default();
            let mut parts = reader.push(&bytes[..at]).unwrap();
            parts.extend(reader.push(&bytes[at..]).unwrap());
            prop_assert_eq!(whole, parts);
        }

        #[test]
        fn any_bytes_are_events_or_refused(bytes in any::<Vec<u8>>()) {
            let _ = Reader::default().push(&bytes).is_ok();
        }
    }
}
