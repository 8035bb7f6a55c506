//! Reads arbitrary bytes as a journal, and arbitrary lines as the events of one.
//!
//! Nothing may panic; what is read and what is dropped must add up to the whole; a document must
//! stay a notebook that can be written and read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nbpress_format::json::Json;
use nbpress_format::notebook::Notebook;
use nbpress_record::{Document, Event, JournalReader, Tail};

fuzz_target!(|data: &[u8]| {
    let mut events = frames(data);
    // Mutated frames rarely keep their checksums: lines reach the code behind them.
    events.extend(data.split(|&byte| byte == b'\n').filter_map(event));
    fold(&events);
});

fn frames(data: &[u8]) -> Vec<Event> {
    let mut reader = JournalReader::new(data, data.len() as u64);
    let mut events = Vec::new();
    let mut read = 0;
    while let Ok(Some(payload)) = reader.next_payload() {
        read += payload.len() as u64;
        events.extend(event(&payload));
    }
    if let Tail::Torn {
        at_byte,
        dropped_bytes,
    } = reader.tail()
    {
        assert!(read <= at_byte);
        assert_eq!(at_byte + dropped_bytes, data.len() as u64);
    }
    events
}

fn event(payload: &[u8]) -> Option<Event> {
    let event = Event::from_json(&Json::parse(payload).ok()?).ok()?;
    assert_eq!(Event::from_json(&event.to_json()).as_ref(), Ok(&event));
    Some(event)
}

fn fold(events: &[Event]) {
    let Some((Event::RunStarted { header, notebook }, rest)) = events.split_first() else {
        return;
    };
    let mut document = Document::start(header.clone(), notebook.clone());
    rest.iter().for_each(|event| document.apply(event));
    let notebook = document.finished_notebook();
    assert!(Notebook::parse(&notebook.to_bytes()).is_ok());
}
