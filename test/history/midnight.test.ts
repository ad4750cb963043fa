import { expect, test } from "bun:test";
import { BoardStore } from "../../src/db/history/board-store.ts";
import { atOnce } from "../../src/lib/stepwise.ts";
import { pastBoard } from "../../src/services/history/past-board.ts";
import { LONG_MS } from "../support/patience.ts";
import { HistoryInFolder, seriesOf } from "../support/history.ts";
import { plainSample, samplingInto } from "../support/sampled-market.ts";

const DAY = 86_400;
const MINUTE = 60;
const START = Date.UTC(2026, 7, 29) / 1000;

test(
  "midnight is as new as any other hour, whatever its samples are stored in",
  () => {
    using past = new HistoryInFolder();
    const sampling = samplingInto(past.db);
    const end = START + 36 * DAY;
    const series = seriesOf("BTC", { firstSeen: START * 1000 });
    // Never at a full minute: what is known at an hour was sampled before it. Few samples, over a month and its borders.
    for (let at = START + 7; at < end; at += 5 * MINUTE) {
      const refresh = [{ series, sample: plainSample(), flags: 0, assetId: "BTC" }];
      sampling.write("okx", at, refresh);
      if ((at - 7) % DAY === 0) sampling.rollUpAll(at);
    }
    const agesAt = (times: readonly string[]) =>
      times.map((time) => {
        const at = Date.parse(time) / 1000;
        const query = { atMs: at * 1000, periodsMs: { okx: 5 * MINUTE * 1000 } };
        const board = atOnce(pastBoard(new BoardStore(past.db), query));
        if (!("exchanges" in board)) throw new Error(`no board at ${time}`);
        const [okx] = board.exchanges;
        return [time, at - (okx?.sampledAtMs[0] ?? 0) / 1000];
      });
    const times = [
      "2026-09-09T23:00:00Z",
      "2026-09-10T00:00:00Z",
      "2026-09-10T01:00:00Z",
      "2026-10-01T00:00:00Z",
      "2026-10-01T01:00:00Z",
    ];
    const expected = times.map((time) => [time, 5 * MINUTE - 7]);
    sampling.rollUpAll(end);
    expect(agesAt(times)).toEqual(expected);
    // September is merged, October is not.
    sampling.rollUpAll(Date.UTC(2026, 10, 8) / 1000);
    expect(agesAt(times)).toEqual(expected);
  },
  LONG_MS,
);

test("a symbol that was given to another listing has that one alone", () => {
  using past = new HistoryInFolder();
  const sampling = samplingInto(past.db);
  for (const [minute, uid] of ["okx:X:1", "okx:X:1", "okx:X:2", "okx:X:2"].entries()) {
    const series = seriesOf("X", { uid, firstSeen: (START + minute * MINUTE) * 1000 });
    const refresh = [{ series, sample: plainSample(), flags: 0, assetId: "X" }];
    expect(sampling.write("okx", START + minute * MINUTE, refresh)).toBe("stored");
  }
  const uidsAt = (minute: number) => {
    const query = { atMs: (START + minute * MINUTE) * 1000, periodsMs: {} };
    const board = atOnce(pastBoard(new BoardStore(past.db), query));
    return "exchanges" in board ? board.exchanges.map(({ uid }) => uid) : [];
  };
  expect([0, 1, 2, 3].map(uidsAt)).toEqual([["okx:X:1"], ["okx:X:1"], ["okx:X:2"], ["okx:X:2"]]);
});
