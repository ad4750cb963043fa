import type { Database } from "bun:sqlite";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AlertRepository } from "../../src/db/accounts/alert-repository.ts";
import { accountsFile } from "../../src/db/accounts/file.ts";
import { marketFile } from "../../src/db/market/file.ts";
import { openDb } from "../../src/db/open.ts";
import { WriteQueue } from "../../src/db/write-queue.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { Messenger, SendResult } from "../../src/gateways/messenger.ts";
import { createLog, type Log } from "../../src/lib/log.ts";
import { type Alerts, createAlerts } from "../../src/services/operations/alerts.ts";
import { HealthScene } from "./health-scene.ts";
import { ManualClock } from "./manual-clock.ts";
import { memoryLog } from "./memory-log.ts";
import { temporaryDatabasePath } from "./service.ts";
import { makeDatabase } from "./unusable-databases.ts";

const IDS = ["binance", "okx", "kraken"] as const satisfies readonly ExchangeId[];

/** Health is checked this often while time passes. */
const LOOK_EVERY_MS = 30_000;

/** The accounts file of a new service: migrating one for each bench would take most of the time. */
const NEW_ACCOUNTS = ((): Uint8Array => {
  using temporary = temporaryDatabasePath();
  makeDatabase(marketFile(temporary.path));
  const file = accountsFile(temporary.path);
  makeDatabase(file);
  return readFileSync(file.path);
})();

/** Messages as they arrive, and answers to return instead of "sent". */
class FakeMessenger implements Messenger {
  readonly destination: string;
  readonly sent: string[] = [];
  readonly answers: SendResult[] = [];
  calls = 0;

  constructor(destination: string) {
    this.destination = destination;
  }

  send(text: string): Promise<SendResult> {
    this.calls += 1;
    const answer = this.answers.shift() ?? { kind: "sent" };
    if (answer.kind === "sent") this.sent.push(text);
    return Promise.resolve(answer);
  }
}

/** Alert services over one database file, three exchanges, and a clock controlled by the test. */
export class AlertBench implements Disposable {
  readonly clock = new ManualClock();
  readonly scene = new HealthScene(this.clock, IDS);
  readonly messenger = new FakeMessenger("telegram:1");
  /** Another chat. */
  readonly second = new FakeMessenger("telegram:2");
  /** The log's lines as written. */
  readonly lines: string[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), "alerts-"));
  readonly #databases: Database[] = [];

  /** A separate connection to the test's database, as another process would have. */
  connect(): Database {
    const file = accountsFile(join(this.#folder, "test.db"));
    if (!existsSync(file.path)) writeFileSync(file.path, NEW_ACCOUNTS);
    // No power cut is tested here, and waiting for the disk takes most of the time.
    const db = openDb({ ...file, synchronous: "NORMAL" });
    this.#databases.push(db);
    return db;
  }

  /** What a process reads and writes, with its own connection. */
  repository(db = this.connect(), log: Log = memoryLog()): AlertRepository {
    const until = new AbortController().signal;
    return new AlertRepository(db, new WriteQueue({ clock: this.clock, log, until }));
  }

  /** One service with its own connection, as each process has. */
  service(messengers: readonly Messenger[] = [this.messenger], db = this.connect()): Alerts {
    const log = createLog("debug", { write: (line) => void this.lines.push(line) });
    const { clock } = this;
    return createAlerts({
      repository: this.repository(db, log),
      messengers,
      clock,
      random: () => 0.5,
      log,
    });
  }

  /** Logged events with that name. */
  events(name: string): readonly Record<string, unknown>[] {
    const all = this.lines.map((line): Record<string, unknown> => JSON.parse(line));
    return all.filter((line) => line["event"] === name);
  }

  rows(table: "alert_outbox" | "alert_states"): number {
    const sql = `SELECT count(*) AS n FROM ${table}`;
    return this.connect().query<{ n: number }, []>(sql).get()?.n ?? Number.NaN;
  }

  /** Each service checks the current health, then all deliver concurrently. */
  async tick(...services: readonly Alerts[]): Promise<void> {
    for (const one of services) await one.observe(this.scene.report(), this.scene.states);
    await Promise.all(services.map((one) => one.deliver()));
  }

  /** Lets time pass: the collector is alive, all exchanges except `silent` answer. */
  async pass(
    ms: number,
    services: readonly Alerts[],
    silent: readonly ExchangeId[] = [],
  ): Promise<void> {
    for (let doneMs = 0; doneMs < ms; doneMs += LOOK_EVERY_MS) {
      await this.clock.advance(Math.min(LOOK_EVERY_MS, ms - doneMs));
      this.scene.heartbeatMs = this.clock.nowMs();
      this.scene.accept(...IDS.filter((id) => !silent.includes(id)));
      for (const id of silent) this.scene.fail(id, "timeout", "no complete answer within 10 s");
      await this.tick(...services);
    }
  }

  /** Queues the message that an exchange is geo-blocked; everything else is healthy. */
  async queueOne(alerts: Alerts, exchange: ExchangeId = "okx"): Promise<void> {
    this.scene.allWell();
    this.scene.fail(exchange, "geo_blocked", "HTTP 451");
    await alerts.observe(this.scene.report(), this.scene.states);
  }

  [Symbol.dispose](): void {
    for (const db of this.#databases) db.close();
    rmSync(this.#folder, { recursive: true });
  }
}
