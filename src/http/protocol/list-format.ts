import { parseAccept } from "hono/utils/accept";

/** Output formats of a list. */
export const FORMATS = ["json", "csv", "ndjson"] as const;
export type Format = (typeof FORMATS)[number];

/** Formats of lists that can be large files. */
export const FILE_FORMATS = [...FORMATS, "parquet"] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** The preferred format of a client; `+parquet` if it prefers that where it is available. */
export type Accepts = Format | `${Format}+parquet`;

/** The preferred one of a list's formats. */
export function acceptedFormat(accepts: Accepts): Format {
  const [format] = accepts.split("+");
  return FORMATS.find((one) => one === format) ?? "json";
}

/** The preferred one of a list's formats, if Parquet is among them. */
export function acceptedFileFormat(accepts: Accepts): FileFormat {
  return accepts.endsWith("+parquet") ? "parquet" : acceptedFormat(accepts);
}

export const JSON_TYPE = "application/json";
export const CSV_TYPE = "text/csv";
export const NDJSON_TYPE = "application/x-ndjson";
export const PARQUET_TYPE = "application/vnd.apache.parquet";

/** Media types by format; NDJSON was never registered and goes by several names. */
const FORMAT_OF_TYPE: ReadonlyMap<string, Format> = new Map([
  [JSON_TYPE, "json"],
  [CSV_TYPE, "csv"],
  [NDJSON_TYPE, "ndjson"],
  ["application/ndjson", "ndjson"],
  ["application/jsonl", "ndjson"],
]);

/** Content-Type by format; `header=present` is RFC 4180's way to say that the first line holds the names. */
export const CONTENT_TYPES = {
  json: JSON_TYPE,
  csv: `${CSV_TYPE}; charset=utf-8; header=present`,
  ndjson: NDJSON_TYPE,
  parquet: PARQUET_TYPE,
} as const satisfies Record<FileFormat, string>;

/** Ranges that include JSON. */
const WILDCARDS: ReadonlySet<string> = new Set(["*/*", "application/*"]);

/**
 * The preferred format of an Accept header. A wildcard means JSON, after explicit types of the same weight; so does a
 * header without any of our types: such a client is better served by JSON than by a 406.
 */
export function formatOf(accept: string): Accepts {
  let best: Format = "json";
  let bestWeight = 0;
  let wildcardWeight = 0;
  let parquetWeight = 0;
  for (const { type, q } of parseAccept(accept)) {
    const range = type.toLowerCase();
    const format = FORMAT_OF_TYPE.get(range);
    if (format !== undefined && q > bestWeight) {
      best = format;
      bestWeight = q;
    }
    if (WILDCARDS.has(range)) wildcardWeight = Math.max(wildcardWeight, q);
    if (range === PARQUET_TYPE) parquetWeight = q;
  }
  const plain = wildcardWeight > bestWeight ? "json" : best;
  const others = Math.max(bestWeight, wildcardWeight);
  return parquetWeight > 0 && parquetWeight >= others ? `${plain}+parquet` : plain;
}
