import { type DatabaseFile, migrationsOf } from "../database-file.ts";
import { opportunityBook } from "./opportunity-schema.ts";
import { collectorEpoch, exchangeState, instruments, intervalChanges, quotes } from "./schema.ts";

/** The market's file: what exchanges have told, which they would tell again. It lies at DATABASE_PATH itself. */
export function marketFile(databasePath: string): DatabaseFile {
  return {
    name: "market",
    path: databasePath,
    migrationsFolder: migrationsOf("market"),
    tables: [instruments, quotes, exchangeState, intervalChanges, collectorEpoch, opportunityBook],
    synchronous: "NORMAL",
    rights: ["collector", "migrate"],
    copiesFrom: null,
  };
}
