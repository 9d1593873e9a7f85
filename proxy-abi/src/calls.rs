//! What a module asks of its host.

use std::ptr::null_mut;

use crate::map;

/// How grave a line of the log is.
#[derive(Debug, Clone, Copy)]
pub enum Level {
    /// What is good to know.
    Info = 2,
    /// Something is not as it should be, and goes on.
    Warn = 3,
    /// Somebody has to mend something.
    Error = 4,
    /// A fault of the module.
    Critical = 5,
}

/// Headers that the host holds.
#[derive(Debug, Clone, Copy)]
pub enum Map {
    /// Those of the request.
    Request = 0,
    /// Those behind the body of the request.
    RequestTrailers = 1,
    /// Those of the answer to a call.
    Answer = 6,
}

/// Bytes that the host holds.
#[derive(Debug, Clone, Copy)]
pub enum Buffer {
    /// The body of the answer to a call.
    Answer = 4,
    /// The configuration of the plugin.
    Configuration = 7,
}

/// What a metric is.
#[derive(Debug, Clone, Copy)]
pub enum Metric {
    /// It only grows.
    Counter = 0,
    /// It sorts values.
    Histogram = 2,
}

/// How a call of gRPC ended, where it was not let through.
#[derive(Debug, Clone, Copy)]
pub enum GrpcStatus {
    /// The request makes no sense.
    InvalidArgument = 3,
    /// Whoever asks may not.
    PermissionDenied = 7,
    /// What is needed to answer is not there.
    Unavailable = 14,
    /// Nobody knows who asks.
    Unauthenticated = 16,
}

/// Why a host has not done what it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such thing.
    NotFound,
    /// Anything else, by its number in the ABI.
    Other(u32),
}

/// What became of a call.
pub type Outcome<T> = Result<T, Refusal>;

/// The host could not write into the module: `malloc` has trapped, for no memory is left.
const INVALID_MEMORY_ACCESS: u32 = 6;
/// No status of gRPC: the answer is one of HTTP.
const NO_GRPC: i32 = -1;
/// The stream from the client.
const REQUEST: u32 = 0;

