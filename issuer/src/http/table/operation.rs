//! What operators ask: whether it runs, and what there is.

use crate::http::endpoint::{Endpoint, get};
use crate::http::endpoints::{health, index};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/v1", index::handle).summary("this list").answer::<index::Index>(200),
        get("/livez", health::live)
            .summary("whether the process runs")
            .answer::<health::Health>(200),
        get("/readyz", health::ready)
            .summary("whether requests can be served")
            .answer::<health::Health>(200),
    ]
}
