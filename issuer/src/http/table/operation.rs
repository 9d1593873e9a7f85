//! What operators ask: whether it runs, and what there is.

use crate::http::endpoint::{Endpoint, get};
use crate::http::endpoints::{docs, health, index, openapi};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/v1", index::handle)
            .summary("every endpoint with its methods")
            .answer::<index::Index>(200),
        get("/openapi.json", openapi::handle)
            .summary("this API in OpenAPI's terms")
            .text(200, "application/json")
            .empty(304),
        get("/docs", docs::page)
            .summary("a page that shows it")
            .text(200, "text/html; charset=utf-8")
            .empty(304),
        get("/docs/page.js", docs::script)
            .summary("the script of that page")
            .text(200, "text/javascript; charset=utf-8")
            .empty(304),
        get("/docs/page.css", docs::style)
            .summary("its style")
            .text(200, "text/css; charset=utf-8")
            .empty(304),
        get("/livez", health::live)
            .summary("whether the process runs")
            .answer::<health::Health>(200),
        get("/readyz", health::ready)
            .summary("whether requests can be served")
            .answer::<health::Health>(200),
    ]
}
