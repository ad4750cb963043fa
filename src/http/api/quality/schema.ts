import { z } from "@hono/zod-openapi";
import { ExchangeIdSchema } from "../../openapi/enums.ts";
import { IDENTITIES } from "../../../domain/asset-cluster.ts";
import { FLAGS } from "../../../domain/flags.ts";
import { closedListParam } from "../../openapi/params.ts";
import {
  fieldsParam,
  formatParam,
  instrumentFilters,
  plainListSchema,
  time,
} from "../../lists/row-fields.ts";
import { ExchangeStatusSchema } from "../../openapi/exchange-status.ts";
import { RejectCountsSchema } from "../../openapi/failure-kinds.ts";

const count = z.int().min(0);
const counts = <const Key extends string>(keys: readonly [Key, ...Key[]]) =>
  z.strictObject(Object.fromEntries(keys.map((key) => [key, count])) as Record<Key, typeof count>);

/** Fields of a row that the rest of the market can contradict. */
const CONTRADICTED = ["volume", "open_interest", "rate"] as const;

export const QualitySchema = z
  .strictObject({
    exchange: ExchangeIdSchema,
    status: ExchangeStatusSchema,
    instruments: count.meta({ description: "Its instruments in the snapshot." }),
    expected: count.nullable().meta({
      description:
        "Live instruments according to the exchange's own list; null if it has no separate list.",
    }),
    rejects: RejectCountsSchema,
    flagged: counts(FLAGS as unknown as readonly [(typeof FLAGS)[number]]).meta({
      description: "Rows by flag; a row with two flags counts twice.",
    }),
    identities: counts(IDENTITIES as unknown as readonly [(typeof IDENTITIES)[number]]).meta({
      description: "Rows by the certainty of their asset's identity.",
    }),
    implausible: counts(CONTRADICTED).meta({
      description:
        "Rows whose value of this field the rest of the market contradicts. An implausible quantity is served as null; an implausible rate concerns the whole exchange.",
    }),
    rate_scale: z.number().nullable().meta({
      description:
        "Median ratio of its hourly rates to those of the other exchanges: near 1 if units agree, 8, 100 or 10,000 if they do not; below 1 in a calm market if it charges no interest component. Null while too few can be compared.",
      example: 1.1,
    }),
    open_interest_even_share: z.number().min(0).max(1).nullable().meta({
      description:
        "Share of its instruments whose open interest, as published, ends in an even digit (trailing zeros ignored): about 0.44 if one side is counted, 0.89 if longs and shorts are added up, in which case half is served. Null if it is published in dollars only, or for fewer than 30 instruments.",
      example: 0.45,
    }),
    last_refused_at: time("When a batch of this exchange was last refused as a whole.").nullable(),
    last_refusal_reason: z
      .string()
      .nullable()
      .meta({ description: "Why that batch was refused, in words." }),
  })
  .openapi("ExchangeQuality");

export type QualityRow = z.infer<typeof QualitySchema>;

export const QualityListSchema = plainListSchema("QualityList", QualitySchema);

export const QualityQuerySchema = z.strictObject({
  exchange: instrumentFilters.exchange,
  flag: closedListParam(FLAGS, {
    component: "Flag",
    description: "Exchanges with rows that have one of these flags. Default: all exchanges.",
    example: ["unverified_rate"],
    fallback: null,
  }),
  ...formatParam,
  fields: fieldsParam(["exchange", "status", "instruments"]),
});
