import { type DatabaseFile, migrationsOf } from "../database-file.ts";
import { opportunityBook } from "./opportunity-schema.ts";
import { collectorEpoch, exchangeState, instruments, intervalChanges, quotes } from "./schema.ts";

/** The market file, at DATABASE_PATH: data that can be fetched from the exchanges again. */
export function marketFile(databasePath: string): DatabaseFile {
  return {
    name: "market",
    path: databasePath,
    migrationsFolder: migrationsOf("market"),
    tables: [instruments, quotes, exchangeState, intervalChanges, collectorEpoch, opportunityBook],
    synchronous: "NORMAL",
    rights: ["collector", "migrate"],
    copiesFrom: null,
    givesSpaceBack: false,
  };
}
