import { parseAccept } from "hono/utils/accept";

/** How a list is written. */
export const FORMATS = ["json", "csv", "ndjson"] as const;
export type Format = (typeof FORMATS)[number];

export const JSON_TYPE = "application/json";
export const CSV_TYPE = "text/csv";
export const NDJSON_TYPE = "application/x-ndjson";

/** Media types that ask for a format; NDJSON was never registered and has several names. */
const FORMAT_OF_TYPE: ReadonlyMap<string, Format> = new Map([
  [JSON_TYPE, "json"],
  [CSV_TYPE, "csv"],
  [NDJSON_TYPE, "ndjson"],
  ["application/ndjson", "ndjson"],
  ["application/jsonl", "ndjson"],
]);

/** Content-Type of each format; `header=present` is RFC 4180's way to say that the first line has the names. */
export const CONTENT_TYPES = {
  json: JSON_TYPE,
  csv: `${CSV_TYPE}; charset=utf-8; header=present`,
  ndjson: NDJSON_TYPE,
} as const satisfies Record<Format, string>;

/** Ranges that JSON lies in. */
const WILDCARDS: ReadonlySet<string> = new Set(["*/*", "application/*"]);

/**
 * The format that an Accept header likes best. A wildcard is read as JSON, after what is named at the same weight;
 * and so is a header that names none of ours: an answer in JSON serves such a client better than a 406.
 */
export function formatOf(accept: string): Format {
  let best: Format = "json";
  let bestWeight = 0;
  let wildcardWeight = 0;
  for (const { type, q } of parseAccept(accept)) {
    const range = type.toLowerCase();
    const format = FORMAT_OF_TYPE.get(range);
    if (format !== undefined && q > bestWeight) {
      best = format;
      bestWeight = q;
    }
    if (WILDCARDS.has(range)) wildcardWeight = Math.max(wildcardWeight, q);
  }
  return wildcardWeight > bestWeight ? "json" : best;
}
