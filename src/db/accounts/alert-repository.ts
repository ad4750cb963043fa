import type { Database } from "bun:sqlite";
import { and, asc, eq, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { SQLiteUpdateSetSource } from "drizzle-orm/sqlite-core";
import { writeTransaction } from "../open.ts";
import { given, queryBuilder } from "../query-builder.ts";
import type { WriteQueue } from "../write-queue.ts";
import { alertOutbox, alertStates } from "./schema.ts";

/** What was last said about one subject. */
export interface AlertState {
  readonly key: string;
  readonly state: string;
  readonly queuedAtMs: number;
}

export interface AlertChange {
  readonly key: string;
  readonly state: string;
  /** What to tell. */
  readonly text: string;
  /** Whom: one message for each. */
  readonly destinations: readonly string[];
  readonly atMs: number;
}

/** A message that its claimer alone may send, until the lease ends. */
export interface ClaimedAlert {
  readonly id: number;
  readonly key: string;
  readonly state: string;
  readonly text: string;
  readonly createdAtMs: number;
  /** Tries so far, this one included. */
  readonly attempts: number;
}

interface OutboxRow extends ClaimedAlert {
  readonly notBeforeMs: number;
}

/**
 * What was told, and what is still to be told. Safe to use from several processes at once. Writes go through `writes`:
 * nobody who is served waits for another writer. Every method rejects with what the database throws.
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

  /** Subjects that were ever bad, by key. */
  async statesByKey(): Promise<ReadonlyMap<string, AlertState>> {
    return new Map(this.#queueing.states.all().map((state) => [state.key, state]));
  }

  /**
   * Stores the new state and queues its messages in one transaction, if `mayTell` (given the stored state, null for
   * none) still allows it there: where it does not, another process told it before. Tried once: nothing is stored
   * while the database takes no writes.
   */
  async queue(
    { key, state, text, destinations, atMs }: AlertChange,
    mayTell: (stored: AlertState | null) => boolean,
  ): Promise<"queued" | "told_before" | "not_now"> {
    const outcome = this.#writes.attempt(() =>
      writeTransaction(this.#db, () => {
        if (!mayTell(this.#queueing.state.get({ key }) ?? null)) return "told_before";
        for (const destination of destinations)
          this.#queueing.addMessage.run({ key, state, text, destination, atMs });
        this.#queueing.setState.run({ key, state, atMs });
        return "queued";
      }),
    );
    return outcome ?? "not_now";
  }

  /**
   * The oldest pending message for `destination`, leased to the caller; null while it is another's or waits, or there
   * is none. Messages for other destinations have no part in it.
   */
  claimOldest(destination: string, nowMs: number, leaseMs: number): Promise<ClaimedAlert | null> {
    return this.#writes.run(() => {
      // Looked at outside first: an idle service takes no write lock.
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

  /** Gives the claim back until `untilMs`; without effect when the lease has ended and another claimed it. */
  defer({ id, attempts }: ClaimedAlert, untilMs: number, failure: string): Promise<void> {
    return this.#writes.run(() => this.#sending.defer.run({ id, attempts, untilMs, failure }));
  }

  /** Gives the message up, under the same condition. */
  park({ id, attempts }: ClaimedAlert, atMs: number, failure: string): Promise<void> {
    return this.#writes.run(() => this.#sending.park.run({ id, attempts, atMs, failure }));
  }

  /**
   * Deletes what was sent before `sentBeforeMs`, and what was parked, or made and sent by nobody, before
   * `parkedBeforeMs`. False, with nothing deleted, while the database takes no writes.
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

/** What is told, and what was told about each subject. */
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

/** What becomes of a message that waits. */
function sendingOn(queries: ReturnType<typeof queryBuilder>) {
  const { id, key, state, text, destination, createdAt, attempts } = alertOutbox;
  const { notBefore, sentAt, parkedAt, failure } = alertOutbox;
  const isFor = or(isNull(destination), eq(destination, sql.placeholder("destination")));
  const isThis = eq(id, sql.placeholder("id"));
  // The number of attempts tells this claim from a later one; a sent message stays sent.
  const isStillClaimed = and(isThis, eq(attempts, sql.placeholder("attempts")), isNull(sentAt));
  const gaveUpAt = sql`coalesce(${parkedAt}, ${createdAt})`;
  const update = (values: SQLiteUpdateSetSource<typeof alertOutbox>, where: SQL | undefined) =>
    queries.update(alertOutbox).set(values).where(where).prepare();
  return {
    // Strictly the oldest of its destination: messages arrive there in the order of their events, also with two senders.
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
