import type { Database } from "bun:sqlite";
import { eq, sql } from "drizzle-orm";
import type { ExchangeId } from "../../domain/exchange.ts";
import { queryBuilder } from "../query-builder.ts";
import { series } from "./schema.ts";

/** What a uid stands for. Times are unix milliseconds. */
export interface SeriesDescription {
  readonly uid: string;
  readonly exchange: ExchangeId;
  readonly exchangeSymbol: string;
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  readonly multiplier: number;
  readonly assetClass: string | null;
  readonly accrual: string;
  /** As stated by the exchange, null if it states none. */
  readonly listedAt: number | null;
  readonly firstSeen: number;
  /** When it was found delisted, null while it is listed. */
  readonly endedAt: number | null;
}

/** An instrument with a past, under its small id. */
export interface Series extends SeriesDescription {
  readonly id: number;
}

/** Whose past it is, and which table has it. */
export type SeriesKind = Pick<Series, "uid" | "exchange" | "accrual">;

const INSERT = `INSERT INTO series (uid, exchange, exchange_symbol, base, quote, settle, multiplier, asset_class, accrual,
    listed_at, first_seen, ended_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) RETURNING id`;

/** What may change about a series; the rest is its identity. */
const CHANGEABLE = [
  "base",
  "quote",
  "settle",
  "multiplier",
  "assetClass",
  "accrual",
  "listedAt",
  "endedAt",
] as const;

/** The series of the history file, each created when it is first seen. Keeps nothing in memory. Synchronous. */
export class SeriesRepository {
  readonly #queries;
  readonly #byUid;
  readonly #byId;
  readonly #listed;
  readonly #listedUids;
  readonly #end;
  readonly #endedSince;
  readonly #all;
  readonly #whole;
  readonly #ofExchange;
  readonly #insert;

  constructor(db: Database) {
    this.#queries = queryBuilder(db);
    this.#byUid = db.query<{ id: number }, [string]>("SELECT id FROM series WHERE uid = ?");
    this.#byId = db.query<SeriesKind, [number]>(
      "SELECT uid, exchange, accrual FROM series WHERE id = ?",
    );
    this.#listed = db.query<{ id: number }, []>("SELECT id FROM series WHERE ended_at IS NULL");
    this.#listedUids = db.query<{ uid: string }, []>(
      "SELECT uid FROM series WHERE ended_at IS NULL",
    );
    this.#end = db.query<void, [string, number]>("UPDATE series SET ended_at = ?2 WHERE uid = ?1");
    this.#endedSince = db.query<{ uid: string; endedAt: number }, [ExchangeId, number]>(
      "SELECT uid, ended_at AS endedAt FROM series WHERE exchange = ? AND ended_at >= ?",
    );
    this.#all = this.#queries.select().from(series).orderBy(series.id);
    const isThis = eq(series.uid, sql.placeholder("uid"));
    this.#whole = this.#queries.select().from(series).where(isThis).prepare();
    const isThere = eq(series.exchange, sql.placeholder("exchange"));
    this.#ofExchange = this.#queries.select().from(series).where(isThere).prepare();
    // Thousands in one transaction when an exchange is first sampled: building each statement takes ten times as long.
    this.#insert = db.query<{ id: number }, (string | number | null)[]>(INSERT);
  }

  /** Every series, in the order of their ids. */
  all(): readonly Series[] {
    return this.#all.all();
  }

  /** The ids of those that have not been found delisted. */
  listedIds(): readonly number[] {
    return this.#listed.all().map(({ id }) => id);
  }

  /** The uids of the same. */
  listedUids(): ReadonlySet<string> {
    return new Set(this.#listedUids.all().map(({ uid }) => uid));
  }

  /** Records since when a series is not listed any more (unix ms); `ensure` takes it back. Call it inside a transaction. */
  end(uid: string, atMs: number): void {
    this.#end.run(uid, atMs);
  }

  /** When the series of an exchange ended that are not listed any more, by uid: since `sinceMs` (unix ms). */
  endedSince(exchange: ExchangeId, sinceMs: number): ReadonlyMap<string, number> {
    const rows = this.#endedSince.all(exchange, sinceMs);
    return new Map(rows.map(({ uid, endedAt }) => [uid, endedAt]));
  }

  /** Whose past an id stands for; null if it is unknown. */
  kindOf(id: number): SeriesKind | null {
    return this.#byId.get(id);
  }

  /** The id of a uid; null if it has no past. */
  idOf(uid: string): number | null {
    return this.#byUid.get(uid)?.id ?? null;
  }

  /** Every series of an exchange, by uid. */
  ofExchange(exchange: ExchangeId): ReadonlyMap<string, Series> {
    return new Map(this.#ofExchange.all({ exchange }).map((one) => [one.uid, one]));
  }

  /**
   * A series, created or updated as needed; an unknown listing time keeps the one known before. `stored` is what the file
   * has of it, null for nothing. Call it inside a transaction.
   */
  ensure(
    description: SeriesDescription,
    stored: Series | null = this.#stored(description.uid),
  ): Series {
    if (stored === null) return this.#add(description);
    const listedAt = description.listedAt ?? stored.listedAt;
    for (const field of CHANGEABLE)
      if ((field === "listedAt" ? listedAt : description[field]) !== stored[field])
        return this.#update(stored, { ...description, listedAt });
    return stored;
  }

  #stored(uid: string): Series | null {
    return this.#whole.get({ uid }) ?? null;
  }

  #add(description: SeriesDescription): Series {
    const { uid, exchange, exchangeSymbol, base, quote, settle, multiplier } = description;
    const { assetClass, accrual, listedAt, firstSeen, endedAt } = description;
    const row = this.#insert.get(
      uid,
      exchange,
      exchangeSymbol,
      base,
      quote,
      settle,
      multiplier,
      assetClass,
      accrual,
      listedAt,
      firstSeen,
      endedAt,
    );
    if (row === null) throw new Error("a series was not stored");
    return { ...description, id: row.id };
  }

  #update(stored: Series, description: SeriesDescription): Series {
    const changed = Object.fromEntries(CHANGEABLE.map((field) => [field, description[field]]));
    this.#queries.update(series).set(changed).where(eq(series.id, stored.id)).run();
    return { ...stored, ...changed };
  }
}
