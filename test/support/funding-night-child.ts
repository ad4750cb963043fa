import { cumulative } from "../../src/services/history/cumulative.ts";
import { backtestLeg, backtestOf } from "./backtest-legs.ts";
import { hour, settledEvery, settledPast } from "./past.ts";

/** The night in which New York's clocks skip an hour, March 8th: prints figures that no time zone may change. */
const from = 7 * 24 - 6;
const to = 7 * 24 + 18;
const hourly = settledPast(settledEvery(1, 0, 240, "0.00001"));
const eightHourly = settledPast(settledEvery(8, 0, 240, "0.0001"));
const day = cumulative(eightHourly, { fromMs: hour(from), toMs: hour(to) }, hour(240));
const result = backtestOf(backtestLeg("1h", hourly), backtestLeg("8h", eightHourly), from, to);
console.log(JSON.stringify({ day, result }));
