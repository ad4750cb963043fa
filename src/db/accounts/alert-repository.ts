import type { Database } from "bun:sqlite";
import { and, asc, eq, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { SQLiteUpdateSetSource } from "drizzle-orm/sqlite-core";
import { writeTransaction } from "../open.ts";
import { given, queryBuilder } from "../query-builder.ts";
import type { WriteQueue } from "../write-queue.ts";
import { alertOutbox, alertStates } from "./schema.ts";

/** The last reported state of one subject. */
export interface AlertState {
  readonly key: string;
  readonly state: string;
  readonly queuedAtMs: number;
}

export interface AlertChange {
  readonly key: string;
  readonly state: string;
  /** The message. */
  readonly text: string;
  /** Its destinations: one message each. */
  readonly destinations: readonly string[];
  readonly atMs: number;
}

/** A message that only its claimer may send until the lease expires. */
export interface ClaimedAlert {
  readonly id: number;
  readonly key: string;
  readonly state: string;
  readonly text: string;
  readonly createdAtMs: number;
  /** Tries so far, including this one. */
  readonly attempts: number;
}

interface OutboxRow extends ClaimedAlert {
  readonly notBeforeMs: number;
}

/**
 * Reported states and pending messages. Safe to use from several processes. Writes go through `writes`, so requests
 * never wait for another writer. Every method rejects with the database's exceptions.
 */
export class AlertRepository {
  readonly #db: Database;
  readonly #writes: Pick<WriteQueue, "run" | "attempt">;
  readonly #queueing;
  readonly #sending;

  constructor(db: Database, writes: Pick<WriteQueue, "run" | "attempt">) {
    this.#db = db;
    this.#writes = writes;
    const queries = queryBuilder(db);
    this.#queueing = queueingOn(queries);
    this.#sending = sendingOn(queries);
  }

  /** The states of all subjects that were ever bad, by key. */
  async statesByKey(): Promise<ReadonlyMap<string, AlertState>> {
    return new Map(this.#queueing.states.all().map((state) => [state.key, state]));
  }

  /**
   * Stores the new state and queues its messages in one transaction, if `mayReport` (given the stored state, null for
   * none) still allows it there; otherwise another process has already reported it. Tried once: nothing is stored while
   * the database accepts no writes.
   */
  async queue(
    { key, state, text, destinations, atMs }: AlertChange,
    mayReport: (stored: AlertState | null) => boolean,
  ): Promise<"queued" | "told_before" | "not_now"> {
    const outcome = this.#writes.attempt(() =>
      writeTransaction(this.#db, () => {
        if (!mayReport(this.#queueing.state.get({ key }) ?? null)) return "told_before";
        for (const destination of destinations)
          this.#queueing.addMessage.run({ key, state, text, destination, atMs });
        this.#queueing.setState.run({ key, state, atMs });
        return "queued";
      }),
    );
    return outcome ?? "not_now";
  }

  /**
   * Claims the oldest pending message for `destination`; null if it is claimed by another sender or waiting for a retry,
   * or if there is none. Other destinations are independent.
   */
  claimOldest(destination: string, nowMs: number, leaseMs: number): Promise<ClaimedAlert | null> {
    return this.#writes.run(() => {
      // Checked outside the transaction first: an idle service takes no write lock.
      if (this.#oldestDue(destination, nowMs) === null) return null;
      return writeTransaction(this.#db, () => {
        const row = this.#oldestDue(destination, nowMs);
        if (row === null) return null;
        this.#sending.claim.run({ id: row.id, untilMs: nowMs + leaseMs });
        const { notBeforeMs: _, ...claim } = row;
        return { ...claim, attempts: row.attempts + 1 };
      });
    });
  }

  markSent(id: number, atMs: number): Promise<void> {
    return this.#writes.run(() => this.#sending.markSent.run({ id, atMs }));
  }

  /** Releases the claim until `untilMs`; no effect if the lease has expired and another sender claimed it. */
  defer({ id, attempts }: ClaimedAlert, untilMs: number, failure: string): Promise<void> {
    return this.#writes.run(() => this.#sending.defer.run({ id, attempts, untilMs, failure }));
  }

  /** Abandons the message, under the same condition. */
  park({ id, attempts }: ClaimedAlert, atMs: number, failure: string): Promise<void> {
    return this.#writes.run(() => this.#sending.park.run({ id, attempts, atMs, failure }));
  }

  /**
   * Deletes messages sent before `sentBeforeMs`, and those parked, or created and never sent, before `parkedBeforeMs`.
   * False, with nothing deleted, while the database accepts no writes.
   */
  async prune(sentBeforeMs: number, parkedBeforeMs: number): Promise<boolean> {
    const pruned = this.#writes.attempt(() => {
      this.#sending.prune.run({ sentBeforeMs, parkedBeforeMs });
      return true;
    });
    return pruned ?? false;
  }

  #oldestDue(destination: string, nowMs: number): OutboxRow | null {
    const row = this.#sending.oldest.get({ destination });
    return row !== undefined && row.notBeforeMs <= nowMs ? row : null;
  }
}

