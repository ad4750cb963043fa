/**
 * What a pair would have earned: one asset held long on one exchange and short on another, the same constant notional
 * on each side. Funding is charged on that notional: rate x notional at each settlement, whatever the price was then.
 */
import { HOUR_MS } from "../../domain/funding.ts";
import { roundPct } from "../../domain/percent.ts";
import { type Due, EquityAccount } from "./backtest-account.ts";
import { type FirstTime, holdingsOf, unratedMs } from "./backtest-holdings.ts";
import {
  type ChargedLeg,
  chargedLeg,
  lackingOf,
  type LegPayment,
  paymentsOf,
  priceRise,
  unfinishedOf,
} from "./backtest-payments.ts";
import type {
  BacktestLeg,
  BacktestQuery,
  BacktestRefusal,
  BacktestResult,
  Holding,
  Trade,
} from "./backtest-query.ts";

const HOURS_PER_YEAR = 8_760;

/** The result, or the settlements that are estimated or missing unless the query accepts them. */
export function backtest(
  long: BacktestLeg,
  short: BacktestLeg,
  query: BacktestQuery,
  nowMs: number,
): BacktestResult | BacktestRefusal {
  const legs = {
    long: chargedLeg("long", long, query.fromMs, nowMs),
    short: chargedLeg("short", short, query.fromMs, nowMs),
  };
  const first = firstOf(legs);
  const holdings = holdingsOf(long, short, query, first, nowMs);
  const lacking = [legs.long, legs.short]
    .map((leg) => lackingOf(leg, holdings))
    .filter((found) => found !== null);
  if (lacking.length > 0 && query.gaps === "refuse") return { kind: "refused", lacking };
  const account = new EquityAccount(query.notionalUsd);
  const trades = holdings.map((holding) => tradeOf(account, legs, holding));
  const heldHours =
    holdings.reduce((sum, { entryMs, exitMs }) => sum + exitMs - entryMs, 0) / HOUR_MS;
  const { grossUsd, feesUsd, netUsd, worst, maxDrawdown, positiveShare, curve } = account;
  return {
    kind: "done",
    trades,
    heldHours,
    grossUsd,
    feesUsd,
    netUsd,
    netAprPct:
      heldHours > 0
        ? roundPct(((netUsd / query.notionalUsd) * 100 * HOURS_PER_YEAR) / heldHours)
        : null,
    priceUsd: sumOrNull(trades.map(({ priceUsd }) => priceUsd)),
    worst,
    maxDrawdown,
    positiveShare,
    curve,
    lacking,
    unratedHours: roundPct(unratedMs(long, short, query, first, nowMs) / HOUR_MS),
  };
}

function firstOf({ long, short }: Legs): FirstTime {
  const later = short.ledger.startMs > long.ledger.startMs ? short : long;
  const { startMs } = later.ledger;
  // The ledger of an instrument without a listing starts right before its first payment.
  return later.leg.past.listedAtMs === null
    ? { atMs: startMs + 1, reason: "first_known" }
    : { atMs: startMs, reason: "listing" };
}

/** Null if one is. */
function sumOrNull(amounts: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const amount of amounts) {
    if (amount === null) return null;
    sum += amount;
  }
  return roundPct(sum);
}

interface Legs {
  readonly long: ChargedLeg;
  readonly short: ChargedLeg;
}

function tradeOf(account: EquityAccount, { long, short }: Legs, holding: Holding): Trade {
  const { entryMs, exitMs } = holding;
  const fillBps = long.leg.feeBps + short.leg.feeBps;
  account.enter(entryMs, fillBps);
  for (const due of dueTimes(
    { payments: paymentsOf(long, holding), isContinuous: long.isContinuous },
    { payments: paymentsOf(short, holding), isContinuous: short.isContinuous },
  ))
    account.settle(due);
  const funding = account.leave(exitMs, fillBps);
  const longRise = priceRise(long.leg, holding);
  const shortRise = priceRise(short.leg, holding);
  const { notionalUsd } = account;
  return {
    ...holding,
    ...funding,
    priceUsd:
      longRise === null || shortRise === null
        ? null
        : roundPct(notionalUsd * (longRise - shortRise)),
    unfinished: [long, short]
      .map((leg) => unfinishedOf(leg, holding, notionalUsd))
      .filter((found) => found !== null),
  };
}

interface DueList {
  readonly payments: readonly LegPayment[];
  readonly isContinuous: boolean;
}

/** Both legs by time. At one time what has accrued comes first: a settlement of the other leg may then be the low. */
function* dueTimes(long: DueList, short: DueList): Generator<Due, void> {
  let longNext = 0;
  let shortNext = 0;
  const isAlike = long.isContinuous === short.isContinuous;
  for (;;) {
    const paid = long.payments[longNext] ?? null;
    const received = short.payments[shortNext] ?? null;
    if (paid === null && received === null) return;
    const longMs = paid?.atMs ?? Number.POSITIVE_INFINITY;
    const shortMs = received?.atMs ?? Number.POSITIVE_INFINITY;
    const isBoth = longMs === shortMs && isAlike;
    const isLong = longMs < shortMs || (longMs === shortMs && (isAlike || long.isContinuous));
    const isShort = isBoth || !isLong;
    if (isLong) longNext += 1;
    if (isShort) shortNext += 1;
    yield {
      atMs: Math.min(longMs, shortMs),
      kind: (isLong ? long : short).isContinuous ? "accrual" : "settlement",
      long: isLong ? paid : null,
      short: isShort ? received : null,
    };
  }
}
