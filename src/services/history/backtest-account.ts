/** The equity of a backtest: exact sums of fractions, rounded to 15 significant digits where they become dollars. */
import {
  addDecimals,
  type Decimal,
  decimalNumber,
  DecimalSum,
  subtractDecimals,
} from "../../domain/decimal.ts";
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

/** What the sides received and what was paid for fills, as fractions of the notional. */
interface Totals {
  readonly long: Decimal;
  readonly short: Decimal;
  readonly fees: Decimal;
}

export class EquityAccount {
  readonly notionalUsd: number;
  readonly curve: EquityPoint[] = [];
  worst: BacktestResult["worst"] = null;
  maxDrawdown: BacktestResult["maxDrawdown"] = null;
  readonly #long = new DecimalSum();
  readonly #short = new DecimalSum();
  readonly #fees = new DecimalSum();
  readonly #net = new DecimalSum();
  #atEntry: Totals;
  /** The highest equity so far, and what was received since: subtracting rounded amounts would show noise. */
  #peakAtMs: number | null = null;
  #sincePeak = new DecimalSum();
  #payments = 0;
  #positive = 0;

  /** `notionalUsd`: of each side. */
  constructor(notionalUsd: number) {
    this.notionalUsd = notionalUsd;
    this.#atEntry = this.#totals();
  }

  /** Opens both sides; `fillBps`: the fees of one fill on each. */
  enter(atMs: number, fillBps: number): void {
    this.#atEntry = this.#totals();
    this.#peakAtMs ??= atMs;
    this.#payFees("entry", atMs, fillBps);
  }

  settle({ atMs, kind, long, short }: Due): void {
    if (long !== null) {
      this.#long.add(long.paid, -1);
      this.#receive(long.paid, -1);
    }
    if (short !== null) {
      this.#short.add(short.paid);
      this.#receive(short.paid, 1);
    }
    const paid = Number(long?.paid ?? 0);
    const received = Number(short?.paid ?? 0);
    this.#payments += 1;
    if (received > paid) this.#positive += 1;
    this.#note({
      atMs,
      kind,
      longUsd: long === null ? null : this.#usdOf(-paid),
      shortUsd: short === null ? null : this.#usdOf(received),
      isProRata: long?.isProRata === true || short?.isProRata === true,
    });
  }

  /** Closes both sides, and answers what the trade earned. */
  leave(atMs: number, fillBps: number): TradeFunding {
    this.#payFees("exit", atMs, fillBps);
    const totals = this.#totals();
    const long = subtractDecimals(totals.long, this.#atEntry.long);
    const short = subtractDecimals(totals.short, this.#atEntry.short);
    const fees = subtractDecimals(totals.fees, this.#atEntry.fees);
    const funding = addDecimals(long, short);
    return {
      longUsd: this.#usdOf(decimalNumber(long)),
      shortUsd: this.#usdOf(decimalNumber(short)),
      fundingUsd: this.#usdOf(decimalNumber(funding)),
      feesUsd: this.#usdOf(decimalNumber(fees)),
      netUsd: this.#usdOf(decimalNumber(subtractDecimals(funding, fees))),
    };
  }

  get grossUsd(): number {
    return this.#usdOf(decimalNumber(addDecimals(this.#long.value, this.#short.value)));
  }

  get feesUsd(): number {
    return this.#usdOf(this.#fees.toNumber());
  }

  get netUsd(): number {
    return this.#usdOf(this.#net.toNumber());
  }

  /** The share of payments of both legs together above zero; null without any. */
  get positiveShare(): number | null {
    return this.#payments === 0 ? null : this.#positive / this.#payments;
  }

  #payFees(kind: "entry" | "exit", atMs: number, fillBps: number): void {
    const fees = roundPct(bpsToFraction(fillBps));
    this.#fees.add(fees);
    this.#receive(fees, -1);
    this.#note({ atMs, kind, longUsd: null, shortUsd: null, isProRata: false });
  }

  #receive(amount: string | number, factor: 1 | -1): void {
    this.#net.add(amount, factor);
    this.#sincePeak.add(amount, factor);
  }

  #totals(): Totals {
    return { long: this.#long.value, short: this.#short.value, fees: this.#fees.value };
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