/** Statements for queueing messages and for the reported states. */
function queueingOn(queries: ReturnType<typeof queryBuilder>) {
  const { key, state, queuedAt } = alertStates;
  const states = () => queries.select({ key, state, queuedAtMs: queuedAt }).from(alertStates);
  const after = { state: given("state", state), queuedAt: given("atMs", queuedAt) };
  return {
    states: states().prepare(),
    state: states()
      .where(eq(key, sql.placeholder("key")))
      .prepare(),
    setState: queries
      .insert(alertStates)
      .values({ key: given("key", key), ...after })
      .onConflictDoUpdate({ target: key, set: after })
      .prepare(),
    addMessage: queries
      .insert(alertOutbox)
      .values({
        key: given("key", alertOutbox.key),
        state: given("state", alertOutbox.state),
        text: given("text", alertOutbox.text),
        destination: given("destination", alertOutbox.destination),
        createdAt: given("atMs", alertOutbox.createdAt),
        notBefore: given("atMs", alertOutbox.notBefore),
      })
      .prepare(),
  };
}

/** Statements for sending pending messages. */
function sendingOn(queries: ReturnType<typeof queryBuilder>) {
  const { id, key, state, text, destination, createdAt, attempts } = alertOutbox;
  const { notBefore, sentAt, parkedAt, failure } = alertOutbox;
  const isFor = or(isNull(destination), eq(destination, sql.placeholder("destination")));
  const isThis = eq(id, sql.placeholder("id"));
  // The number of attempts distinguishes this claim from a later one; a sent message stays sent.
  const isStillClaimed = and(isThis, eq(attempts, sql.placeholder("attempts")), isNull(sentAt));
  const gaveUpAt = sql`coalesce(${parkedAt}, ${createdAt})`;
  const update = (values: SQLiteUpdateSetSource<typeof alertOutbox>, where: SQL | undefined) =>
    queries.update(alertOutbox).set(values).where(where).prepare();
  return {
    // Strictly the oldest per destination: messages arrive in the order of their events, even with two senders.
    oldest: queries
      .select({ id, key, state, text, attempts, createdAtMs: createdAt, notBeforeMs: notBefore })
      .from(alertOutbox)
      .where(and(isNull(sentAt), isNull(parkedAt), isFor))
      .orderBy(asc(id))
      .limit(1)
      .prepare(),
    claim: update(
      { attempts: sql`${attempts} + 1`, notBefore: given("untilMs", notBefore) },
      isThis,
    ),
    markSent: update({ sentAt: given("atMs", sentAt), failure: null }, and(isThis, isNull(sentAt))),
    defer: update(
      { notBefore: given("untilMs", notBefore), failure: given("failure", failure) },
      isStillClaimed,
    ),
    park: update(
      { parkedAt: given("atMs", parkedAt), failure: given("failure", failure) },
      isStillClaimed,
    ),
    prune: queries
      .delete(alertOutbox)
      .where(
        or(
          lt(sentAt, sql.placeholder("sentBeforeMs")),
          and(isNull(sentAt), lt(gaveUpAt, sql.placeholder("parkedBeforeMs"))),
        ),
      )
      .prepare(),
  };
}
