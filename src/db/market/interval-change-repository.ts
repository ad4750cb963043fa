import type { Database } from "bun:sqlite";
import { and, desc, eq, exists, gte, lt, lte, max, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { ExchangeId } from "../../domain/exchange.ts";
import { queryBuilder } from "../query-builder.ts";
import { instruments, intervalChanges } from "./schema.ts";

/** One change of an instrument's funding interval. */
export interface IntervalChange {
  /** Rises as changes are stored. */
  readonly id: number;
  readonly uid: string;
  readonly exchange: ExchangeId;
  readonly exchangeSymbol: string;
  readonly base: string;
  readonly quote: string;
  readonly fromHours: number;
  readonly toHours: number;
  readonly changedAtMs: number;
}

/** The time and the id of a change, or the latest time and the greatest id of several. */
interface Place {
  readonly atMs: number;
  readonly id: number;
}

/** Reads the interval changes that the collector recorded. */
export class IntervalChangeRepository {
  readonly #lastId;
  readonly #lastTime;
  readonly #has;
  readonly #between;

  constructor(db: Database) {
    const { uid, exchange, exchangeSymbol, base, quote } = instruments;
    const { id, instrumentId, fromHours, toHours, changedAt } = intervalChanges;
    const lastIn = alias(intervalChanges, "last_in");
    const latestIn = alias(intervalChanges, "latest_in");
    const query = queryBuilder(db);
    const value = (name: string) => sql.placeholder(name);
    this.#lastId = query
      .select({ id: max(id) })
      .from(intervalChanges)
      .where(lte(changedAt, value("untilMs")))
      .prepare();
    this.#lastTime = query
      .select({ atMs: max(changedAt) })
      .from(intervalChanges)
      .where(and(lte(changedAt, value("untilMs")), lte(id, value("id"))))
      .prepare();
    this.#has = query
      .select({ id })
      .from(intervalChanges)
      .where(
        and(
          eq(id, value("id")),
          eq(changedAt, value("atMs")),
          lte(id, value("lastId")),
          exists(
            query
              .select({ id: lastIn.id })
              .from(lastIn)
              .where(and(eq(lastIn.id, value("lastId")), lte(lastIn.changedAt, value("lastMs")))),
          ),
          exists(
            query
              .select({ id: latestIn.id })
              .from(latestIn)
              .where(
                and(eq(latestIn.changedAt, value("lastMs")), lte(latestIn.id, value("lastId"))),
              ),
          ),
        ),
      )
      .prepare();
    this.#between = query
      .select({
        id,
        uid,
        exchange,
        exchangeSymbol,
        base,
        quote,
        fromHours,
        toHours,
        changedAtMs: changedAt,
      })
      .from(intervalChanges)
      .innerJoin(instruments, eq(instruments.id, instrumentId))
      .where(
        and(
          gte(changedAt, value("fromMs")),
          lt(changedAt, value("toMs")),
          lte(id, value("lastId")),
        ),
      )
      .orderBy(desc(changedAt), desc(id))
      .prepare();
  }

  /** The latest time and the greatest id of the changes up to `untilMs`, perhaps of two different ones; null without any. */
  newest(untilMs: number): Place | null {
    const lastId = this.#lastId.get({ untilMs })?.id ?? null;
    if (lastId === null) return null;
    // Of those alone: others may be stored between the two queries.
    const atMs = this.#lastTime.get({ untilMs, id: lastId })?.atMs ?? null;
    return atMs === null ? null : { atMs, id: lastId };
  }

  /** Whether `newest` may once have returned `last`, with `change` among the changes up to it. */
  has(last: Place, change: Place): boolean {
    const found = this.#has.get({ ...change, lastId: last.id, lastMs: last.atMs });
    return found !== undefined && change.atMs <= last.atMs;
  }

  /** The changes in [fromMs, toMs) with an id of at most `lastId`, the newest first. */
  between(fromMs: number, toMs: number, lastId: number): readonly IntervalChange[] {
    return this.#between.all({ fromMs, toMs, lastId });
  }
}
