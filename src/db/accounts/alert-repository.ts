import type { Database } from "bun:sqlite";
import { writeTransaction } from "../open.ts";

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

/** What was told, and what is still to be told. Safe to use from several processes at once. */
export interface AlertRepository {
  /** Subjects that were ever bad, by key. */
  statesByKey(): ReadonlyMap<string, AlertState>;
  /**
   * Stores the new state and queues its messages in one transaction, if `mayTell` (given the stored state,
   * null for none) still allows it there. False when it does not: another process told it before.
   */
  queue(change: AlertChange, mayTell: (stored: AlertState | null) => boolean): boolean;
  /**
   * The oldest pending message for `destination`, leased to the caller; null while it is another's or waits, or there
   * is none. Messages for other destinations have no part in it.
   */
  claimOldest(destination: string, nowMs: number, leaseMs: number): ClaimedAlert | null;
  markSent(id: number, atMs: number): void;
  /** Gives the claim back until `untilMs`; without effect when the lease has ended and another claimed it. */
  defer(claim: ClaimedAlert, untilMs: number, failure: string): void;
  /** Gives the message up, under the same condition. */
  park(claim: ClaimedAlert, atMs: number, failure: string): void;
  /** Deletes what was sent or parked before, and what nobody has sent since `parkedBeforeMs`; how many. */
  prune(sentBeforeMs: number, parkedBeforeMs: number): number;
}

interface OutboxRow extends ClaimedAlert {
  readonly notBeforeMs: number;
}

type Fence = { id: number; attempts: number; atMs: number; failure: string };

const SELECT_STATES = "SELECT key, state, queued_at AS queuedAtMs FROM alert_states";

/** Strictly the oldest of its destination: messages arrive there in the order of their events, also with two senders. */
const SELECT_OLDEST = `SELECT id, key, state, text, created_at AS createdAtMs, attempts, not_before AS notBeforeMs
  FROM alert_outbox WHERE sent_at IS NULL AND parked_at IS NULL AND coalesce(destination, $destination) = $destination
  ORDER BY id LIMIT 1`;

const UPSERT_STATE = `INSERT INTO alert_states (key, state, queued_at) VALUES ($key, $state, $atMs)
  ON CONFLICT (key) DO UPDATE SET state = excluded.state, queued_at = excluded.queued_at`;

const INSERT_MESSAGE = `INSERT INTO alert_outbox (key, state, text, destination, created_at, not_before)
  VALUES ($key, $state, $text, $destination, $atMs, $atMs)`;

const CLAIM =
  "UPDATE alert_outbox SET attempts = attempts + 1, not_before = $untilMs WHERE id = $id";

/** The number of attempts tells this claim from a later one; a sent message stays sent. */
const STILL_CLAIMED = "WHERE id = $id AND attempts = $attempts AND sent_at IS NULL";

const PRUNE = `DELETE FROM alert_outbox WHERE sent_at < $sentBeforeMs
  OR (sent_at IS NULL AND coalesce(parked_at, created_at) < $parkedBeforeMs)`;

/** Alerts in the database that `openDb` opened. */
export function createAlertRepository(db: Database): AlertRepository {
  const selectStates = db.query<AlertState, []>(SELECT_STATES);
  const selectState = db.query<AlertState, { key: string }>(`${SELECT_STATES} WHERE key = $key`);
  const selectOldest = db.query<OutboxRow, { destination: string }>(SELECT_OLDEST);
  const upsertState = db.query<never, { key: string; state: string; atMs: number }>(UPSERT_STATE);
  const insertMessage = db.query<
    never,
    { key: string; state: string; text: string; destination: string; atMs: number }
  >(INSERT_MESSAGE);
  const claim = db.query<never, { id: number; untilMs: number }>(CLAIM);
  const markSent = db.query<never, { id: number; atMs: number }>(
    "UPDATE alert_outbox SET sent_at = $atMs, failure = NULL WHERE id = $id AND sent_at IS NULL",
  );
  const defer = db.query<never, Fence>(
    `UPDATE alert_outbox SET not_before = $atMs, failure = $failure ${STILL_CLAIMED}`,
  );
  const park = db.query<never, Fence>(
    `UPDATE alert_outbox SET parked_at = $atMs, failure = $failure ${STILL_CLAIMED}`,
  );
  const prune = db.query<never, { sentBeforeMs: number; parkedBeforeMs: number }>(PRUNE);

  const oldestDue = (destination: string, nowMs: number): OutboxRow | null => {
    const row = selectOldest.get({ destination });
    return row !== null && row.notBeforeMs <= nowMs ? row : null;
  };

  return {
    statesByKey: () => new Map(selectStates.all().map((state) => [state.key, state])),
    queue: ({ key, state, text, destinations, atMs }, mayTell) =>
      writeTransaction(db, () => {
        if (!mayTell(selectState.get({ key }))) return false;
        for (const destination of destinations)
          insertMessage.run({ key, state, text, destination, atMs });
        upsertState.run({ key, state, atMs });
        return true;
      }),
    claimOldest(destination, nowMs, leaseMs) {
      // Looked at outside first: an idle service takes no write lock.
      if (oldestDue(destination, nowMs) === null) return null;
      return writeTransaction(db, () => {
        const row = oldestDue(destination, nowMs);
        if (row === null) return null;
        claim.run({ id: row.id, untilMs: nowMs + leaseMs });
        const { id, key, state, text, createdAtMs } = row;
        return { id, key, state, text, createdAtMs, attempts: row.attempts + 1 };
      });
    },
    markSent: (id, atMs) => void markSent.run({ id, atMs }),
    defer: ({ id, attempts }, untilMs, failure) =>
      void defer.run({ id, attempts, atMs: untilMs, failure }),
    park: ({ id, attempts }, atMs, failure) => void park.run({ id, attempts, atMs, failure }),
    prune: (sentBeforeMs, parkedBeforeMs) => prune.run({ sentBeforeMs, parkedBeforeMs }).changes,
  };
}
