import { expect, test } from "bun:test";
import { type Accepts, formatOf } from "../../src/http/protocol/list-format.ts";
import { type Encoding, encodingOf, HeaderChoice } from "../../src/http/protocol/negotiate.ts";

const CASES: readonly (readonly [header: string | null, chosen: Encoding])[] = [
  [null, "identity"],
  ["", "identity"],
  ["identity", "identity"],
  ["gzip", "gzip"],
  ["GZIP", "gzip"],
  ["x-gzip", "gzip"],
  ["gzip, deflate, br, zstd", "zstd"],
  ["gzip, br", "br"],
  ["deflate", "identity"],
  ["*", "zstd"],
  ["*;q=0", "identity"],
  ["zstd;q=0, *", "br"],
  ["gzip;q=1.0, zstd;q=0.5", "gzip"],
  ["zstd;q=0, br;q=0, gzip;q=0", "identity"],
  ["gzip;q=0.5, identity", "identity"],
  ["gzip;q=0.5, identity;q=0.5", "gzip"],
  ["br;q=0.8, gzip;q=0.8", "br"],
  [",,;;q=", "identity"],
];

test.each(CASES)("Accept-Encoding %p selects %s, also when repeated", (header, chosen) => {
  const choice = new HeaderChoice(encodingOf, "identity");
  expect(choice.of(header)).toBe(chosen);
  expect(choice.of(header)).toBe(chosen);
});

const FORMAT_CASES: readonly (readonly [accept: string, chosen: Accepts])[] = [
  ["", "json"],
  ["*/*", "json"],
  ["text/html, application/xhtml+xml, */*;q=0.8", "json"],
  ["image/png", "json"],
  ["text/csv", "csv"],
  ["Text/CSV; charset=utf-8", "csv"],
  ["application/x-ndjson", "ndjson"],
  ["application/jsonl", "ndjson"],
  ["text/csv;q=0.5, application/x-ndjson;q=0.6", "ndjson"],
  ["text/csv;q=0", "json"],
  // A named type takes precedence over a wildcard of the same weight, not over one of a higher weight.
  ["text/csv, */*", "csv"],
  ["*/*, text/csv", "csv"],
  ["text/csv;q=0.1, */*;q=0.9", "json"],
  ["application/*, text/csv;q=0.9", "json"],
  ["application/json;q=0.2, */*;q=0.1, text/csv;q=0.3", "csv"],
  // Few lists have Parquet: for the others the rest of the header decides.
  ["application/vnd.apache.parquet", "json+parquet"],
  ["application/vnd.apache.parquet, text/csv;q=0.5", "csv+parquet"],
  ["application/vnd.apache.parquet, */*", "json+parquet"],
  ["application/vnd.apache.parquet;q=0.4, text/csv;q=0.5", "csv"],
  ["application/vnd.apache.parquet;q=0", "json"],
];

test.each(FORMAT_CASES)("Accept %p selects %s", (accept, chosen) => {
  expect(formatOf(accept)).toBe(chosen);
});
