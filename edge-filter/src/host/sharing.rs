//! The host's shared data, as the place where workers share what they fetch.

use laika_proxy_abi::calls;

use crate::shared::Store;

/// The host.
pub(super) struct HostData;

impl Store for HostData {
    fn get(&self, name: &str) -> Option<(Vec<u8>, u32)> {
        calls::shared(name)
    }

    fn set(&self, name: &str, value: &[u8], state: Option<u32>) -> bool {
        calls::share(name, value, state)
    }
}
