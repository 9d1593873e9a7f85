//! `GET /v1`: every endpoint with its methods.

use std::collections::BTreeMap;

use axum::Json;
use serde::Serialize;

use crate::http::router::table;

/// Every endpoint.
#[derive(Debug, Serialize)]
pub struct Index {
    endpoints: Vec<Entry>,
}

/// One path.
#[derive(Debug, Serialize)]
pub struct Entry {
    path: &'static str,
    /// What each method does.
    methods: BTreeMap<String, &'static str>,
}

/// The router's own table, by path.
pub async fn handle() -> Json<Index> {
    let mut paths = BTreeMap::<&'static str, BTreeMap<String, &'static str>>::new();
    for endpoint in table() {
        let methods = paths.entry(endpoint.path).or_default();
        methods.insert(endpoint.method.to_string(), endpoint.summary);
    }
    let endpoints = paths
        .into_iter()
        .map(|(path, methods)| Entry { path, methods })
        .collect();
    Json(Index { endpoints })
}
