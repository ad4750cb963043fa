import { expect, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { migrate } from "drizzle-orm/bun-sqlite/migrator";
import { createAlertRepository } from "../../src/db/accounts/alert-repository.ts";
import { ExchangeStateRepository } from "../../src/db/market/exchange-state-repository.ts";
import { migrateDb } from "../../src/db/migrate.ts";
import { openDb } from "../../src/db/open.ts";
import { schemaCheck } from "../../src/db/schema-version.ts";
import { lastErrorOf } from "../../src/services/board/health.ts";

interface Journal {
  readonly entries: readonly { readonly tag: string }[];
}

test("an upgrade keeps a queued message, forgets what exchanges wrote, and is what makes the schema current", () => {
  const folder = mkdtempSync(join(tmpdir(), "upgrade-"));
  using stack = new DisposableStack();
  stack.defer(() => rmSync(folder, { recursive: true }));
  const migrationsFolder = join(folder, "migrations");
  cpSync(join(import.meta.dir, "../../migrations/market"), migrationsFolder, { recursive: true });
  const journalPath = join(migrationsFolder, "meta/_journal.json");
  const journal = JSON.parse(readFileSync(journalPath, "utf8")) as Journal;
  const entries = journal.entries.slice(0, 5);
  expect(entries.at(-1)?.tag).toBe("0004_opportunities");
  writeFileSync(journalPath, JSON.stringify({ ...journal, entries }));

  const path = join(folder, "old.db");
  const db = stack.adopt(openDb(path), (one) => one.close());
  migrate(drizzle(db), { migrationsFolder });
  expect(schemaCheck(db)()).toBe(false);
  db.run(`INSERT INTO exchange_state (exchange, enabled, period_ms, failure_kind, failure, degraded_by, rejects)
    VALUES ('okx', 1, 60000, 'banned', 'IP 2001:db8::1 is banned', 'volume: IP 2001:db8::1', '{}')`);
  db.run(`INSERT INTO alert_outbox (key, state, text, created_at, not_before)
    VALUES ('collector', 'dead', 'collector: dead', 1, 1)`);

  migrateDb(db, path);
  expect(schemaCheck(db)()).toBe(true);
  const [okx] = new ExchangeStateRepository(db).list();
  expect(okx && lastErrorOf(okx)).toBe("banned");
  expect(okx?.degradedBy).toBeNull();
  expect(createAlertRepository(db).claimOldest("telegram:1", 2, 1)).toMatchObject({
    text: "collector: dead",
  });
});
