//! HTTP/1.1 on one connection that stays open: blocking, and nothing is kept that is not asked for.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::Result;

/// No answer that is waited for takes longer.
const PATIENCE: Duration = Duration::from_mins(3);
const BUFFER: usize = 256 << 10;

/// One connection.
#[derive(Debug)]
pub(crate) struct Http {
    reader: BufReader<TcpStream>,
    address: String,
    token: String,
}

/// How long an answer's body is.
enum Length {
    Known(usize),
    Chunks,
    UntilTheEnd,
}

impl Http {
    pub(crate) fn connect(address: &str, token: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            reader: BufReader::with_capacity(BUFFER, stream),
            address: address.to_owned(),
            token: token.to_owned(),
        })
    }

    /// Asks and hands on the body as it comes; the answer has to be a success.
    pub(crate) fn ask(
        &mut self,
        method: &str,
        path: &str,
        body: &[u8],
        mut piece: impl FnMut(&[u8]),
    ) -> Result<()> {
        self.send(method, path, body)?;
        let (status, length) = self.head()?;
        let mut refused = Vec::new();
        let mut piece = |bytes: &[u8]| {
            if status >= 300 {
                refused.extend_from_slice(bytes);
            } else {
                piece(bytes);
            }
        };
        match length {
            Length::Known(bytes) => self.pass(bytes, &mut piece)?,
            Length::UntilTheEnd => while self.some(usize::MAX, &mut piece)? > 0 {},
            Length::Chunks => loop {
                let bytes = usize::from_str_radix(self.line()?.trim(), 16)?;
                self.pass(bytes, &mut piece)?;
                self.line()?;
                if bytes == 0 {
                    break;
                }
            },
        }
        if status >= 300 {
            let said = String::from_utf8_lossy(&refused).into_owned();
            return Err(format!("{method} {path}: {status} {said}").into());
        }
        Ok(())
    }

    /// Asks; how many bytes the body of the answer has.
    pub(crate) fn size(&mut self, method: &str, path: &str, body: &[u8]) -> Result<usize> {
        let mut bytes = 0;
        self.ask(method, path, body, |piece| bytes += piece.len())?;
        Ok(bytes)
    }

    /// Asks for JSON; null when the answer is empty.
    pub(crate) fn json(&mut self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let mut bytes = Vec::new();
        self.ask(method, path, body.as_bytes(), |piece| {
            bytes.extend_from_slice(piece);
        })?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(&bytes)?)
    }

    fn send(&mut self, method: &str, path: &str, body: &[u8]) -> Result<()> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: token {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.address,
            self.token,
            body.len()
        );
        let stream = self.reader.get_mut();
        stream.write_all(head.as_bytes())?;
        Ok(stream.write_all(body)?)
    }

    fn head(&mut self) -> Result<(u16, Length)> {
        let first = self.line()?;
        let status: u16 = first.split(' ').nth(1).unwrap_or_default().parse()?;
        let mut length = if status == 204 {
            Length::Known(0)
        } else {
            Length::UntilTheEnd
        };
        loop {
            let line = self.line()?;
            let line = line.trim();
            if line.is_empty() {
                return Ok((status, length));
            }
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                length = Length::Known(value.parse()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                length = Length::Chunks;
            }
        }
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Err("the server hung up".into());
        }
        Ok(line)
    }

    fn pass(&mut self, bytes: usize, piece: &mut impl FnMut(&[u8])) -> Result<()> {
        let mut left = bytes;
        while left > 0 {
            let passed = self.some(left, piece)?;
            if passed == 0 {
                return Err("half an answer".into());
            }
            left -= passed;
        }
        Ok(())
    }

    /// Hands on what is here, at most so many bytes; none at the end.
    fn some(&mut self, most: usize, piece: &mut impl FnMut(&[u8])) -> Result<usize> {
        let here = self.reader.fill_buf()?;
        let passed = here.len().min(most);
        piece(here.get(..passed).unwrap_or_default());
        self.reader.consume(passed);
        Ok(passed)
    }

    /// Asks for server-sent events and hands on the lines of their data, until one says that it is enough.
    pub(crate) fn events(mut self, path: &str, mut event: impl FnMut(&str) -> bool) -> Result<()> {
        self.send("GET", path, b"")?;
        let (status, length) = self.head()?;
        if status != 200 {
            return Err(format!("GET {path}: {status}").into());
        }
        let chunked = matches!(length, Length::Chunks);
        let mut lines = BufReader::with_capacity(
            16 << 10,
            Unchunked {
                connection: self,
                left: if chunked { 0 } else { usize::MAX },
            },
        );
        let mut line = String::new();
        loop {
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(data) = line.strip_prefix("data:")
                && !event(data)
            {
                return Ok(());
            }
        }
    }
}

/// The bytes of a chunked body.
struct Unchunked {
    connection: Http,
    /// Of the chunk that has begun.
    left: usize,
}

impl Read for Unchunked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let size = self.connection.line().map_err(io::Error::other)?;
            self.left = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
            if self.left == 0 {
                return Ok(0);
            }
        }
        let most = buffer.len().min(self.left);
        let read = self
            .connection
            .reader
            .read(buffer.get_mut(..most).unwrap_or_default())?;
        self.left -= read;
        if self.left == 0 {
            self.connection.line().map_err(io::Error::other)?;
        }
        Ok(read)
    }
}
