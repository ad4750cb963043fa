import { z } from "@hono/zod-openapi";
import { AssetClassSchema, ExchangeIdSchema, orNull } from "../openapi/enums.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../domain/exchange.ts";
import { canonicalBase } from "../../domain/symbol.ts";
import { ASSET_CLASSES } from "../../domain/quote.ts";
import { MAX_CURSOR_LENGTH } from "./cursor.ts";
import { FORMATS } from "../protocol/list-format.ts";
import { missingField } from "../openapi/missing-exchanges.ts";
import { TIME_FORMS } from "./shown-fields.ts";
import {
  choiceParam,
  closedListParam,
  countParam,
  ignoredParam,
  opaqueParam,
  openListParam,
} from "../openapi/params.ts";

/** Pieces of schemas that several resources share: fields of rows, envelopes of lists, filters. */

/** A time in unix seconds. */
export const time = (description: string) =>
  z.int().openapi({ description: `${description} Unix seconds.`, example: 1_793_620_800 });

/** Who an instrument is, alike in every list. */
export const instrumentFields = {
  uid: z.string().openapi({
    description: "This instrument for ever: a ticker that is used again gets a new one.",
    example: "binance:1000PEPEUSDT:1793620800",
  }),
  exchange: ExchangeIdSchema,
  exchange_symbol: z
    .string()
    .openapi({ description: "The exchange's own symbol, verbatim.", example: "1000PEPEUSDT" }),
  symbol: z
    .string()
    .openapi({ description: "Base and quote, alike on all exchanges.", example: "PEPEUSDT" }),
  asset_id: z.string().nullable().openapi({
    description:
      "Which asset this is by its price: rows with the same one may be compared. Equal bases need not be one asset (`LIT`, `LIT~2`), and different ones may be (`GOLD` and `XAU` are `XAU`). Null while no price has told.",
    example: "PEPE",
  }),
  base: z.string().openapi({
    description: "The exchange's ticker: aliases resolved, multiplier removed.",
    example: "PEPE",
  }),
  quote: z.string().openapi({ description: "Currency of the price.", example: "USDT" }),
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

/** Whole unix seconds of unix milliseconds. */
export function secondsOf(ms: number): number {
  return Math.floor(ms / 1000);
}

/** The same, of a time that may be unknown. */
export function knownSeconds(ms: number | null): number | null {
  return ms === null ? null : secondsOf(ms);
}

/** The envelope of a list. */
export function listSchema<Row extends z.ZodType>(name: string, row: Row) {
  return z.strictObject(listShape(row)).openapi(name);
}

/** Its members. */
export function listShape<Row extends z.ZodType>(row: Row) {
  return {
    fetched_at: time("The time that the snapshot shows."),
    snapshot: z.string().openapi({ description: "Names the snapshot.", example: "7-1042" }),
    count: z.int().min(0).openapi({ description: "Rows in this answer." }),
    total: z.int().min(0).openapi({ description: "Rows that match the query." }),
    missing: missingField,
    resolved: z
      .strictObject({ asked: z.string(), base: z.string() })
      .optional()
      .openapi({
        description:
          "Names in `base` that stand for a base, in capitals, and the bases, in the same order: several are separated by commas. Absent where every name is that of an asset or a ticker itself.",
        example: { asked: "BTCUSDT", base: "BTC" },
      }),
    did_you_mean: z
      .array(z.string())
      .optional()
      .openapi({
        description:
          "The bases that a name in `base` fits which fits several. Absent where none does.",
        example: ["LIT", "LITH"],
      }),
    rows: z.array(row),
    next_cursor: z
      .string()
      .nullable()
      .openapi({ description: "Send it as `cursor` for the next page; null on the last one." }),
  };
}

/** A page larger than any list of instruments. */
const MAX_LIMIT = 100_000;

const baseDescription =
  "Assets, in any case, aliases allowed (XBT is BTC), each with its listings under other tickers (GOLD and XAU, TON and GRAM). A symbol (BTCUSDT), an exchange's own (PF_XBTUSD) or a ticker with a multiplier (1000PEPE) that is of one asset alone stands for it: `resolved` says so. One that fits several matches nothing, and `did_you_mean` has them; nor does an unknown one. Default: all.";

/** Filters by what an instrument is. */
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
      "Assets by `asset_id`, in any case: LIT is the one of that name, LIT~2 another. Default: all.",
    example: ["BTC", "ETH", "SOL"],
    fallback: null,
  }),
  quote: openListParam((text) => text.toUpperCase(), {
    description: "Quote currencies, in any case. Default: all.",
    example: ["USDT"],
    fallback: null,
  }),
  asset_class: closedListParam(ASSET_CLASSES, {
    component: "AssetClass",
    description:
      "Classes, as `asset_class` of a row says; rows whose class is unknown match none. Default: all.",
    example: ["crypto"],
    fallback: null,
  }),
};

/** The class of a listing, wherever it is shown. */
export const assetClassField = orNull(AssetClassSchema).openapi({
  description:
    "The class of its asset once `identity` is `confirmed`, as most exchanges that list it state; until then as its own exchange states. Null where none states one.",
});

/** Some scripts add it so that nothing kept is sent. */
export const ignoredParams = {
  _: ignoredParam({
    description: "Ignored: it may hold anything, and the answer is the same.",
    example: "1793620800",
  }),
};

/** Which fields of its rows a list shows; `example` has some of them. */
export function fieldsParam(example: readonly string[]) {
  return openListParam((text) => text, {
    description:
      "Fields of the rows that are shown, by their names in JSON or by those of the columns of CSV: `long` is the whole object, `long_exchange` one of its members, which then stands under that name in every format. The rows have these fields only, whatever the schema says. Default: all.",
    example,
    fallback: null,
    isOrdered: true,
  });
}

/** How a list is written. */
export const formatParam = {
  format: choiceParam(FORMATS, {
    description:
      "`csv` has a header line with units in the names, `ndjson` one row per line; both carry snapshot, its time, total, missing exchanges and the next page in headers. Default: what Accept asks for (`text/csv`, `application/x-ndjson`), else `json`.",
    example: "json",
    fallback: null,
  }),
  fields: fieldsParam(["exchange", "base", "annualized_pct"]),
  time: choiceParam(TIME_FORMS, {
    description:
      "How moments are written, in every format: `unix` seconds, or `iso` for texts such as 2026-11-02T12:00:05Z (ISO 8601, UTC) in place of the numbers that the schema has: fields that end in `_at`, `next_funding_time`, and X-Fetched-At.",
    example: "iso",
    fallback: "unix",
  }),
  bom: choiceParam(["0", "1"], {
    description:
      "`1`: CSV starts with a byte-order mark, which some spreadsheets need to read UTF-8. Other formats never have one.",
    example: "1",
    fallback: "0",
  }),
  ...ignoredParams,
};

/** How long an answer may be and where it goes on. */
export const pageParams = {
  limit: countParam(
    { min: 1, max: MAX_LIMIT },
    { description: "Most rows in one answer. Default: all.", example: 100, fallback: null },
  ),
  cursor: opaqueParam(
    MAX_CURSOR_LENGTH,
    "`next_cursor` of the page before, with the same query. Pages show one snapshot, which is kept for two minutes: after that 410.",
  ),
  ...formatParam,
};
