import type { Database } from "bun:sqlite";
import { BoardReader } from "./board-reader.ts";
import { BoardSeries } from "./board-series.ts";
import { RefreshTimes } from "./refresh-times.ts";

/** What a board is read from, on a connection that may be read-only. */
export class BoardStore {
  readonly samples: BoardReader;
  readonly series: BoardSeries;
  readonly refreshes: RefreshTimes;

  constructor(db: Database) {
    this.samples = new BoardReader(db);
    this.series = new BoardSeries(db);
    this.refreshes = new RefreshTimes(db);
  }
}
