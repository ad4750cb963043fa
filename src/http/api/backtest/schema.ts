import { z } from "@hono/zod-openapi";
import {
  BACKTEST_DEFAULTS,
  BACKTEST_SIDES,
  BACKTEST_SPAN_MS,
  GAP_POLICIES,
} from "../../../services/history/backtest-query.ts";
import { LEAVE_UNDER_PCT, MAX_THRESHOLD_DAYS } from "../../../services/history/backtest-table.ts";
import { MAX_RAW_DAYS } from "../../../services/history/history-query.ts";
import { MAX_LACKING_RANGES } from "../../../services/history/settled-page.ts";
import { LackingRangeSchema, unreadablePeriods } from "../../lists/lacking.ts";
import { feesParam } from "../../lists/pair-query.ts";
import {
  fieldsParam,
  fileFormatParam,
  instrumentFields,
  plainListShape,
  time,
} from "../../lists/row-fields.ts";
import { AccrualSchema } from "../../openapi/enums.ts";
import {
  BacktestOutcomeSchema,
  EntryReasonSchema,
  ExitReasonSchema,
  PointKindSchema,
} from "../../openapi/backtest-terms.ts";
import { choiceParam, numberParam, timeParam } from "../../openapi/params.ts";
import { requiredTextParam } from "../../openapi/required-params.ts";

const usd = (description: string, example: number) =>
  z.number().meta({ description: `${description} US dollars.`, example });

export const EquityPointSchema = z
  .strictObject({
    point_at: time("When."),
    kind: PointKindSchema,
    long_usd: usd("What the long leg received.", -1.25).nullable(),
    short_usd: usd("What the short leg received.", 3.5).nullable(),
    equity_usd: usd("Funding received so far minus fees paid so far.", 12.5),
    is_pro_rata: z.boolean().meta({
      description:
        "Whether an accrued hour counts in part, because the position was not held throughout.",
    }),
  })
  .openapi("EquityPoint");

export type EquityPointRow = z.infer<typeof EquityPointSchema>;

const LegSchema = z
  .strictObject({
    ...instrumentFields,
    accrual: AccrualSchema,
    taker_fee_bps: z.number().meta({
      description:
        "Per fill, as known today or as `fees` states it, throughout the range: what it was then is not known. Basis points.",
      example: 5,
    }),
  })
  .openapi("BacktestLeg");

const SideSchema = z.enum(BACKTEST_SIDES).meta({ description: "A leg of the pair." });

const TradeSchema = z
  .strictObject({
    entry_at: time("When it was opened: settlements after this count."),
    exit_at: time("When it was closed: settlements up to this count."),
    opened_by: EntryReasonSchema,
    closed_by: ExitReasonSchema,
    long_usd: usd("Funding of the long leg.", -12),
    short_usd: usd("Funding of the short leg.", 40),
    funding_usd: usd("Both.", 28),
    fees_usd: usd("Four fills.", 20),
    net_usd: usd("Funding minus fees.", 8),
    price_usd: usd(
      "Profit and loss of the prices, apart from funding; null if a price is unknown.",
      -0.5,
    ).nullable(),
    unfinished: z
      .array(
        z
          .strictObject({
            side: SideSchema,
            since_at: time(
              "From the last settlement, or the entry; if the last settlement is not known, from the last time on the grid of the interval.",
            ),
            until_at: time("To the exit."),
            funding_usd: usd("By the live rate; null if it is unknown.", 0.4).nullable(),
          })
          .openapi("UnfinishedFunding"),
      )
      .meta({
        description: "Funding that had not been charged at the exit, pro rata: in no other figure.",
      }),
  })
  .openapi("BacktestTrade");

const LackingLegSchema = z
  .strictObject({
    side: SideSchema,
    uid: z.string().meta({ description: "The instrument." }),
    ranges: z.array(LackingRangeSchema).meta({
      description: `What is not there, or only as an estimate, at most ${MAX_LACKING_RANGES} ranges.`,
    }),
    slots: z
      .int()
      .nullable()
      .meta({ description: "Slots in all such ranges; null without an interval." }),
    unpriced_hours: z.int().meta({
      description: "Hours that accrued in the currency of `quote` without a known mark price.",
    }),
  })
  .openapi("BacktestLacking");

const moment = (description: string) =>
  z.strictObject({ equity_usd: usd(description, -3), first_at: time("Its first time.") });

