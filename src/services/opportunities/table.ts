import { cell, type OpportunityColumns } from "../../domain/opportunity-columns.ts";

/** Grows by a quarter: no more than a fifth is ever empty. */
const GROWTH = 1.25;
const FIRST_CAPACITY = 1_024;

/** What is known of one pair; units as in the columns. */
export interface TableRow {
  key: number;
  firstSeen: number;
  lastSeen: number;
  peak: number;
  unobserved: number;
  /** Snapshots in a row that counted against it. */
  misses: number;
  /** 1 while it has not been seen and nobody could say that it was gone, else 0. */
  unsighted: number;
}

/** Columns that are written from the start to the end, in the order of their keys, and then read. */
export class OpportunityTable implements OpportunityColumns {
  count = 0;
  keys = new Float64Array(FIRST_CAPACITY);
  firstSeen = new Uint32Array(FIRST_CAPACITY);
  lastSeen = new Uint32Array(FIRST_CAPACITY);
  peak = new Uint32Array(FIRST_CAPACITY);
  unobserved = new Uint32Array(FIRST_CAPACITY);
  misses = new Uint8Array(FIRST_CAPACITY);
  unsighted = new Uint8Array(FIRST_CAPACITY);

  /** A table of what was stored. */
  static of(stored: OpportunityColumns): OpportunityTable {
    const table = new OpportunityTable();
    table.#resize(Math.max(FIRST_CAPACITY, stored.count));
    const { count } = stored;
    table.count = count;
    table.keys.set(stored.keys.subarray(0, count));
    table.firstSeen.set(stored.firstSeen.subarray(0, count));
    table.lastSeen.set(stored.lastSeen.subarray(0, count));
    table.peak.set(stored.peak.subarray(0, count));
    table.unobserved.set(stored.unobserved.subarray(0, count));
    return table;
  }

  /** Reads a row into `row`: ninety thousand of them are no ninety thousand objects. */
  readInto(row: TableRow, index: number): void {
    row.key = cell(this.keys, index);
    row.firstSeen = cell(this.firstSeen, index);
    row.lastSeen = cell(this.lastSeen, index);
    row.peak = cell(this.peak, index);
    row.unobserved = cell(this.unobserved, index);
    row.misses = cell(this.misses, index);
    row.unsighted = cell(this.unsighted, index);
  }

  /** Adds a row, whose key must be above all before it. */
  add(row: TableRow): void {
    const at = this.count;
    if (at === this.keys.length) this.#resize(Math.ceil(at * GROWTH));
    this.keys[at] = row.key;
    this.firstSeen[at] = row.firstSeen;
    this.lastSeen[at] = row.lastSeen;
    this.peak[at] = row.peak;
    this.unobserved[at] = row.unobserved;
    this.misses[at] = row.misses;
    this.unsighted[at] = row.unsighted;
    this.count = at + 1;
  }

  clear(): void {
    this.count = 0;
  }

  #resize(capacity: number): void {
    const longer = <T extends Float64Array | Uint32Array | Uint8Array>(made: T, old: T): T => {
      made.set(old.subarray(0, Math.min(this.count, capacity)));
      return made;
    };
    this.keys = longer(new Float64Array(capacity), this.keys);
    this.firstSeen = longer(new Uint32Array(capacity), this.firstSeen);
    this.lastSeen = longer(new Uint32Array(capacity), this.lastSeen);
    this.peak = longer(new Uint32Array(capacity), this.peak);
    this.unobserved = longer(new Uint32Array(capacity), this.unobserved);
    this.misses = longer(new Uint8Array(capacity), this.misses);
    this.unsighted = longer(new Uint8Array(capacity), this.unsighted);
  }
}
