/**
 * Another program that writes to the database: `bun lock-holder-child.ts DATABASE MILLISECONDS`. It holds the write
 * lock for that long, prints `held` once it has it, and ends after releasing it.
 */
import { Database } from "bun:sqlite";

const [path = "", heldMs = "0"] = process.argv.slice(2);
const db = new Database(path);
db.run("PRAGMA busy_timeout = 60000");
db.run("BEGIN IMMEDIATE");
console.log("held");
await Bun.sleep(Number(heldMs));
db.run("ROLLBACK");
