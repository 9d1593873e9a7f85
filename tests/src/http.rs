//! HTTP/1.1 byte by byte: a client that sends what no library would, and a server that shows
//! exactly what arrived.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};

/// How long either side waits for the other.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A request, sent as it is written here.
#[derive(Debug, Clone)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    body: Vec<u8>,
}

/// A request whose answer is still to come; who drops it hangs up.
#[derive(Debug)]
pub struct Exchange(TcpStream);

/// A message that arrived: an answer, or a request at a [`Server`].
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// Status of an answer; 0 of a request.
    pub status: u16,
    /// The first line.
    pub line: String,
    /// In order; names in lower case.
    pub headers: Vec<(String, String)>,
    /// With its transfer coding taken off.
    pub body: Vec<u8>,
    /// What followed a chunked body.
    pub trailers: Vec<(String, String)>,
}

impl Request {
    /// Any method and target.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A GET of `target` with `Authorization: Bearer`.
    #[must_use]
    pub fn with_token(target: &str, token: &str) -> Self {
        Self::new("GET", target).header("authorization", &format!("Bearer {token}"))
    }

    /// One more header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.raw_header(name.as_bytes(), value.as_bytes())
    }

    /// One more header, which need not be text.
    #[must_use]
    pub fn raw_header(mut self, name: &[u8], value: &[u8]) -> Self {
        self.headers.push((name.to_vec(), value.to_vec()));
        self
    }

    /// A JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        let body = body.to_string().into_bytes();
        let request = self
            .header("content-type", "application/json")
            .header("content-length", &body.len().to_string());
        Self { body, ..request }
    }

    /// A body in one chunk, followed by a trailer.
    #[must_use]
    pub fn with_trailer(self, body: &str, name: &str, value: &str) -> Self {
        let chunked = format!("{:x}\r\n{body}\r\n0\r\n{name}: {value}\r\n\r\n", body.len());
        let request = self.header("transfer-encoding", "chunked").header("te", "trailers");
        Self { body: chunked.into_bytes(), ..request }
    }

    /// Sends it to `address` and reads the answer.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn send(&self, address: SocketAddr) -> Message {
        self.try_send(address).unwrap_or_else(|error| panic!("no answer to {self:?}: {error}"))
    }

    /// As [`Request::send`].
    ///
    /// # Errors
    /// What the connection says.
    pub fn try_send(&self, address: SocketAddr) -> io::Result<Message> {
        self.begin(address)?.answer()
    }

    /// Sends it and leaves the answer for later, or for nobody.
    ///
    /// # Errors
    /// What the connection says.
    pub fn begin(&self, address: SocketAddr) -> io::Result<Exchange> {
        self.write(address).map(Exchange)
    }

    fn write(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let mut stream = connect(address)?;
        stream.write_all(&self.bytes("connection: close\r\n"))?;
        Ok(stream)
    }

    /// As it goes over the wire, with further header lines behind its own.
    fn bytes(&self, more: &str) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        let is_host = |(name, _): &(Vec<u8>, Vec<u8>)| name.eq_ignore_ascii_case(b"host");
        if !self.headers.iter().any(is_host) {
            bytes.extend_from_slice(b"host: orders.example\r\n");
        }
        for (name, value) in &self.headers {
            bytes.extend_from_slice(&[name, b": ".as_slice(), value, b"\r\n"].concat());
        }
        bytes.extend_from_slice(more.as_bytes());
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

impl Exchange {
    /// Waits for the answer.
    ///
    /// # Errors
    /// What the connection says.
    pub fn answer(self) -> io::Result<Message> {
        Message::answer(&mut BufReader::new(self.0))
    }
}

