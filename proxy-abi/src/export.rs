//! What a host asks of a module.

use crate::calls::{Level, log};

/// What becomes of a request for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It goes on.
    Continue = 0,
    /// It is held, or was answered.
    Pause = 1,
}

/// A module that guards requests. Contexts are named by numbers: a root is one configuration in one
/// worker, a stream one request.
pub trait Module {
    /// A context begins: a stream of this root, or a root, where `root` is 0.
    fn created(&self, context: u32, root: u32);
    /// A root is configured by so many bytes.
    fn configured(&self, root: u32, size: usize);
    /// A root's time has come.
    fn ticked(&self, root: u32);
    /// A root's call of that number was answered, with so many headers, none if it failed, and so
    /// many bytes.
    fn answered(&self, root: u32, call: u32, headers: usize, body: usize);
    /// The headers of a request are there.
    fn request_headers(&self, stream: u32) -> Action;
    /// Some of its body is there.
    fn request_body(&self, stream: u32) -> Action;
    /// The headers behind its body are there.
    fn request_trailers(&self, stream: u32) -> Action;
    /// A context is over.
    fn deleted(&self, context: u32);
}

/// Has a panic say in the log what it was, so that none is silent.
pub fn install() {
    std::panic::set_hook(Box::new(|panic| log(Level::Critical, &panic.to_string())));
}

#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_vm_start(_: u32, _: usize) -> bool {
    true
}

/// Exports the callbacks of a host, each of which calls a function of the [`Module`] of this type,
/// of which there is one.
#[macro_export]
macro_rules! export {
    ($module:ty) => {
        thread_local! {
            static MODULE: $module = <$module>::default();
        }

        #[unsafe(no_mangle)]
        extern "C" fn _initialize() {
            $crate::install();
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_context_create(context: u32, root: u32) {
            MODULE.with(|module| $crate::Module::created(module, context, root));
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_configure(root: u32, size: usize) -> bool {
            MODULE.with(|module| $crate::Module::configured(module, root, size));
            // A host that is told `false` may run without the module, or not at all.
            true
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_tick(root: u32) {
            MODULE.with(|module| $crate::Module::ticked(module, root));
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_http_call_response(
            root: u32,
            call: u32,
            headers: usize,
            body: usize,
            _: usize,
        ) {
            MODULE.with(|module| $crate::Module::answered(module, root, call, headers, body));
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_request_headers(stream: u32, _: usize, _: bool) -> $crate::Action {
            MODULE.with(|module| $crate::Module::request_headers(module, stream))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_request_body(stream: u32, _: usize, _: bool) -> $crate::Action {
            MODULE.with(|module| $crate::Module::request_body(module, stream))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_request_trailers(stream: u32, _: usize) -> $crate::Action {
            MODULE.with(|module| $crate::Module::request_trailers(module, stream))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_delete(context: u32) {
            MODULE.with(|module| $crate::Module::deleted(module, context));
        }
    };
}
