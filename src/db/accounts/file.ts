import { format, parse } from "node:path";
import { type DatabaseFile, migrationsOf } from "../database-file.ts";
import { realPath } from "../file-identity.ts";
import { alertOutbox, alertStates } from "./schema.ts";

/**
 * The accounts' file: what nobody could tell us again. It lies beside the market's and is named after it, `x.accounts.db`
 * beside `x.db`; beside the file itself where DATABASE_PATH is a link. To be called when the market's file is there and
 * migrated: alerts lay in that one before and are copied from there, once.
 */
export function accountsFile(databasePath: string): DatabaseFile {
  const market = realPath(databasePath);
  return {
    name: "accounts",
    path: besides(market),
    migrationsFolder: migrationsOf("accounts"),
    tables: [alertStates, alertOutbox],
    synchronous: "FULL",
    rights: ["migrate"],
    copiesFrom: { path: market, as: "market" },
  };
}

/** Another path for each path: no two services share the file unless they share the market's. */
function besides(market: string): string {
  const { dir, name, ext } = parse(market);
  return format({ dir, name: `${name}.accounts`, ext });
}
