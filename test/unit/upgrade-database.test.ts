import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { migrate } from "drizzle-orm/bun-sqlite/migrator";
import { ExchangeStateRepository } from "../../src/db/market/exchange-state-repository.ts";
import { marketFile } from "../../src/db/market/file.ts";
import { migrateDb } from "../../src/db/migrate.ts";
import { openDb } from "../../src/db/open.ts";
import { newestSchemaCheck } from "../../src/db/newest-schema.ts";
import { lastErrorOf } from "../../src/services/board/health.ts";
import { journalOf, MigrationFolder } from "../support/migrations.ts";

test("an upgrade discards what exchanges wrote, and is what makes the schema current", () => {
  const folder = mkdtempSync(join(tmpdir(), "upgrade-"));
  using stack = new DisposableStack();
  stack.defer(() => rmSync(folder, { recursive: true }));
  const migrations = stack.use(new MigrationFolder("market", 5));
  expect(journalOf(migrations.path).entries.at(-1)?.tag).toBe("0004_opportunities");

  const file = marketFile(join(folder, "old.db"));
  const db = stack.adopt(openDb(file), (one) => one.close());
  migrate(drizzle(db), { migrationsFolder: migrations.path });
  expect(newestSchemaCheck(db, file)()).toBe(false);
  db.run(`INSERT INTO exchange_state (exchange, enabled, period_ms, failure_kind, failure, degraded_by, rejects)
    VALUES ('okx', 1, 60000, 'banned', 'IP 2001:db8::1 is banned', 'volume: IP 2001:db8::1', '{}')`);

  migrateDb(db, file);
  expect(newestSchemaCheck(db, file)()).toBe(true);
  const [okx] = new ExchangeStateRepository(db).list();
  expect(okx && lastErrorOf(okx)).toBe("banned");
  expect(okx?.degradedBy).toBeNull();
});