/// A connection that is kept from request to request, and made anew when the other side has said
/// that it ends.
#[derive(Debug)]
pub struct Kept {
    /// Where it leads.
    pub address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

impl Kept {
    /// One to `address`, which is made when it is needed.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// Sends `request` and reads the answer. Nothing is tried twice.
    ///
    /// # Errors
    /// What the connection says.
    pub fn send(&mut self, request: &Request) -> io::Result<Message> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(connect(self.address)?),
        };
        stream.get_mut().write_all(&request.bytes(""))?;
        let answer = Message::answer(&mut stream)?;
        if answer.header("connection") != Some("close") {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl Message {
    /// The header of that name.
    ///
    /// # Panics
    /// When there are several.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(other, _)| other == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "several headers `{name}`: {:?}", self.headers);
        value
    }

    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    fn answer(reader: &mut impl BufRead) -> io::Result<Self> {
        let mut answer = Self::read(reader)?;
        let status = answer.line.split(' ').nth(1);
        answer.status = status.and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok(answer)
    }

    fn read(reader: &mut impl BufRead) -> io::Result<Self> {
        let mut message = Self { line: line(reader)?, ..Self::default() };
        message.headers = fields(reader)?;
        let chunked = message.header("transfer-encoding") == Some("chunked");
        let length = message.header("content-length").and_then(|length| length.parse().ok());
        if chunked {
            loop {
                let size = usize::from_str_radix(&line(reader)?, 16).map_err(io::Error::other)?;
                if size == 0 {
                    message.trailers = fields(reader)?;
                    break;
                }
                let start = message.body.len();
                message.body.resize(start + size, 0);
                reader.read_exact(&mut message.body[start..])?;
                line(reader)?;
            }
        } else if let Some(length) = length {
            message.body.resize(length, 0);
            reader.read_exact(&mut message.body)?;
        }
        Ok(message)
    }
}

fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut bytes = Vec::new();
    reader.take(64 * 1024).read_until(b'\n', &mut bytes)?;
    if !bytes.ends_with(b"\r\n") {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    bytes.truncate(bytes.len() - 2);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn fields(reader: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut fields = Vec::new();
    loop {
        let line = line(reader)?;
        match line.split_once(':') {
            Some((name, value)) => {
                fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
            None => return Ok(fields),
        }
    }
}

/// A server that answers each request by a function; it ends with this value.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    ended: Arc<AtomicBool>,
    /// Its connections, which end with it.
    streams: Arc<Mutex<Vec<TcpStream>>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts one on a port that the system picks. `answer` makes status, further headers (each
    /// with its end of line) and body.
    ///
    /// # Panics
    /// When there is no port.
    #[must_use]
    pub fn start(
        answer: impl Fn(&Message) -> (u16, String, Vec<u8>) + Send + Sync + 'static,
    ) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), answer)
    }

    /// As [`Server::start`], at an address that is free again.
    ///
    /// # Panics
    /// When it is not.
    #[must_use]
    pub fn start_at(
        address: SocketAddr,
        answer: impl Fn(&Message) -> (u16, String, Vec<u8>) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).expect("a port");
        let address = listener.local_addr().expect("an address");
        let ended = Arc::new(AtomicBool::new(false));
        let streams = Arc::<Mutex<Vec<TcpStream>>>::default();
        let (seen, open, answer) = (ended.clone(), streams.clone(), Arc::new(answer));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if seen.load(Ordering::SeqCst) {
                    break;
                }
                let mut open = open.lock().expect("the connections");
                // Those that are over have no other side.
                open.retain(|stream| stream.peer_addr().is_ok());
                open.extend(stream.try_clone());
                let answer = answer.clone();
                thread::spawn(move || {
                    serve(&stream, answer.as_ref());
                    let _ = stream.shutdown(Shutdown::Both);
                });
            }
        });
        Self { address, ended, streams, thread: Some(thread) }
    }

    /// One that answers 200 with what arrived: `line`, `headers`, `trailers`, `body`.
    #[must_use]
    pub fn echo() -> Self {
        Self::start(|request| {
            let echo = json!({
                "line": request.line,
                "headers": request.headers,
                "trailers": request.trailers,
                "body": String::from_utf8_lossy(&request.body),
            });
            (200, String::new(), echo.to_string().into_bytes())
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for somebody to connect.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        for stream in self.streams.lock().iter().flat_map(|streams| streams.iter()) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Answers requests of one connection until its other side has enough.
fn serve(stream: &TcpStream, answer: impl Fn(&Message) -> (u16, String, Vec<u8>)) {
    let mut writer = stream;
    let mut reader = BufReader::new(stream);
    while let Ok(request) = Message::read(&mut reader) {
        let (status, headers, body) = answer(&request);
        let length = body.len();
        let head = format!("HTTP/1.1 {status} -\r\n{headers}content-length: {length}\r\n\r\n");
        if writer.write_all(&[head.into_bytes(), body].concat()).is_err() {
            break;
        }
    }
}
