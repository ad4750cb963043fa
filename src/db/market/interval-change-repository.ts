import type { Database } from "bun:sqlite";
import { and, desc, eq, gte, lt, sql } from "drizzle-orm";
import type { ExchangeId } from "../../domain/exchange.ts";
import { queryBuilder } from "../query-builder.ts";
import { instruments, intervalChanges } from "./schema.ts";

/** One change of an instrument's funding interval. */
export interface IntervalChange {
  readonly uid: string;
  readonly exchange: ExchangeId;
  readonly exchangeSymbol: string;
  readonly base: string;
  readonly quote: string;
  readonly fromHours: number;
  readonly toHours: number;
  readonly changedAtMs: number;
}

/** Reads the interval changes that the collector recorded. */
export class IntervalChangeRepository {
  readonly #between;

  constructor(db: Database) {
    const { uid, exchange, exchangeSymbol, base, quote } = instruments;
    const { id, instrumentId, fromHours, toHours, changedAt } = intervalChanges;
    this.#between = queryBuilder(db)
      .select({
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
      .where(and(gte(changedAt, sql.placeholder("fromMs")), lt(changedAt, sql.placeholder("toMs"))))
      .orderBy(desc(changedAt), desc(id))
      .prepare();
  }

  /** The changes in [fromMs, toMs), the newest first. */
  between(fromMs: number, toMs: number): readonly IntervalChange[] {
    return this.#between.all({ fromMs, toMs });
  }
}
