import { expect, test } from "bun:test";
import { aster } from "../../src/exchanges/aster.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource, type Bodies } from "../support/memory-source.ts";
import { describeRecorded } from "../support/recorded.ts";
import {
  AT,
  BODIES,
  INSTRUMENTS,
  INTERVALS,
  RATES,
  TICKERS,
  instrument,
  interestAt,
  rate,
} from "./aster-payloads.ts";

const down = new RequestFailure("timeout", "no answer");
const refresh = (bodies: Bodies, nowMs?: number) =>
  aster.refresh(memorySource(bodies, { nowMs: nowMs ?? AT }));

describeRecorded("aster, recorded", (read) => {
  test("the index and ticker of BTC, joined to a made-up interval and list", async () => {
    const bodies = {
      ...BODIES,
      [RATES]: await read("aster", "premium-index.json"),
      [TICKERS]: await read("aster", "ticker-24hr.json"),
    };
    const { quotes } = await refresh(bodies, 1750146970500);
    expect(quotes).toMatchObject([
      { fundingRate: 0.0001, nextFundingAtMs: 1750147200000, exchangeTimeMs: 1750146970000 },
    ]);
    expect(quotes[0]).toMatchObject({ markPrice: 106729.84047826, volume24hUsd: 923607368.61 });
  });

  test("the list and the intervals, joined to made-up rates", async () => {
    const bodies = {
      ...BODIES,
      [RATES]: [rate("DOGEUSDT"), rate("ZORAUSDT")],
      [INTERVALS]: await read("aster", "funding-info.json"),
      [INSTRUMENTS]: await read("aster", "exchange-info.json"),
      ...Object.fromEntries(
        ["DOGEUSDT", "ZORAUSDT", "INJSUSDT"].map((symbol) => [interestAt(symbol), down]),
      ),
    };
    const { quotes, expected, unlisted } = await refresh(bodies);
    expect({ expected, unlisted }).toEqual({ expected: 1, unlisted: 1 });
    // The documentation's own rows, without a symbolType.
    const doge = { base: "BLZ", assetClass: null, fundingIntervalHours: null };
    expect(quotes).toMatchObject([{ ...doge, listedAtMs: 1598252400000 }]);
    const named = { [INSTRUMENTS]: { symbols: [instrument("ZORA"), instrument("INJS")] } };
    const { quotes: zora } = await refresh({ ...bodies, ...named });
    const limits = { rateCap: 0.02, rateFloor: -0.02, baselineRate: 0.000025 };
    expect(zora).toMatchObject([{ fundingIntervalHours: 4, ...limits }]);
  });
});
