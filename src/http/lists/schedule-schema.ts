import { z } from "@hono/zod-openapi";
import { PAYMENT_KINDS } from "../../domain/payment-schedule.ts";
import { time } from "./row-fields.ts";

const PaymentSchema = z
  .strictObject({
    paid_at: time("When it is paid."),
    leg: z.enum(["long", "short"]).openapi({ description: "Which leg is paid, or pays." }),
    kind: z.enum(PAYMENT_KINDS).openapi({
      description:
        "`settlement`: of a periodic leg. `accrued`: what a continuous leg has accrued since the time before, counted whenever the other leg settles, and at the end.",
    }),
    funding_rate: z.number().openapi({
      description: "The present rate of the leg, a fraction per its funding_interval_hours.",
      example: 0.0001,
    }),
    payment_usd: z.number().openapi({
      description: "Received where positive. US dollars.",
      example: 1.25,
    }),
    running_usd: z.number().nullable().openapi({
      description:
        "Everything that both legs are paid up to this time, this time included, less all four taker fills: payments of one time show the same. The last one is expected_cash.net_usd; the first one that is not below 0 stands at breakeven_hours, where no leg accrues. Null where a fee is unknown. US dollars.",
      example: -18.75,
    }),
  })
  .openapi("SchedulePayment");

/** What a pair is paid when. */
export const ScheduleSchema = z
  .strictObject({
    worst_interim_usd: z.number().nullable().openapi({
      description:
        "The lowest that the running sum ever is in the holding time, at fetched_at with nothing but the fees in it, and right before a settlement where the other leg accrues. Null where a fee is unknown. US dollars.",
      example: -21.5,
    }),
    worst_interim_at: time("When it is first so low; null where a fee is unknown.").nullable(),
    payments: z.array(PaymentSchema).openapi({
      description:
        "By time, at one time the long leg first. Both rates are assumed to stay as they are. In CSV one cell of JSON.",
    }),
  })
  .openapi("PairSchedule");

export type ScheduleBody = z.infer<typeof ScheduleSchema>;
