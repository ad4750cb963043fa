import { z } from "@hono/zod-openapi";
import { AssetClassSchema, ExchangeIdSchema, orNull } from "../openapi/enums.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../domain/exchange.ts";
import { canonicalBase } from "../../domain/symbol.ts";
import { ASSET_CLASSES } from "../../domain/quote.ts";
import { MAX_CURSOR_LENGTH } from "./cursor.ts";
import { FILE_FORMATS, FORMATS } from "../protocol/list-format.ts";
import { missingField } from "../openapi/missing-exchanges.ts";
import { TIME_FORMATS } from "./shown-fields.ts";
import {
  choiceParam,
  closedListParam,
  countParam,
  ignoredParams,
  opaqueParam,
  openListParam,
} from "../openapi/params.ts";

/** Schema parts that several resources share: fields of rows, envelopes of lists, filters. */

/** A time in unix seconds. */
export const time = (description: string) =>
  z.int().meta({ description: `${description} Unix seconds.`, example: 1_793_620_800 });

/** Identifies an instrument; the same in every list. */
export const instrumentFields = {
  uid: z.string().meta({
    description: "Permanent id of this instrument: a reused ticker gets a new one.",
    example: "binance:1000PEPEUSDT:1793620800",
  }),
  exchange: ExchangeIdSchema,
  exchange_symbol: z
    .string()
    .meta({ description: "The exchange's own symbol, verbatim.", example: "1000PEPEUSDT" }),
  symbol: z.string().meta({
    description: "Base and quote, spelled the same on all exchanges.",
    example: "PEPEUSDT",
  }),
  asset_id: z.string().nullable().meta({
    description:
      "The asset, as identified by its price: rows with the same asset_id are comparable. The same base can be two assets (`LIT`, `LIT~2`), and different bases can be one (`GOLD` and `XAU` are `XAU`). Null until a price has identified it.",
    example: "PEPE",
  }),
  base: z.string().meta({
    description: "The exchange's ticker: aliases resolved, multiplier removed.",
    example: "PEPE",
  }),
  quote: z.string().meta({ description: "Currency of the price.", example: "USDT" }),
} as const;

/** The values of `instrumentFields`. */
export function instrumentPart(of: {
  readonly uid: string;
  readonly exchange: ExchangeId;
  readonly exchangeSymbol: string;
  readonly base: string;
  readonly quote: string;
  readonly assetId: string | null;
}) {
  return {
    uid: of.uid,
    exchange: of.exchange,
    exchange_symbol: of.exchangeSymbol,
    symbol: of.base + of.quote,
    asset_id: of.assetId,
    base: of.base,
    quote: of.quote,
  };
}

/** Unix milliseconds as whole unix seconds. */
export function secondsOf(ms: number): number {
  return Math.floor(ms / 1000);
}

/** The same for a time that may be unknown. */
export function knownSeconds(ms: number | null): number | null {
  return ms === null ? null : secondsOf(ms);
}

/** The members before the rows of every list. */
const BEFORE_ROWS = {
  fetched_at: time("The time that the snapshot represents."),
  snapshot: z.string().meta({ description: "Id of the snapshot.", example: "7-1042" }),
  count: z.int().min(0).meta({ description: "Rows in this answer." }),
  total: z.int().min(0).meta({ description: "Rows that match the query." }),
  missing: missingField,
};

/** How the names in `base` were resolved, for lists that have this parameter. */
const NAMES = {
  resolved: z
    .strictObject({ asked: z.string(), base: z.string() })
    .optional()
    .meta({
      description:
        "Names in `base` that were resolved to a base, in upper case, and the bases in the same order, separated by commas. Absent if every name is an asset itself, or a ticker that has no other name.",
      example: { asked: "BTCUSDT", base: "BTC" },
    }),
  did_you_mean: z
    .array(z.string())
    .optional()
    .meta({
      description:
        "The candidate bases of each name in `base` that matches several. Absent if there is none.",
      example: ["LIT", "LITH"],
    }),
};

const nextCursor = z
  .string()
  .nullable()
  .meta({ description: "Pass it as `cursor` to get the next page; null on the last page." });

/** The envelope of a list. */
export function listSchema<Row extends z.ZodType>(name: string, row: Row) {
  return z.strictObject(listShape(row)).openapi(name);
}

/** Its members. */
export function listShape<Row extends z.ZodType>(row: Row) {
  return { ...BEFORE_ROWS, ...NAMES, rows: z.array(row), next_cursor: nextCursor };
}

/** The envelope of a list that has no parameter `base`. */
export function plainListSchema<Row extends z.ZodType>(name: string, row: Row) {
  return z.strictObject(plainListShape(row)).openapi(name);
}

/** Its members. */
export function plainListShape<Row extends z.ZodType>(row: Row) {
  return { ...BEFORE_ROWS, rows: z.array(row), next_cursor: nextCursor };
}

/** The envelope of a list of stored events, which shows a state of their log instead of a snapshot. */
export function logSchema<Row extends z.ZodType>(name: string, row: Row) {
  return z
    .strictObject({
      ...listShape(row),
      fetched_at: time(
        "When the newest stored event was seen, whether it matches or not; while there is no event, the time of the newest snapshot.",
      ),
      snapshot: z.string().meta({
        description:
          "Identifies what was stored by then. While it stays the same, so do the rows, except for asset_id, which is as of now.",
        example: "412-1793620800000",
      }),
    })
    .openapi(name);
}

