import { describe, expect, test } from "bun:test";
import { EpochLost } from "../../src/db/epoch-lost.ts";
import { HistoryEpochRepository } from "../../src/db/history/epoch-repository.ts";
import { SeriesRepository } from "../../src/db/history/series-repository.ts";
import { HistoryInFolder, seriesOf } from "../support/history.ts";
import { NOON_MS } from "../support/quote.ts";

describe("the series of the history file", () => {
  test("get a small id when first seen and keep it, in this process and the next", () => {
    using history = new HistoryInFolder();
    const series = new SeriesRepository(history.db);
    const ids = ["BTC", "ETH", "BTC"].map((base) => series.ensure(seriesOf(base)).id);
    expect(ids).toEqual([1, 2, 1]);
    const next = new SeriesRepository(history.db);
    expect([next.ensure(seriesOf("ETH")).id, next.idOf("okx-BTC"), next.idOf("okx-SOL")]).toEqual([
      2,
      1,
      null,
    ]);
    expect(next.all()).toEqual([
      { id: 1, ...seriesOf("BTC") },
      { id: 2, ...seriesOf("ETH") },
    ]);
  });

  test.each([false, true])("follow their description (in a new process: %p)", (isNew) => {
    using history = new HistoryInFolder();
    const first = new SeriesRepository(history.db);
    first.ensure(seriesOf("BTC", { listedAt: 5 }));
    const series = isNew ? new SeriesRepository(history.db) : first;
    const changed = { multiplier: 10, assetClass: null, endedAt: NOON_MS };
    expect(series.ensure(seriesOf("BTC", { ...changed, listedAt: null })).id).toBe(1);
    // A listing time that is not stated any more is still known.
    expect(series.all()).toEqual([{ id: 1, ...seriesOf("BTC", { ...changed, listedAt: 5 }) }]);
    series.ensure(seriesOf("BTC", { listedAt: 6 }));
    expect(series.all()).toEqual([{ id: 1, ...seriesOf("BTC", { listedAt: 6 }) }]);
  });

  test("created in a transaction that was rolled back are created again", () => {
    using history = new HistoryInFolder();
    const series = new SeriesRepository(history.db);
    const epochs = new HistoryEpochRepository(history.db);
    const epoch = epochs.takeOver();
    const failing = () =>
      epochs.write(epoch, () => {
        series.ensure(seriesOf("BTC"));
        throw new Error("no");
      });
    expect(failing).toThrow("no");
    expect(series.idOf("okx-BTC")).toBeNull();
    expect(series.ensure(seriesOf("BTC")).id).toBe(1);
  });
});

describe("the epoch of the history file", () => {
  test("counts collectors, and the changes of the current one", () => {
    using history = new HistoryInFolder();
    const epochs = new HistoryEpochRepository(history.db);
    expect(epochs.read()).toBeNull();
    expect(epochs.takeOver()).toBe(1);
    expect(epochs.write(1, () => "stored")).toBe("stored");
    expect(epochs.read()).toEqual({ epoch: 1, seq: 1 });
    expect(epochs.takeOver()).toBe(2);
    expect(epochs.read()).toEqual({ epoch: 2, seq: 1 });
  });

  test("keeps out a collector that was replaced: nothing of its write is stored", () => {
    using history = new HistoryInFolder();
    const epochs = new HistoryEpochRepository(history.db);
    const series = new SeriesRepository(history.db);
    epochs.takeOver();
    epochs.takeOver();
    expect(() => epochs.write(1, () => series.ensure(seriesOf("BTC")))).toThrow(EpochLost);
    expect(series.all()).toEqual([]);
    expect(epochs.read()).toEqual({ epoch: 2, seq: 0 });
  });
});
