import { z } from "@hono/zod-openapi";
import { EXCHANGE_IDS } from "../../../domain/exchange.ts";
import { PERSISTENCE_DEFAULTS } from "../../../services/history/persistence.ts";
import {
  MAX_PERSISTENCE_DAYS,
  PERSISTENCE_FILTERS,
} from "../../../services/history/persistence-table.ts";
import { MAX_CURSOR_LENGTH } from "../../lists/cursor.ts";
import { feesParam } from "../../lists/pair-query.ts";
import {
  fieldsParam,
  fileFormatParam,
  pageParams,
  plainListShape,
  time,
} from "../../lists/row-fields.ts";
import { thresholdListSchema } from "../../lists/thresholds.ts";
import { ExchangeIdSchema, orNull } from "../../openapi/enums.ts";
import {
  closedListParam,
  countParam,
  numberParam,
  opaqueParam,
  thresholdParam,
} from "../../openapi/params.ts";

const count = (description: string, example: number) =>
  z.int().min(0).meta({ description, example });
const share = (description: string, example: number) =>
  z.number().min(0).max(1).nullable().meta({ description, example });

const INTERVAL_NULL = "Null where lasted_share is 0, 1 or null.";

export const PersistenceSchema = z
  .strictObject({
    long_exchange: orNull(ExchangeIdSchema).meta({
      description:
        "The exchange of the long leg; null, like short_exchange, in the rows about all pairs of exchanges together.",
    }),
    short_exchange: orNull(ExchangeIdSchema).meta({
      description: "The exchange of the short leg.",
    }),
    age_hours: count("How long the spreads had lasted when they were seen. Full hours.", 3),
    horizon_hours: count("How much longer. Hours.", 8),
    spreads: count(
      "Spreads seen at this age that were observed for at least an hour more: those at risk.",
      240,
    ),
    ended: count("Those of them that were seen to end within the horizon.", 60),
    lasted_share: share(
      "Share (0 to 1) that lasted longer than the horizon, by Kaplan and Meier: not 1 - ended / spreads where some were not observed to their end. Null if no spread was observed that far.",
      0.74,
    ),
    low_share: share(
      `Lower end of its 95 % confidence interval, by Greenwood's formula on the scale log(-log). ${INTERVAL_NULL}`,
      0.68,
    ),
    high_share: share(`Upper end of it. ${INTERVAL_NULL}`, 0.79),
  })
  .openapi("Persistence");

export type PersistenceItem = z.infer<typeof PersistenceSchema>;

export const PersistenceListSchema = z
  .strictObject({
    ...plainListShape(PersistenceSchema),
    thresholds: thresholdListSchema("PersistenceList", PersistenceSchema, ["min_net"]).shape
      .thresholds,
    from_at: time("The first full hour that was looked at; null if none is stored.").nullable(),
    to_at: time("The last one.").nullable(),
    hours: count("Full hours that were looked at.", 720),
    unreadable_hours: count(
      "Full hours left out because what is stored of them is damaged: they interrupt observation.",
      0,
    ),
    sightings: count("Spreads seen, once for each age at which one was seen.", 5_200),
    open: count(
      "Those of them whose end is not known: they still last, were observed for 24 hours, or observation was interrupted.",
      310,
    ),
  })
  .openapi("PersistenceList");

const MAX_PCT = 1_000_000;
/** Ten years, as for pairs. */
const MAX_HOLD_HOURS = 87_600;

export const PersistenceQuerySchema = z.strictObject({
  min_net: thresholdParam(
    { unit: "percent a year", min: -MAX_PCT, max: MAX_PCT },
    {
      description:
        "Minimum net yield of a spread at the moment when it is seen, percent a year; may be negative. Only spreads of 5 percent a year gross or more are recorded.",
      fallback: PERSISTENCE_DEFAULTS.minNetPct,
      example: 10,
    },
  ),
  hold_hours: numberParam(
    { unit: "hours", above: 0, max: MAX_HOLD_HOURS },
    {
      description: "Holding time over which the fees are spread for the net yield, in hours.",
      fallback: PERSISTENCE_DEFAULTS.holdHours,
      example: 72,
    },
  ),
  days: countParam(
    { unit: "days", min: 1, max: MAX_PERSISTENCE_DAYS },
    {
      description:
        "How far back, in days. So many days of a market with so many spreads that counting them takes too long are refused.",
      fallback: PERSISTENCE_DEFAULTS.days,
      example: 7,
    },
  ),
  long_exchange: closedListParam(EXCHANGE_IDS, {
    component: "ExchangeId",
    description: "Exchanges of the long leg. Default: any.",
    example: ["binance", "bybit", "okx"],
    fallback: PERSISTENCE_FILTERS.longExchanges,
  }),
  short_exchange: closedListParam(EXCHANGE_IDS, {
    component: "ExchangeId",
    description: "Exchanges of the short leg. Default: any.",
    example: ["binance", "bybit", "okx"],
    fallback: PERSISTENCE_FILTERS.shortExchanges,
  }),
  fees: feesParam,
  limit: pageParams.limit,
  cursor: opaqueParam(
    MAX_CURSOR_LENGTH,
    "`next_cursor` of the previous page, with the same query: all pages are counted for the same hours. It never expires.",
  ),
  ...fileFormatParam,
  fields: fieldsParam([
    "long_exchange",
    "short_exchange",
    "age_hours",
    "horizon_hours",
    "lasted_share",
  ]),
});
