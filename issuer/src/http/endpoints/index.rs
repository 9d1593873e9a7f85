//! `GET /v1`: every endpoint with its methods.

use std::collections::BTreeMap;

use axum::Json;
use schemars::JsonSchema;
use serde::Serialize;

use crate::http::table::table;

/// Every endpoint.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Index {
    endpoints: Vec<Entry>,
}

/// One path.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Entry {
    path: &'static str,
    /// What each method does.
    methods: BTreeMap<&'static str, &'static str>,
}

/// The router's own table, by path.
pub async fn handle() -> Json<Index> {
    let mut paths = BTreeMap::<&'static str, BTreeMap<&'static str, &'static str>>::new();
    for endpoint in table() {
        let methods = paths.entry(endpoint.path).or_default();
        methods.insert(endpoint.verb.as_str(), endpoint.summary);
    }
    let endpoints = paths.into_iter().map(|(path, methods)| Entry { path, methods }).collect();
    Json(Index { endpoints })
}
