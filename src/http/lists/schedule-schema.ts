import { z } from "@hono/zod-openapi";
import { PAYMENT_KINDS } from "../../domain/payment-schedule.ts";
import { time } from "./row-fields.ts";

const PaymentSchema = z
  .strictObject({
    paid_at: time("When the payment is made."),
    leg: z
      .enum(["long", "short"])
      .meta({ description: "The leg that receives or makes the payment." }),
    kind: z.enum(PAYMENT_KINDS).meta({
      description:
        "`settlement`: of a periodic leg. `accrued`: what a continuous leg has accrued since the previous entry, counted whenever the other leg settles, and at the end.",
    }),
    funding_rate: z.number().meta({
      description: "The current rate of the leg, a fraction per its funding_interval_hours.",
      example: 0.0001,
    }),
    payment_usd: z.number().meta({
      description: "Positive: received. US dollars.",
      example: 1.25,
    }),
    running_usd: z.number().nullable().meta({
      description:
        "All funding of both legs up to and including this time, minus all four taker fills: payments at the same time show the same sum. The last one equals expected_cash.net_usd; if no leg accrues, the first one that is not below 0 is at breakeven_hours. Null if a fee is unknown. US dollars.",
      example: -18.75,
    }),
  })
  .openapi("SchedulePayment");

/** The payments of a pair over time. */
export const ScheduleSchema = z
  .strictObject({
    worst_interim_usd: z.number().nullable().meta({
      description:
        "The lowest value of the running sum in the holding time, including fetched_at, when only the fees have been paid, and the moment right before a settlement if the other leg accrues. Null if a fee is unknown. US dollars.",
      example: -21.5,
    }),
    worst_interim_at: time(
      "When it first reaches that value; null if a fee is unknown.",
    ).nullable(),
    payments: z.array(PaymentSchema).meta({
      description:
        "Ordered by time, the long leg first at equal times. Both rates are assumed to stay unchanged. In CSV one cell of JSON.",
    }),
  })
  .openapi("PairSchedule");

export type ScheduleBody = z.infer<typeof ScheduleSchema>;