// A host reads what it is pointed to inside the memory of the module and nowhere else, so a call
// that has it read is safe, whatever it is given. One that has it write is not.
#[link(wasm_import_module = "env")]
unsafe extern "C" {
    safe fn proxy_log(level: u32, text: *const u8, size: usize) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    safe fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    safe fn proxy_set_effective_context(id: u32) -> u32;
    safe fn proxy_continue_stream(stream: u32) -> u32;
    fn proxy_get_buffer_bytes(
        kind: u32,
        start: usize,
        most: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_get_header_map_pairs(kind: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    safe fn proxy_remove_header_map_value(kind: u32, name: *const u8, size: usize) -> u32;
    safe fn proxy_replace_header_map_value(
        kind: u32,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    safe fn proxy_set_property(
        path: *const u8,
        path_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
        state: *mut u32,
    ) -> u32;
    safe fn proxy_set_shared_data(
        key: *const u8,
        key_size: usize,
        value: *const u8,
        value_size: usize,
        state: u32,
    ) -> u32;
    safe fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_http_call(
        cluster: *const u8,
        cluster_size: usize,
        headers: *const u8,
        headers_size: usize,
        body: *const u8,
        body_size: usize,
        trailers: *const u8,
        trailers_size: usize,
        timeout: u32,
        number: *mut u32,
    ) -> u32;
    fn proxy_call_foreign_function(
        name: *const u8,
        name_size: usize,
        question: *const u8,
        question_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, size: usize, id: *mut u32) -> u32;
    safe fn proxy_increment_metric(id: u32, more: i64) -> u32;
    safe fn proxy_record_metric(id: u32, value: u64) -> u32;
}

/// Memory for what the host is about to hand over. It takes no more than it has asked for, and
/// the call that it answers takes it back (`received`).
#[unsafe(no_mangle)]
extern "C" fn malloc(size: usize) -> *mut u8 {
    // Zeroed, so that even a host that does not fill it shows nothing of what was there.
    let memory: Box<[u8]> = vec![0; size].into_boxed_slice();
    Box::into_raw(memory).cast()
}

/// What a call has the host hand over; nothing where it hands nothing over.
fn received(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Outcome<Vec<u8>> {
    let (mut data, mut size) = (null_mut(), 0);
    let status = call(&raw mut data, &raw mut size);
    if status == INVALID_MEMORY_ACCESS {
        // Nothing that a module does after a trap can be relied on: the host is to start it anew,
        // or to refuse its configuration.
        std::process::abort();
    }
    done(status)?;
    if data.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: the ABI has the host ask `malloc` for this memory, of exactly this size, for this call
    // alone; so it is a boxed slice that nobody else knows of, and all of it was written.
    Ok(unsafe { Vec::from_raw_parts(data, size, size) })
}

fn done(status: u32) -> Outcome<()> {
    match status {
        0 => Ok(()),
        1 => Err(Refusal::NotFound),
        other => Err(Refusal::Other(other)),
    }
}

/// A line for the log. One that fails is no reason to do anything differently.
pub fn log(level: Level, line: &str) {
    let _ = proxy_log(level as u32, line.as_ptr(), line.len());
}

/// The time since 1970, in nanoseconds.
#[must_use]
pub fn time() -> Option<u64> {
    let mut time = 0;
    // SAFETY: the host writes one number of 64 bits, for which there is room.
    done(unsafe { proxy_get_current_time_nanoseconds(&raw mut time) }).ok()?;
    Some(time)
}

/// Has the plugin ticked so often, in milliseconds, beginning that much later.
pub fn tick_every(milliseconds: u32) {
    let _ = proxy_set_tick_period_milliseconds(milliseconds);
}

/// Makes the calls that follow count for this context, if it is still there.
///
/// # Errors
/// It is gone.
pub fn speak_for(context: u32) -> Outcome<()> {
    done(proxy_set_effective_context(context))
}

/// Lets a request run that was held.
pub fn resume() {
    let _ = proxy_continue_stream(REQUEST);
}

/// The first so many bytes that the host holds.
///
/// # Errors
/// The host does not hand them over.
pub fn buffer(kind: Buffer, most: usize) -> Outcome<Vec<u8>> {
    // SAFETY: both are places of a pointer and a number, which live while the host writes them.
    received(|data, size| unsafe { proxy_get_buffer_bytes(kind as u32, 0, most, data, size) })
}

/// All headers, for [`map::read`].
///
/// # Errors
/// The host does not hand them over.
pub fn headers(of: Map) -> Outcome<Vec<u8>> {
    // SAFETY: as in `buffer`.
    received(|data, size| unsafe { proxy_get_header_map_pairs(of as u32, data, size) })
}

/// Takes a header off.
pub fn remove_header(of: Map, name: &str) {
    let _ = proxy_remove_header_map_value(of as u32, name.as_ptr(), name.len());
}

/// Sets a header in place of all of that name.
pub fn set_header(of: Map, name: &str, value: &[u8]) {
    let (name, size) = (name.as_ptr(), name.len());
    let _ = proxy_replace_header_map_value(of as u32, name, size, value.as_ptr(), value.len());
}

/// Sets a property of the stream, for others to read.
pub fn set_property(name: &str, value: &[u8]) {
    let _ = proxy_set_property(name.as_ptr(), name.len(), value.as_ptr(), value.len());
}

/// What workers share under a name, and the state it is in.
#[must_use]
pub fn shared(name: &str) -> Option<(Vec<u8>, u32)> {
    let (key, length, mut state) = (name.as_ptr(), name.len(), 0);
    // SAFETY: as in `buffer`; and `state` has room for one number of 32 bits.
    let value = received(|data, size| unsafe {
        proxy_get_shared_data(key, length, data, size, &raw mut state)
    });
    // A state of 0 would mean "in whatever state" when it is handed back.
    value.ok().filter(|value| state != 0 && !value.is_empty()).map(|value| (value, state))
}

/// Shares a value under a name: only if it is still in this state, or in whatever state it is.
#[must_use]
pub fn share(name: &str, value: &[u8], state: Option<u32>) -> bool {
    let state = state.unwrap_or(0);
    let (key, length) = (name.as_ptr(), name.len());
    done(proxy_set_shared_data(key, length, value.as_ptr(), value.len(), state)).is_ok()
}

/// Answers the request in place of the service.
pub fn answer(status: u16, headers: &[(&str, &[u8])], body: &[u8]) {
    respond(status, headers, body, NO_GRPC);
}

/// The same for a client that speaks gRPC.
pub fn answer_grpc(status: GrpcStatus, message: &str, headers: &[(&str, &[u8])]) {
    respond(200, headers, message.as_bytes(), status as i32);
}

fn respond(status: u16, headers: &[(&str, &[u8])], body: &[u8], grpc_status: i32) {
    let (headers, details) = (map::write(headers), b"");
    let _ = proxy_send_local_response(
        status.into(),
        details.as_ptr(),
        details.len(),
        body.as_ptr(),
        body.len(),
        headers.as_ptr(),
        headers.len(),
        grpc_status,
    );
}

/// Makes a call without a body; the number is its answer's. The time-out is in milliseconds.
///
/// # Errors
/// The host can't make it.
pub fn call(cluster: &str, headers: &[(&str, &[u8])], timeout: u32) -> Outcome<u32> {
    let (headers, body, trailers) = (map::write(headers), b"", map::write(&[]));
    let mut number = 0;
    // SAFETY: the host writes one number of 32 bits, for which there is room.
    done(unsafe {
        proxy_http_call(
            cluster.as_ptr(),
            cluster.len(),
            headers.as_ptr(),
            headers.len(),
            body.as_ptr(),
            body.len(),
            trailers.as_ptr(),
            trailers.len(),
            timeout,
            &raw mut number,
        )
    })?;
    Ok(number)
}

/// Asks a function that only some hosts have.
///
/// # Errors
/// The host does not have it, or does not understand the question.
pub fn ask(function: &str, question: &[u8]) -> Outcome<Vec<u8>> {
    let (name, length) = (function.as_ptr(), function.len());
    let (question, question_length) = (question.as_ptr(), question.len());
    // SAFETY: as in `buffer`.
    received(|data, size| unsafe {
        proxy_call_foreign_function(name, length, question, question_length, data, size)
    })
}

/// The host's number of the metric of that name.
#[must_use]
pub fn metric(kind: Metric, name: &str) -> Option<u32> {
    let mut id = 0;
    // SAFETY: the host writes one number of 32 bits, for which there is room.
    let status =
        unsafe { proxy_define_metric(kind as u32, name.as_ptr(), name.len(), &raw mut id) };
    done(status).ok()?;
    Some(id)
}

/// Adds to a counter.
pub fn count(counter: u32, more: u64) {
    let _ = proxy_increment_metric(counter, i64::try_from(more).unwrap_or(i64::MAX));
}

/// Gives a histogram one value more.
pub fn record(histogram: u32, value: u64) {
    let _ = proxy_record_metric(histogram, value);
}
