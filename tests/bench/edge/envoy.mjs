// An Envoy of one worker that answers by itself, on a core of its own, with one filter or none.

import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE = 60_000;

/**
 * Starts one; `filter` is the HTTP filter before the router, or nothing, and `under` the command that
 * runs it, such as a profiler with its arguments.
 */
export async function start({ program, core, folder, filter, under = [] }) {
  const at = (name) => join(folder, name);
  writeFileSync(at("envoy.json"), JSON.stringify(bootstrap(filter)));
  writeFileSync(at("admin"), "");
  const args = ["-c", String(core), ...under, program, "--concurrency", "1", "--disable-hot-restart", "--log-level", "error"];
  const child = spawn("taskset", [...args, "--admin-address-path", at("admin"), "-c", at("envoy.json")], { stdio: "inherit" });
  const admin = await until(() => readFileSync(at("admin"), "utf8").trim());
  const answer = await until(() => fetch(`http://${admin}/listeners?format=json`).then((answer) => answer.json()));
  const url = await until(() => {
    const port = answer.listener_statuses[0].local_address.socket_address.port_value;
    return fetch(`http://127.0.0.1:${port}/`).then(() => `http://127.0.0.1:${port}`);
  });
  return {
    url,
    pid: child.pid,
    /** CPU time so far, in ms. */
    cpu: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, "latin1").split(") ")[1].split(" ");
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    /** Resident memory, in KiB. */
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "latin1"))[1]),
    stop: () => new Promise((ended) => child.once("exit", ended).kill("SIGKILL")),
  };
}

async function until(ready) {
  for (const end = Date.now() + PATIENCE; ; await sleep(50)) {
    try {
      const value = await ready();
      if (value) return value;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    if (Date.now() > end) throw new Error("Envoy does not start");
  }
}

const type = (name) => `type.googleapis.com/envoy.extensions.filters.${name}`;
const nowhere = { socket_address: { address: "127.0.0.1", port_value: 0 } };

function bootstrap(filter) {
  const router = { name: "router", typed_config: { "@type": type("http.router.v3.Router") } };
  const manager = {
    "@type": type("network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "in",
    http_filters: [...(filter ? [filter] : []), router],
    route_config: {
      virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, direct_response: { status: 200 } }] }],
    },
  };
  const listener = { name: "in", address: nowhere, filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }] };
  return { admin: { address: nowhere }, static_resources: { listeners: [listener] } };
}

/** A proxy-wasm module as a filter. */
export function wasm(file, plugin) {
  return {
    name: "wasm",
    typed_config: {
      "@type": type("http.wasm.v3.Wasm"),
      config: {
        name: "measured",
        root_id: "measured",
        vm_config: { vm_id: "measured", runtime: "envoy.wasm.runtime.v8", code: { local: { filename: file } } },
        configuration: { "@type": "type.googleapis.com/google.protobuf.StringValue", value: JSON.stringify(plugin ?? {}) },
      },
    },
  };
}

/** Envoy's own filter for tokens. `cached` is how many it keeps. */
export function jwtAuthn({ issuer, audience, jwks, cached }) {
  const provider = {
    issuer,
    audiences: [audience],
    local_jwks: { inline_string: JSON.stringify(jwks) },
    require_expiration: true,
    forward: true,
    ...(cached && { jwt_cache_config: { jwt_cache_size: cached } }),
  };
  return {
    name: "jwt",
    typed_config: {
      "@type": type("http.jwt_authn.v3.JwtAuthentication"),
      providers: { measured: provider },
      rules: [{ match: { prefix: "/" }, requires: { provider_name: "measured" } }],
    },
  };
}
