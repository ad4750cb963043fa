import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import { joined, lastUpTo, type SampleColumns } from "./codec/columns.ts";
import type { Damage } from "./replay.ts";
import { LayerReader } from "./sample-layers.ts";
import { SampleStore } from "./sample-store.ts";
import { AxisCache } from "./stored-axes.ts";

/** The samples of a range, with what of it could not be read. */
export interface SamplesRead {
  readonly columns: SampleColumns;
  readonly damages: readonly Damage[];
}

/** The same of several series. */
interface EachRead {
  readonly each: readonly SampleColumns[];
  readonly damages: readonly Damage[];
}

/** Reads samples, on a connection that may be read-only. Times are unix seconds. */
export class SampleReader {
  readonly #db: Database;
  readonly #store: SampleStore;
  readonly #axes = new AxisCache();

  constructor(db: Database) {
    this.#db = db;
    this.#store = new SampleStore(db);
  }

  /** The start of the oldest month, day or hour that has samples of any exchange; null if none has. */
  firstTime(): number | null {
    return this.#store.firstTime();
  }

  /**
   * The samples of a series in [from, to), each once and in ascending time, wherever they are stored; without prices and
   * amounts if they are not wanted. A damaged blob is left out and named.
   */
  read(
    { id, exchange }: { readonly id: number; readonly exchange: ExchangeId },
    from: number,
    to: number,
    { withMarket = true }: { readonly withMarket?: boolean } = {},
  ): SamplesRead {
    const { each, damages } = this.#readEach(exchange, [id], from, to, withMarket);
    return { columns: each[0] ?? joined([]), damages };
  }

  /**
   * The rates and intervals of several series of an exchange in [from, to), in the order of the ids. The hours that are
   * in no complete day are blobs of all series: they are opened once.
   */
  ratesOfEach(exchange: ExchangeId, ids: readonly number[], from: number, to: number): EachRead {
    return this.#readEach(exchange, ids, from, to, false);
  }

  #readEach(
    exchange: ExchangeId,
    ids: readonly number[],
    from: number,
    to: number,
    withMarket: boolean,
  ): EachRead {
    // One transaction: a roll-up moves samples between two statements.
    return this.#db.transaction(() => {
      const layers = new LayerReader(this.#store, exchange, from, to, this.#axes);
      const each = ids.map((id) => within(layers.piecesOf(id, from, to, withMarket), from, to));
      return { each, damages: layers.damages };
    })();
  }
}

/** The samples of some pieces in [from, to), each once. */
function within(pieces: readonly SampleColumns[], from: number, to: number): SampleColumns {
  let next = from;
  return joined(
    pieces.map((columns) => {
      const start = lastUpTo(columns.times, next - 1) + 1;
      const end = Math.max(start, lastUpTo(columns.times, to - 1) + 1);
      if (end > start) next = (columns.times[end - 1] ?? next) + 1;
      return { columns, from: start, to: end };
    }),
  );
}
