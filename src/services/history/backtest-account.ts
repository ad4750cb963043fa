/** The equity of a backtest: exact sums of fractions, rounded to 15 significant digits where they become dollars. */
import { addDecimals, decimalNumber, DecimalSum } from "../../domain/decimal.ts";
import { bpsToFraction } from "../../domain/funding.ts";
import { roundPct } from "../../domain/percent.ts";
import type { LegPayment } from "./backtest-payments.ts";
import type { BacktestResult, EquityPoint, Trade } from "./backtest-query.ts";

/** What is due at one time to one or both legs. */
export interface Due {
  readonly atMs: number;
  readonly kind: "accrual" | "settlement";
  readonly long: LegPayment | null;
  readonly short: LegPayment | null;
}

/** What a trade earned by funding. */
export type TradeFunding = Pick<
  Trade,
  "longUsd" | "shortUsd" | "fundingUsd" | "feesUsd" | "netUsd"
>;

/** What the sides received and what was paid for fills. */
class Sums {
  readonly long = new DecimalSum();
  readonly short = new DecimalSum();
  readonly fees = new DecimalSum();
  readonly net = new DecimalSum();

  add({ long, short }: Due): void {
    if (long !== null) this.long.add(long.paid, -1);
    if (short !== null) this.short.add(short.paid);
    addReceived(this.net, long, short);
  }

  pay(fees: number): void {
    this.fees.add(fees);
    this.net.add(fees, -1);
  }
}

function addReceived(sum: DecimalSum, long: LegPayment | null, short: LegPayment | null): void {
  if (long !== null) sum.add(long.paid, -1);
  if (short !== null) sum.add(short.paid);
}

export class EquityAccount {
  readonly notionalUsd: number;
  readonly curve: EquityPoint[] = [];
  worst: BacktestResult["worst"] = null;
  maxDrawdown: BacktestResult["maxDrawdown"] = null;
  readonly #total = new Sums();
  #trade = new Sums();
  /** The highest equity so far, and what was received since: subtracting rounded amounts would show noise. */
  #peakAtMs: number | null = null;
  #sincePeak = new DecimalSum();
  #payments = 0;
  #positive = 0;

  /** `notionalUsd`: of each side. */
  constructor(notionalUsd: number) {
    this.notionalUsd = notionalUsd;
  }

  /** Opens both sides; `fillBps`: the fees of one fill on each. */
  enter(atMs: number, fillBps: number): void {
    this.#trade = new Sums();
    this.#peakAtMs ??= atMs;
    this.#payFees("entry", atMs, fillBps);
  }

  settle(due: Due): void {
    const { atMs, kind, long, short } = due;
    this.#total.add(due);
    this.#trade.add(due);
    addReceived(this.#sincePeak, long, short);
    this.#payments += 1;
    if (Number(short?.paid ?? 0) > Number(long?.paid ?? 0)) this.#positive += 1;
    this.#note({
      atMs,
      kind,
      longUsd: long === null ? null : this.#usdOf(-Number(long.paid)),
      shortUsd: short === null ? null : this.#usdOf(Number(short.paid)),
      isProRata: long?.isProRata === true || short?.isProRata === true,
    });
  }

  /** Closes both sides, and answers what the trade earned. */
  leave(atMs: number, fillBps: number): TradeFunding {
    this.#payFees("exit", atMs, fillBps);
    const { long, short, fees, net } = this.#trade;
    return {
      longUsd: this.#usdOf(decimalNumber(long.value)),
      shortUsd: this.#usdOf(decimalNumber(short.value)),
      fundingUsd: this.#usdOf(fundingOf(this.#trade)),
      feesUsd: this.#usdOf(decimalNumber(fees.value)),
      netUsd: this.#usdOf(decimalNumber(net.value)),
    };
  }

  get grossUsd(): number {
    return this.#usdOf(fundingOf(this.#total));
  }

  get feesUsd(): number {
    return this.#usdOf(this.#total.fees.toNumber());
  }

  get netUsd(): number {
    return this.#usdOf(this.#total.net.toNumber());
  }

  /** The share of payments of both legs together above zero; null without any. */
  get positiveShare(): number | null {
    return this.#payments === 0 ? null : this.#positive / this.#payments;
  }

  #payFees(kind: "entry" | "exit", atMs: number, fillBps: number): void {
    const fees = roundPct(bpsToFraction(fillBps));
    this.#total.pay(fees);
    this.#trade.pay(fees);
    this.#sincePeak.add(fees, -1);
    this.#note({ atMs, kind, longUsd: null, shortUsd: null, isProRata: false });
  }

  #usdOf(fraction: number): number {
    return roundPct(fraction * this.notionalUsd) + 0;
  }

  #note(point: Omit<EquityPoint, "equityUsd">): void {
    const { atMs } = point;
    const usd = this.netUsd;
    this.curve.push({ ...point, equityUsd: usd });
    if (this.worst === null || usd < this.worst.usd) this.worst = { usd, atMs };
    if (this.#peakAtMs === null || this.#sincePeak.toNumber() > 0) {
      this.#peakAtMs = atMs;
      this.#sincePeak = new DecimalSum();
    }
    const fallUsd = this.#usdOf(-this.#sincePeak.toNumber());
    if (this.maxDrawdown === null || fallUsd > this.maxDrawdown.usd)
      this.maxDrawdown = { usd: fallUsd, peakAtMs: this.#peakAtMs, troughAtMs: atMs };
  }
}

function fundingOf({ long, short }: Sums): number {
  return decimalNumber(addDecimals(long.value, short.value));
}
