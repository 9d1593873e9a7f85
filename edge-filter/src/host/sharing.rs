//! The host's shared data, as the place where workers share what they fetch.

use proxy_wasm::hostcalls;

use crate::shared::Store;

/// The host.
pub(super) struct HostData;

impl Store for HostData {
    fn get(&self, name: &str) -> Option<(Vec<u8>, u32)> {
        match hostcalls::get_shared_data(name) {
            Ok((Some(value), Some(state))) => Some((value, state)),
            Ok(_) | Err(_) => None,
        }
    }

    fn set(&self, name: &str, value: &[u8], state: Option<u32>) -> bool {
        hostcalls::set_shared_data(name, Some(value), state).is_ok()
    }
}
