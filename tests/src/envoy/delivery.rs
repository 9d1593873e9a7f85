//! How a running Envoy gets another configuration: from a file that is replaced.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::filters;

/// What of a configuration comes by the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The whole listener (LDS). Connections that are open keep the filter they have.
    Listener,
    /// The filter alone (ECDS), as Istio does. It holds for the next request of every connection.
    Filter,
}

/// A part of Envoy's configuration that can be replaced while it runs.
#[derive(Debug)]
pub struct Source {
    delivery: Delivery,
    file: PathBuf,
    version: u32,
    resource: Value,
}

impl Source {
    /// Takes the part out of `bootstrap`, and has Envoy read it from a file in `folder`.
    ///
    /// # Panics
    /// When this is no configuration of [`super::Envoy`], or the file can't be written.
    #[must_use]
    pub fn new(delivery: Delivery, folder: &Path, bootstrap: &mut Value) -> Self {
        let file = folder.join("delivered.json");
        let from = json!({ "path_config_source": {
            "path": file, "watched_directory": { "path": folder },
        }});
        bootstrap["node"] = json!({ "id": "tested", "cluster": "tested" });
        let resource = match delivery {
            Delivery::Listener => {
                let mut listener = bootstrap["static_resources"]["listeners"][0].take();
                bootstrap["static_resources"]["listeners"] = json!([]);
                bootstrap["dynamic_resources"] = json!({ "lds_config": from });
                listener["@type"] = json!("type.googleapis.com/envoy.config.listener.v3.Listener");
                listener
            }
            Delivery::Filter => {
                let filter = &mut filters(bootstrap)[0];
                let settings = filter["typed_config"].take();
                let kind = settings["@type"].clone();
                *filter = json!({
                    "name": "laika",
                    "config_discovery": { "config_source": from, "type_urls": [kind] },
                });
                json!({
                    "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
                    "name": "laika",
                    "typed_config": settings,
                })
            }
        };
        let mut source = Self { delivery, file, version: 0, resource };
        source.deliver();
        source
    }

    /// Replaces the plugin configuration.
    ///
    /// # Panics
    /// When the file can't be written.
    pub fn replace(&mut self, plugin: &str) {
        let filter = match self.delivery {
            Delivery::Listener => {
                let manager = &mut self.resource["filter_chains"][0]["filters"][0];
                &mut manager["typed_config"]["http_filters"][0]["typed_config"]
            }
            Delivery::Filter => &mut self.resource["typed_config"],
        };
        filter["config"]["configuration"]["value"] = json!(plugin);
        self.deliver();
    }

    /// Written beside and moved, so that nobody reads half of it.
    fn deliver(&mut self) {
        self.version += 1;
        let document =
            json!({ "version_info": self.version.to_string(), "resources": [self.resource] });
        let new = self.file.with_extension("new");
        fs::write(&new, document.to_string()).expect("the new configuration is written");
        fs::rename(&new, &self.file).expect("the new configuration takes its place");
    }
}
