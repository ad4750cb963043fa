/**
 * A service's start up to its databases: `bun opening-child.ts DATABASE_PATH`. It prints `opening` before, and ends
 * when both files are open and migrated.
 */
import { accountsFile } from "../../src/db/accounts/file.ts";
import { marketFile } from "../../src/db/market/file.ts";
import { startDatabase } from "../../src/db/start-database.ts";

const path = process.argv[2] ?? "";
console.log("opening");
startDatabase(marketFile(path), console.error).close();
startDatabase(accountsFile(path), console.error).close();