/** More than any list of instruments has. */
const MAX_LIMIT = 100_000;

const baseDescription =
  "Assets, case-insensitive, aliases allowed (XBT is BTC), including listings under other tickers (GOLD and XAU, TON and GRAM). A symbol (BTCUSDT), an exchange symbol (PF_XBTUSD) or a ticker with a multiplier (1000PEPE) that belongs to exactly one asset is resolved to it, as shown in `resolved`. One that fits several matches nothing and is listed in `did_you_mean`; an unknown name matches nothing. Default: all.";

/** Filters by properties of an instrument. */
export const instrumentFilters = {
  exchange: closedListParam(EXCHANGE_IDS, {
    component: "ExchangeId",
    description: "Exchanges. Default: all.",
    example: ["binance", "okx", "bybit", "edgex"],
    fallback: null,
  }),
  base: openListParam(canonicalBase, {
    description: baseDescription,
    example: ["BTC", "ETH", "SOL"],
    fallback: null,
  }),
  asset_id: openListParam(canonicalBase, {
    description:
      "Assets by `asset_id`, case-insensitive: LIT is the asset of that name, LIT~2 another one. Default: all.",
    example: ["BTC", "ETH", "SOL"],
    fallback: null,
  }),
  quote: openListParam((text) => text.toUpperCase(), {
    description: "Quote currencies, case-insensitive. Default: all.",
    example: ["USDT"],
    fallback: null,
  }),
  asset_class: closedListParam(ASSET_CLASSES, {
    component: "AssetClass",
    description:
      "Asset classes, as in `asset_class` of a row; rows of unknown class match none. Default: all.",
    example: ["crypto"],
    fallback: null,
  }),
};

/** The class of a listing, in every list. */
export const assetClassField = orNull(AssetClassSchema).meta({
  description:
    "Once `identity` is `confirmed`, the class that most exchanges listing the asset state; until then, the class that its own exchange states. Null if no exchange states one.",
});

/** Selects the fields of a list's rows; `example` contains some of them. */
export function fieldsParam(example: readonly string[]) {
  return openListParam((text) => text.toLowerCase(), {
    description:
      "Fields to show, by JSON name or CSV column name: `long` is the whole object, `long_exchange` one of its members, shown under that name in every format. Rows then have only these fields, regardless of the schema. Default: all.",
    example,
    fallback: null,
    isOrdered: true,
  });
}

/** How rows are presented, in every format. */
const presentationParams = {
  fields: fieldsParam(["exchange", "base", "annualized_pct"]),
  time: choiceParam(TIME_FORMATS, {
    description:
      "How times are written, in every format: `unix` seconds, or `iso` for strings such as 2026-11-02T12:00:05Z (ISO 8601, UTC) in place of the numbers in the schema: fields ending in `_at`, `next_funding_time`, `as_of`, and the headers X-Fetched-At and X-As-Of.",
    example: "iso",
    fallback: "unix",
  }),
  bom: choiceParam(["0", "1"], {
    description:
      "`1`: CSV starts with a byte-order mark, which some spreadsheets need to recognize UTF-8. Other formats never have one.",
    example: "1",
    fallback: "0",
  }),
  ...ignoredParams,
};

/** The output format of a list. */
export const formatParam = {
  format: choiceParam(FORMATS, {
    description:
      "`csv` has a header line with units in the names, `ndjson` one row per line; both carry the snapshot, its time, the total, missing exchanges and the next page in headers. Default: by the Accept header (`text/csv`, `application/x-ndjson`), else `json`.",
    example: "json",
    fallback: null,
  }),
  ...presentationParams,
};

/** The output format of a list that can be a large file. */
export const fileFormatParam = {
  format: choiceParam(FILE_FORMATS, {
    description:
      "`csv` has a header line with units in the names, `ndjson` one row per line, `parquet` the columns of CSV with types (whole numbers, fractions, texts; compressed with zstd); all of them carry the snapshot, its time, the total, missing exchanges and the next page in headers. Default: by the Accept header (`text/csv`, `application/x-ndjson`, `application/vnd.apache.parquet`), else `json`.",
    example: "json",
    fallback: null,
  }),
  ...presentationParams,
};

const limitParam = {
  limit: countParam(
    { unit: null, min: 1, max: MAX_LIMIT },
    {
      description: "Maximum number of rows in one answer. Default: all.",
      example: 100,
      fallback: null,
    },
  ),
};

/** Page size and cursor. */
export const pageParams = {
  ...limitParam,
  cursor: opaqueParam(
    MAX_CURSOR_LENGTH,
    "`next_cursor` of the previous page, with the same query. All pages show one snapshot, which is kept for two minutes after it is replaced (by the process that sent the cursor, until it restarts): after that 410.",
  ),
  ...formatParam,
};

/** The same for a list of stored events, newest first. */
export const logPageParams = {
  ...limitParam,
  cursor: opaqueParam(
    MAX_CURSOR_LENGTH,
    "`next_cursor` of the page before, with the same query. Pages show what was stored when the first page was sent, each from the last row of the page before on; events stored later are on none of them and move no row to another page. It never expires.",
  ),
  ...formatParam,
};
