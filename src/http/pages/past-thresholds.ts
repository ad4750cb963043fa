import { ENDED_READ_WITHIN_MS, MAX_ENDED_TRIES } from "../../domain/ended-past.ts";
import { HOUR_MS } from "../../domain/funding.ts";
import {
  MARKET_EVERY_S,
  MAX_PRICE_AGE_MS,
  RATE_EXPONENT,
  SIGNIFICANT_DIGITS,
} from "../../domain/sample.ts";
import { PUBLISHED_AFTER_MS } from "../../domain/settlement.ts";
import { EXACT_FOR_MS, LOOK_BACK_MS } from "../../services/history/past-market.ts";
import { MAX_WEIGHT_AGE_MS } from "../../services/history/weighted-line.ts";
import { minutes } from "./quantities.ts";

const DAY_MS = 24 * HOUR_MS;

/** The numbers that decide what is known of the past. */
export const PAST_THRESHOLDS = [
  {
    name: "settlements: no longer pending",
    value: `not known ${minutes(PUBLISHED_AFTER_MS)} after the slot`,
    why: "Exchanges publish a payment within minutes.",
  },
  {
    name: "settlements: of a delisted contract",
    value: `read for ${ENDED_READ_WITHIN_MS / DAY_MS} days, ${MAX_ENDED_TRIES} failed tries in a row at most`,
    why: "Exchanges go on answering for it for some days.",
  },
  {
    name: "samples: digits",
    value: `rates to ${10 ** RATE_EXPONENT}, prices and amounts to ${SIGNIFICANT_DIGITS} significant digits`,
    why: "Rounded once, when sampled; what was charged keeps the exchange's own text.",
  },
  {
    name: "samples: prices and amounts",
    value: `once in ${minutes(MARKET_EVERY_S * 1000)}, and after a settlement`,
    why: "Rates are sampled with every accepted refresh.",
  },
  {
    name: "as_of: to the second",
    value: `for ${EXACT_FOR_MS / DAY_MS} days, then the full hour before it`,
    why: "Older samples are stored by instrument; of the whole board, one frame an hour is kept.",
  },
  {
    name: "prices of the past",
    value: `sampled in the ${minutes(MAX_PRICE_AGE_MS)} before`,
    why: "Those of old months are an hour apart; an older one says nothing about a moment.",
  },
  {
    name: "weights of a line",
    value: `sampled until the end of its time, at most ${MAX_WEIGHT_AGE_MS / HOUR_MS} hours before its start`,
    why: "An older sample says too little about that time.",
  },
  {
    name: "as_of: rows",
    value: `sampled in the ${LOOK_BACK_MS / HOUR_MS} hours before`,
    why: "What an older sample says of the moment is no longer worth a row.",
  },
] as const;
