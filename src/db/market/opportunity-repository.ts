import type { Database } from "bun:sqlite";
import type { OpportunityColumns } from "../../domain/opportunity-columns.ts";
import type { EpochRepository } from "./epoch-repository.ts";
import { writeTransaction } from "../open.ts";
import { decodeOpportunities, encodeOpportunities } from "./opportunity-codec.ts";

/** The open opportunities, stored as a whole: see the schema for why they are not rows. */
export class OpportunityRepository {
  readonly #db: Database;
  readonly #epochs: EpochRepository;
  readonly #version;
  readonly #body;
  readonly #store;

  constructor(db: Database, epochs: EpochRepository) {
    this.#db = db;
    this.#epochs = epochs;
    this.#version = db.query<{ version: number }, []>(
      "SELECT version FROM opportunity_book WHERE id = 1",
    );
    this.#body = db.query<{ body: Uint8Array }, []>(
      "SELECT body FROM opportunity_book WHERE id = 1",
    );
    this.#store = db.query(
      `INSERT INTO opportunity_book (id, stored_at, version, pairs, body) VALUES (1, ?1, 1, ?2, ?3)
       ON CONFLICT (id) DO UPDATE SET stored_at = ?1, version = version + 1, pairs = ?2, body = ?3`,
    );
  }

  /** Changes with each write, 0 before the first; costs a fraction of `load`. */
  version(): number {
    return this.#version.get()?.version ?? 0;
  }

  /** The stored opportunities, null if there are none; `unreadable` if damaged or in another version's layout. */
  load(): OpportunityColumns | "unreadable" | null {
    const row = this.#body.get();
    return row === null ? null : (decodeOpportunities(row.body) ?? "unreadable");
  }

  /** Stores the columns and notifies readers. Throws EpochLost if another collector has taken over. */
  store(epoch: number, columns: OpportunityColumns, atMs: number): void {
    const body = encodeOpportunities(columns);
    writeTransaction(this.#db, () => {
      this.#epochs.requireCurrent(epoch);
      this.#store.run(atMs, columns.count, body);
      this.#epochs.raiseSeq(atMs);
    });
  }
}
