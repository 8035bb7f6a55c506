//! Where in a trace something happens, as it is handed on (W3C Trace Context, <https://www.w3.org/TR/trace-context/>).

use std::fmt;

use uuid::Uuid;

/// A place in a trace: the span that is going on, and whether the trace is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    pub(crate) trace: [u8; 16],
    pub(crate) span: [u8; 8],
    /// Whether spans of this trace are sent.
    pub sampled: bool,
}

impl TraceContext {
    /// The header, and in capitals the variable, that has it.
    pub const HEADER: &str = "traceparent";

    /// Reads `00-<trace>-<span>-<flags>`; `None` for anything else. Later versions may add parts to the end.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let version = lower_hex::<1>(parts.next()?)?;
        let trace = lower_hex::<16>(parts.next()?)?;
        let span = lower_hex::<8>(parts.next()?)?;
        let [flags] = lower_hex::<1>(parts.next()?)?;
        let whole = parts.next().is_none() || version != [0];
        let known = version != [0xff] && trace != [0; 16] && span != [0; 8];
        (whole && known).then_some(Self {
            trace,
            span,
            sampled: flags & 1 == 1,
        })
    }

    /// The name of the trace, in 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        hex::encode(self.trace)
    }

    /// The first place of a new trace.
    pub(crate) fn root(is_sampled: impl FnOnce(u64) -> bool) -> Self {
        let low = random();
        let mut trace = [0; 16];
        trace[..8].copy_from_slice(&random().to_be_bytes());
        trace[8..].copy_from_slice(&low.to_be_bytes());
        Self {
            trace,
            span: random().to_be_bytes(),
            sampled: is_sampled(low),
        }
    }

    /// The place of something that happens within this.
    #[must_use]
    pub fn child(&self) -> Self {
        Self {
            span: random().to_be_bytes(),
            ..*self
        }
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace, span) = (hex::encode(self.trace), hex::encode(self.span));
        write!(out, "00-{trace}-{span}-{:02x}", u8::from(self.sampled))
    }
}

fn lower_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    (lower && hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(bytes)
}

/// A number that is random in every bit, and not 0: a random UUID has six fixed bits, none of them where its
/// other half has one.
fn random() -> u64 {
    let (high, low) = Uuid::new_v4().as_u64_pair();
    (high.rotate_left(32) ^ low).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_standard_allows_is_believed() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let span = "00f067aa0ba902b7";
        let none = "0".repeat(32);
        for (text, sampled) in [
            (format!("00-{trace}-{span}-01"), Some(true)),
            (format!("00-{trace}-{span}-00"), Some(false)),
            (format!("00-{trace}-{span}-03"), Some(true)),
            (format!("cc-{trace}-{span}-01-what-comes-later"), Some(true)),
            (format!("00-{trace}-{span}-01-more"), None),
            (format!("ff-{trace}-{span}-01"), None),
            (format!("00-{none}-{span}-01"), None),
            (format!("00-{trace}-0000000000000000-01"), None),
            (format!("00-{}-{span}-01", trace.to_uppercase()), None),
            (format!("00-{trace}-{span}-1"), None),
            (format!("00-{trace}-{span}"), None),
            (String::new(), None),
        ] {
            let read = TraceContext::parse(&text);
            assert_eq!(read.map(|read| read.sampled), sampled, "{text}");
        }
    }

    #[test]
    fn a_child_is_of_the_same_trace_and_is_read_back() {
        let root = TraceContext::root(|_| true);
        let child = root.child();
        assert_eq!(child.trace, root.trace);
        assert_ne!(child.span, root.span);
        assert_eq!(TraceContext::parse(&child.to_string()), Some(child));
    }
}
