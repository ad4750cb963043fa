/** What a year of history takes, from a month of some instruments that is closed, merged and thinned. */
import type { ExchangeId } from "../src/domain/exchange.ts";
import { Market } from "../src/simulator/running-market.ts";
import { HistoryInFolder, seriesOf } from "../test/support/history.ts";
import { HistoryWriter } from "../test/support/history-db.ts";
import { samplingInto } from "../test/support/sampled-market.ts";
import { ENABLED } from "../test/support/service-api.ts";
import { atMost, type Figure, plain } from "./figure.ts";
import { generatedMarket } from "./generated-samples.ts";
import { usedBytes } from "./history-size.ts";

/** What all figures are stated for; they grow with the instruments, so a hundredth of them is measured. */
const INSTRUMENTS = 12_000;
const MEASURED = 120;
const EXCHANGE: ExchangeId = "binance";

const DAY_S = 86_400;
const MINUTE_S = 60;
const MONTH_DAYS = 31;
const START = Date.UTC(2026, 4, 1) / 1000;
/** When a month has been merged, and when it has been thinned, from its end; the samples of newer ones are all there. */
const MERGED_AFTER_DAYS = 40;
const THINNED_AFTER_DAYS = 95;

const MB = 1e6;
const GB = 1e9;
const YEAR_DAYS = 365;

export async function historyYear(): Promise<Figure[]> {
  using past = new HistoryInFolder();
  const market = generatedMarket("running", [EXCHANGE], MEASURED);
  const sampling = samplingInto(past.db);
  let firstBytes = 0;
  for (let at = START; at < START + MONTH_DAYS * DAY_S; at += MINUTE_S) {
    sampling.write(EXCHANGE, at, market.get(EXCHANGE)?.(at) ?? []);
    if (at === START) firstBytes = usedBytes(past);
    if (at % 3600 !== 0) continue;
    sampling.rollUpAll(at);
    await Bun.sleep(0);
  }
  const perDay = (days: number): number => {
    sampling.rollUpAll(START + (MONTH_DAYS + days) * DAY_S);
    return ((usedBytes(past) - firstBytes) / MONTH_DAYS) * (INSTRUMENTS / MEASURED);
  };
  const closed = perDay(1);
  const merged = perDay(MERGED_AFTER_DAYS);
  const thinned = perDay(THINNED_AFTER_DAYS);
  // Until a month ends it is part of those that are thinned later.
  const samples =
    Math.max(closed, merged) * (THINNED_AFTER_DAYS + MONTH_DAYS) +
    thinned * (YEAR_DAYS - THINNED_AFTER_DAYS - MONTH_DAYS);
  const row = settlementBytes();
  const payments = paymentsPerDay() * INSTRUMENTS * YEAR_DAYS;
  return [
    plain("a closed day", closed / MB, "MB"),
    plain("a day of a merged month, with its hourly boards", merged / MB, "MB"),
    plain("a day of a thinned month, with its hourly boards", thinned / MB, "MB"),
    plain("samples of a year", samples / GB, "GB"),
    plain(
      "payments of one instrument a day, as the simulated exchanges have them",
      paymentsPerDay(),
      "",
    ),
    atMost(
      "bytes of a payment of eight decimals, with its time and its interval",
      row.plain,
      "B",
      48,
    ),
    plain("the same with a mark price of the exchange", row.priced, "B"),
    atMost("a year, settlements included", (samples + payments * row.plain) / GB, "GB", 5),
  ];
}

/** How often instruments pay: all of the simulator's. */
function paymentsPerDay(): number {
  const market = new Market({ nowMs: () => START * 1000 });
  const hours = ENABLED.flatMap((id) =>
    market.truth(id).instruments.flatMap(({ funding_interval_hours: interval }) => interval ?? []),
  );
  return hours.reduce((sum, interval) => sum + 24 / interval, 0) / hours.length;
}

/** Bytes of the file for each payment, without and with a mark price. */
function settlementBytes() {
  const count = 1_095;
  const series = 100;
  const bytes = (mark: number | null): number => {
    using past = new HistoryInFolder();
    const writer = new HistoryWriter(past.db);
    const before = usedBytes(past);
    past.db
      .transaction(() => {
        for (let one = 0; one < series; one += 1)
          writer.add(
            seriesOf(`C${one}`, { uid: `${EXCHANGE}-${one}`, exchange: EXCHANGE }),
            Array.from({ length: count }, (_, n) => ({
              slot: START + n * 8 * 3600,
              rate: (Math.sin(n + one) / 5_000).toFixed(8),
              offset: n % 3,
              hours: 8,
              mark: mark === null ? null : mark * (1 + Math.sin(n) / 10),
            })),
          );
      })
      .immediate();
    return (usedBytes(past) - before) / (series * count);
  };
  return { plain: bytes(null), priced: bytes(68_000.5) };
}
