//! Who gives out the module's memory: the standard library's way is 7 kB of code, this one is 1.5.

use rlsf::{GlobalTlsf, GlobalTlsfOptions};

#[global_allocator]
static ALLOCATOR: GlobalTlsf<Small> = GlobalTlsf::new();

/// Without a way of its own to grow what was given out, which is most of its code. What it gets of
/// the host is one piece, so that a policy larger than a page finds room in what others let go.
struct Small;

impl GlobalTlsfOptions for Small {
    const ENABLE_REALLOCATION: bool = false;
}
