import { expect, test } from "bun:test";
import { historyFile } from "../../src/db/history/file.ts";
import { openDb } from "../../src/db/open.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import { seriesOf } from "../support/history.ts";
import { HistoryWriter } from "../support/history-db.ts";
import { LONG_MS } from "../support/patience.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";

interface History {
  readonly total: number;
  readonly rows: readonly { readonly uid: string; readonly amount_text: string }[];
}

test(
  "the built service reads the past on its thread, while it goes on collecting",
  async () => {
    using database = temporaryDatabasePath();
    const simulator = startSimulator({ nowMs: () => Date.now(), scale: 1 });
    try {
      await using service = await startService({
        DATABASE_PATH: database.path,
        EXCHANGE_ORIGIN: simulator.origin,
        EXCHANGES: "okx",
        BACKFILL_DAYS: "730",
      });
      const get = (path: string) => fetch(`${service.origin}${path}`);
      await until(async () => (await get("/api/funding/symbol/BTC")).status === 200);
      const history = openDb(historyFile(database.path), { mustExist: true });
      const hour = Math.floor(Date.now() / 3_600_000) * 3600;
      const description = seriesOf("BTC", { uid: "gone:BTC", endedAt: Date.now() });
      history
        .transaction(() =>
          new HistoryWriter(history).add(
            description,
            [3, 2, 1].map((ago) => ({ slot: hour - ago * 3600, rate: "0.000100" })),
          ),
        )
        .immediate();
      history.close();
      const ofSeries = async (): Promise<string[]> => {
        const { rows } = (await (await get("/api/funding/history/BTC")).json()) as History;
        return rows.flatMap(({ uid, amount_text: text }) => (uid === "gone:BTC" ? [text] : []));
      };
      await until(async () => (await ofSeries()).length === 3);
      expect(await ofSeries()).toEqual(["0.000100", "0.000100", "0.000100"]);
      const parquet = await get("/api/funding/history/BTC?format=parquet");
      expect(new TextDecoder().decode((await parquet.bytes()).slice(0, 4))).toBe("PAR1");
      expect((await get("/api/funding/cumulative?base=BTC")).status).toBe(200);
      expect((await get("/api/quality/gaps")).status).toBe(200);
      expect(service.log()).not.toContain("history_reader_ended");
      expect(service.log()).not.toContain("request_failed");
    } finally {
      simulator.stop();
    }
  },
  LONG_MS,
);
