// The golden vectors that crate, filter and issuer read as well.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { createVerifier } from "laika-verifier";

const folder = new URL("../../tests/vectors/", import.meta.url);
