import { format, parse } from "node:path";
import { type DatabaseFile, migrationsOf } from "../database-file.ts";
import { realPath } from "../file-identity.ts";
import { alertOutbox, alertStates } from "./schema.ts";

/**
 * The accounts file: data that cannot be fetched again. It is next to the resolved market file and named after it,
 * `x.accounts.db` for `x.db`. Call it once the market file exists and is migrated: alerts used to be there and are
 * copied once.
 */
export function accountsFile(databasePath: string): DatabaseFile {
  const market = realPath(databasePath);
  return {
    name: "accounts",
    path: accountsPath(market),
    migrationsFolder: migrationsOf("accounts"),
    tables: [alertStates, alertOutbox],
    synchronous: "FULL",
    rights: ["migrate"],
    copiesFrom: { path: market, as: "market" },
    givesSpaceBack: false,
  };
}

/** The accounts path for a market path, one-to-one: services share it only if they share the market file. */
function accountsPath(market: string): string {
  const { dir, name, ext } = parse(market);
  return format({ dir, name: `${name}.accounts`, ext });
}
