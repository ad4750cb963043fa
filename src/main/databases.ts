import type { Config } from "../config/config.ts";
import { accountsFile } from "../db/accounts/file.ts";
import { historyFile } from "../db/history/file.ts";
import { marketFile } from "../db/market/file.ts";
import { type DatabaseEnd, ServiceDatabase } from "../db/service-database.ts";
import { ServiceDatabases } from "../db/service-databases.ts";
import { systemClock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";

/** Opens the market first: the other files are named after it, and migrations of the accounts file read it. */
export function databasesOf({ databasePath }: Config, log: Log, onEnd: (end: DatabaseEnd) => void) {
  const deps = { clock: systemClock, log, onEnd };
  const market = new ServiceDatabase({ file: marketFile(databasePath), ...deps });
  const accounts = new ServiceDatabase({ file: accountsFile(databasePath), ...deps });
  const history = new ServiceDatabase({ file: historyFile(databasePath), ...deps });
  return { market, accounts, databases: new ServiceDatabases([market, accounts, history]) };
}
