import { z } from "@hono/zod-openapi";
import { CSV_TYPE, JSON_TYPE, NDJSON_TYPE, PARQUET_TYPE } from "../protocol/list-format.ts";
import { MISSING_SAMPLE, missingField } from "./missing-exchanges.ts";
import { PROBLEMS, problemType, type ProblemCode } from "../protocol/problem.ts";

/** Version of the public contract, not of the program. */
const API_VERSION = "1.0.0";

/** Topics of the API, in the order of its documentation: each operation is tagged with one of them. */
const TOPICS = [
  {
    name: "Rates",
    description:
      "Live funding rates as rows, as a matrix and for one position, and how each was computed.",
  },
  {
    name: "Pairs",
    description: "Long/short pairs across exchanges and what they yield after fees.",
  },
  { name: "Market", description: "Market-wide sentiment: which side pays, across all exchanges." },
  {
    name: "History",
    description: "What was really charged, and what is known of the past.",
  },
  { name: "Assets", description: "What is listed, and under which names." },
  { name: "Exchanges", description: "The exchanges, their status and the quality of their data." },
  { name: "Stream", description: "Live changes as they happen." },
  { name: "Service", description: "Health of the service itself." },
] as const;

/** What may change without notice and what may not. Also in docs/api-changes.md. */
export const POLICY = [
  "**What may change.** Answers may gain fields, closed sets may gain members (flags, reasons, statuses, exchanges), endpoints may gain parameters, and human-readable texts (`detail`, `reason` in words, descriptions) may be reworded. Ignore what you do not know; the order of fields has no meaning.",
  "**What is a breaking change.** A path, field, parameter, problem code or member of a set that is removed or changes its name, type, unit or meaning; a default that changes; a parameter that becomes required. Such a change comes with a new major version and is announced in advance.",
  "**Versions.** `info.version` is the version of this contract: the last number counts corrections of the document, the middle one additions, the first one breaking changes.",
  "**Deprecation.** What will be removed is marked `deprecated` in this document and named in the changelog, and keeps working for six months; its answers carry the header `Deprecation` (RFC 9745).",
];

/** The document's metadata. Clients reach `publicUrl`, or else the host that served the document. */
export function openApiInfo(publicUrl: string | null) {
  return {
    openapi: "3.1.0",
    info: {
      title: "Funding Finder",
      version: API_VERSION,
      summary: "Funding rates of linear perpetuals, comparable across exchanges.",
      description: [
        "Rates are fractions of notional per the row's own funding interval. **Positive: longs pay shorts.**",
        "`annualized_pct` is simple interest: rate x (24 / interval in hours) x 365 x 100.",
        "Times are unix seconds (UTC), money is in US dollars, and unknown values are `null`, never 0.",
        "Every answer made from market data names its `snapshot`: answers with the same snapshot are consistent with each other. `missing` lists the requested exchanges without current data; if that is all of them and no row is left, the answer is 503 `no_data`.",
        "Errors are `application/problem+json` (RFC 9457); /docs/problems explains each `code`, /docs/terms the flags, reasons, thresholds and formulas.",
        "The same document in OpenAPI 3.0.3 is at /openapi-3.0.json.",
        ...POLICY,
      ].join("\n\n"),
      contact: {
        name: "The operator of this service",
        ...(publicUrl !== null && { url: `${publicUrl}/docs` }),
      },
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: publicUrl ?? "/", description: "This service." }],
    security: [],
    tags: TOPICS.map((topic) => ({ ...topic })),
  };
}

const problemCodes = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

const ProblemSchema = z
  .strictObject({
    type: z.string().meta({
      description:
        "The page that explains this kind of problem; determined by `code`. Absolute if the service knows its public URL, else a path on this host.",
    }),
    title: z.string().meta({ description: "The kind of problem in words." }),
    status: z.int().meta({ description: "The HTTP status." }),
    detail: z.string().meta({ description: "What is wrong with this request." }),
    instance: z.string().meta({ description: "Path of the request." }),
    code: z.enum(problemCodes).meta({ description: "The kind of problem, for programs to read." }),
    request_id: z.string().meta({ description: "Also in the header X-Request-Id." }),
    errors: z
      .array(z.strictObject({ parameter: z.string(), rule: z.string() }))
      .optional()
      .meta({ description: "Every invalid parameter." }),
    did_you_mean: z.array(z.string()).optional().meta({
      description: "With `unknown_base`: the bases that the name matches, if it matches several.",
    }),
    missing: missingField.optional().meta({
      description:
        "With `no_data`, and `no_history` of some exchanges: the requested exchanges, all of them missing.",
    }),
  })
  .openapi("Problem");

const REQUEST_ID = {
  "X-Request-Id": {
    description: "Your X-Request-Id if it was valid, else a new one.",
    schema: { type: "string" as const },
  },
};

const CACHING = {
  ...REQUEST_ID,
  ETag: {
    description:
      "Strong; one per snapshot, query, format and encoding. Send it back as If-None-Match.",
    schema: { type: "string" as const },
  },
};

const header = (description: string) => ({ description, schema: { type: "string" as const } });