export const BacktestListSchema = z
  .strictObject({
    ...plainListShape(EquityPointSchema),
    result: BacktestOutcomeSchema,
    from_at: time("The start of the range."),
    to_at: time("Its end, included."),
    notional_usd: usd("Of each leg.", 10_000),
    long: LegSchema,
    short: LegSchema,
    trades: z.array(TradeSchema),
    held_hours: z.number().nullable().meta({ description: "Time held in all. Hours." }),
    gross_usd: usd("Funding before fees.", 28).nullable(),
    fees_usd: usd("Fees.", 20).nullable(),
    net_usd: usd("Funding after fees.", 8).nullable(),
    net_apr_pct: z.number().nullable().meta({
      description: "net_usd of the notional of one leg over the time held, simple, percent a year.",
    }),
    price_usd: usd(
      "Profit and loss of prices, apart from funding; null if a price is unknown.",
      -0.5,
    ).nullable(),
    worst: moment("The lowest equity.").openapi("WorstEquity").nullable(),
    max_drawdown: z
      .strictObject({
        fall_usd: usd("The largest fall from an earlier high.", 4),
        peak_at: time("The high."),
        trough_at: time("The low."),
      })
      .openapi("Drawdown")
      .nullable(),
    positive_share: z.number().nullable().meta({
      description:
        "Share of the settlement times and accrued hours in which both legs together received something.",
    }),
    complete: z.boolean().meta({
      description: "Whether nothing is lacking, and the rule could be judged all the time.",
    }),
    unrated_hours: z.number().nullable().meta({
      description:
        "Hours in which the rule could not be judged, because a leg had no live rate of the last 15 minutes: nothing was opened or closed in them. 0 without a rule, null if it was refused.",
      example: 0,
    }),
    lacking: z.array(LackingLegSchema).meta({
      description: "Settlements of the time held that are estimated or not there, by leg.",
    }),
    unreadable_periods: unreadablePeriods,
  })
  .openapi("Backtest");

/** Longer than any uid. */
const MAX_UID_LENGTH = 200;

const leg = (side: string, example: string) =>
  requiredTextParam(MAX_UID_LENGTH, {
    description: `The ${side} leg: a uid, also of a past instrument, or exchange:exchange_symbol for the one that currently has this symbol. Both legs must be one asset: by asset_id, or by ticker if one was never identified.`,
    example,
  });

const PCT = { unit: "percent a year", min: -1_000_000, max: 1_000_000 } as const;
const SPAN_DAYS = BACKTEST_SPAN_MS / 86_400_000;

export const BacktestQuerySchema = z
  .strictObject({
    long: leg("long", "binance:BTCUSDT"),
    short: leg("short", "bybit:BTCUSDT"),
    from: timeParam({
      description: `The position is held from here on, or from when both legs are known to exist; at most ${MAX_RAW_DAYS} days before \`to\`; a settlement at this very time does not count. Default: ${SPAN_DAYS} days before \`to\`.`,
      fallback: null,
    }),
    to: timeParam({
      description:
        "It is held up to here, at most up to `fetched_at` or until a leg was delisted; a settlement at this very time counts. Default: up to `fetched_at`.",
      fallback: null,
    }),
    notional: numberParam(
      { unit: "US dollars", above: 0, max: 1e12 },
      {
        description: "Notional of each leg, constant.",
        example: 25_000,
        fallback: BACKTEST_DEFAULTS.notionalUsd,
      },
    ),
    fees: feesParam,
    enter_over: numberParam(PCT, {
      description: `Open the position while the net spread of the live rates is over this, and close it under leave_under; at most ${MAX_THRESHOLD_DAYS} days. Default: it is held throughout.`,
      fallback: null,
    }),
    leave_under: numberParam(PCT, {
      description: `With enter_over: close it under this. Default: ${LEAVE_UNDER_PCT}.`,
      fallback: null,
    }),
    hold_hours: numberParam(
      { unit: "hours", above: 0, max: 8_760 },
      {
        description: "With enter_over: the fees are spread over this time in the net spread.",
        example: 72,
        fallback: BACKTEST_DEFAULTS.holdHours,
      },
    ),
    gaps: choiceParam(GAP_POLICIES, {
      description:
        "Whether a result may rest on estimated settlements and leave out those that are not there (pending, not read, missing): `refuse` or `allow`.",
      example: "allow",
      fallback: BACKTEST_DEFAULTS.gaps,
    }),
    ...fileFormatParam,
    fields: fieldsParam(["point_at", "equity_usd"]),
  })
  .superRefine(({ from, to, enter_over: enterOver, leave_under: leaveUnder }, context) => {
    const refuse = (parameter: string, rule: string): void =>
      context.addIssue({ code: "custom", path: [parameter], message: rule });
    if (from !== null && to !== null && from >= to) {
      refuse("from", "must be before to");
      refuse("to", "must be after from");
    }
    if (leaveUnder === null) return;
    if (enterOver === null) refuse("leave_under", "has no meaning without enter_over");
    else if (leaveUnder > enterOver) refuse("leave_under", "must not be above enter_over");
  });
