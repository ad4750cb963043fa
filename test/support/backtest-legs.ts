import type {
  BacktestLeg,
  BacktestQuery,
  BacktestResult,
  LegSample,
} from "../../src/services/history/backtest-query.ts";
import { backtest } from "../../src/services/history/backtest.ts";
import { BACKTEST_DEFAULTS } from "../../src/services/history/backtest-query.ts";
import type { InstrumentPast } from "../../src/services/history/charges.ts";
import { hour } from "./past.ts";

/** Without fees and samples. */
export function backtestLeg(
  uid: string,
  past: InstrumentPast,
  changed: Partial<Pick<BacktestLeg, "samples" | "feeBps">> = {},
): BacktestLeg {
  return { uid, past, samples: [], feeBps: 0, ...changed };
}

/** A live rate at hours after midnight. */
export function sampleAt(at: number, changed: Partial<LegSample>): LegSample {
  return { atMs: hour(at), rate: null, intervalHours: null, markPrice: null, ...changed };
}

/** The result for 10,000 dollars a side between these hours after midnight; refused ones throw. */
export function backtestOf(
  long: BacktestLeg,
  short: BacktestLeg,
  from: number,
  to: number,
  changed: Partial<BacktestQuery> = {},
): BacktestResult {
  const query = { ...BACKTEST_DEFAULTS, fromMs: hour(from), toMs: hour(to), ...changed };
  const result = backtest(long, short, query, hour(to));
  if (result.kind === "refused") throw new Error(`refused: ${JSON.stringify(result.lacking)}`);
  return result;
}