/** Headers of a list; formats other than JSON have the envelope's members only here. */
const FILE = {
  "Content-Disposition": header("Suggested file name, for formats other than JSON."),
  Link: header('The next page as rel="next"; absent on the last page.'),
  "X-Snapshot": header("`snapshot` of the envelope."),
  "X-Fetched-At": header("`fetched_at` of the envelope. Unix seconds, or as `time` says."),
  "X-As-Of": header(
    "`as_of` of the envelope, with `as_of` in formats other than JSON. Unix seconds, or as `time` says.",
  ),
  "X-Missing-Fields": header(
    "`missing_fields` of the envelope, with `as_of` in formats other than JSON: `settled_rate, settled_at`. Absent if there is none.",
  ),
  "X-Resolved": header(
    "`resolved` of the envelope, for formats other than JSON, percent-encoded: `BTCUSDT=BTC, 1000PEPE=PEPE`. Absent if no name was resolved.",
  ),
  "X-Did-You-Mean": header(
    "`did_you_mean` of the envelope, for formats other than JSON, percent-encoded. Absent if there is none.",
  ),
  "X-Reset": header("`reset` of the envelope, with `since` in formats other than JSON."),
  "X-Removed": header(
    "`removed` of the envelope, percent-encoded and separated by commas, with `since` in formats other than JSON. Absent if there is none.",
  ),
  "X-Thresholds": header(
    "The thresholds that were applied, for lists that have any in formats other than JSON: `min_volume=1000000, min_yield=5`.",
  ),
  "X-Missing-Exchanges": header(
    "`missing` of the envelope, for formats other than JSON: `okx;status=down, gate;status=stale`. Absent if none is missing.",
  ),
  "X-Of-Exchanges": header(
    "Number of exchanges requested, including missing ones, for formats other than JSON.",
  ),
  "X-Total-Count": header("Rows that match the query."),
  "X-Complete": header(
    "`complete` of the envelope, for lists of the past in formats other than JSON: `true` or `false`.",
  ),
};

const NOT_MODIFIED = {
  description: "The version you have (If-None-Match) is still current.",
  headers: CACHING,
};

const CsvSchema = z.string().openapi("Csv", {
  description:
    "RFC 4180 with a header line. Empty cells are unknown values. Text that a spreadsheet would interpret as a formula is prefixed with an apostrophe.",
});

const NdjsonSchema = z
  .string()
  .openapi("Ndjson", { description: "One JSON object per line, one line per row." });

/** The documented response of a list, cached in each of its formats. */
export function cachedList<Schema extends z.ZodType>(schema: Schema, description: string) {
  return {
    200: {
      description,
      headers: { ...CACHING, ...FILE },
      content: {
        [JSON_TYPE]: { schema },
        [CSV_TYPE]: { schema: CsvSchema },
        [NDJSON_TYPE]: { schema: NdjsonSchema },
      },
    },
    304: NOT_MODIFIED,
  };
}

const ParquetSchema = z.string().openapi("Parquet", {
  description:
    "Apache Parquet with the columns of CSV: whole numbers INT64, fractions DOUBLE, texts UTF8; compressed with zstd.",
  format: "binary",
});

/** The same for a list that can be a large file. */
export function cachedFile<Schema extends z.ZodType>(schema: Schema, description: string) {
  const { 200: found, ...others } = cachedList(schema, description);
  const content = { ...found.content, [PARQUET_TYPE]: { schema: ParquetSchema } };
  return { 200: { ...found, content }, ...others };
}

/** The documented response of a route that is not cached. */
export function freshJson<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, headers: REQUEST_ID, content: { "application/json": { schema } } };
}

/** A documented plain text. */
export function freshText(description: string, sample: string) {
  return {
    description,
    headers: REQUEST_ID,
    content: { "text/plain": { schema: z.string().meta({ example: sample }) } },
  };
}

type ProblemStatus = (typeof PROBLEMS)[ProblemCode]["status"];

/** Documented failures, grouped by status; any request may fail because it cannot be read. */
export function problems<const Code extends ProblemCode>(
  ...codes: readonly Code[]
): Record<(typeof PROBLEMS)[Code | "bad_request"]["status"], ReturnType<typeof problem>> {
  const all = [...codes, "bad_request"] as const;
  const byStatus = Map.groupBy(all, (code): ProblemStatus => PROBLEMS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, sharing]) => [status, problem(status, sharing)]),
  ) as Record<(typeof PROBLEMS)[Code | "bad_request"]["status"], ReturnType<typeof problem>>;
}

function problem(status: ProblemStatus, codes: readonly ProblemCode[]) {
  const titles = codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title.toLowerCase()}.`);
  const retry = {
    "Retry-After": { description: "Seconds to wait.", schema: { type: "string" as const } },
  };
  return {
    description: titles.join(" "),
    headers: status === 503 ? { ...REQUEST_ID, ...retry } : REQUEST_ID,
    content: {
      "application/problem+json": {
        schema: ProblemSchema,
        examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
      },
    },
  };
}

/** Example details, for codes where they make the problem clearer. */
const DETAILS: Partial<
  Record<ProblemCode, { readonly detail: string; readonly [key: string]: unknown }>
> = {
  bad_parameter: {
    detail: "exchnage is not a parameter of this endpoint; did you mean exchange?",
    errors: [
      {
        parameter: "exchnage",
        rule: "is not a parameter of this endpoint; did you mean exchange?",
      },
    ],
  },
  unknown_base: { detail: '"NOSUCH" was never seen on any exchange.' },
  method_not_allowed: { detail: "Allowed methods: GET, HEAD, OPTIONS." },
  no_history: { detail: "The first samples are of 2026-11-02T12:00:05Z (1793620805)." },
  no_data: { detail: "There are no rates of okx (down).", missing: MISSING_SAMPLE },
};

/** A problem body with this code, as sent. */
export function exampleOf(code: ProblemCode) {
  const { detail, ...more } = DETAILS[code] ?? { detail: "In words, for this request." };
  return {
    type: problemType(code, null),
    title: PROBLEMS[code].title,
    status: PROBLEMS[code].status,
    detail,
    instance: "/api/funding/current",
    code,
    request_id: "5f0c2d1e-8a3b-4c6d-9e7f-102938475665",
    ...more,
  };
}
