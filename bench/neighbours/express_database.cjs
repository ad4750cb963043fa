/** SQLite for Express: node:sqlite where this Node has it, else node-sqlite3, as Debian packages it. */
const MAP = "PRAGMA mmap_size = 268435456";
const TERMS = "CREATE TEMP TABLE terms (exchange PRIMARY KEY, marks, interest_of_coins, taker_bps)";
const ADD_TERMS = "INSERT INTO terms VALUES (?, ?, ?, ?)";

/** `all(sql, parameters)` answers with the rows, at once or by a promise; a statement is prepared once. */
function openedDatabase(path, terms) {
  const values = terms.map((one) => [
    one.exchange,
    one.marks,
    one.interest_of_coins,
    one.taker_bps,
  ]);
  try {
    require.resolve("node:sqlite");
  } catch {
    return byPackage(path, values);
  }
  return builtIn(path, values);
}

function builtIn(path, terms) {
  const { DatabaseSync } = require("node:sqlite");
  const db = new DatabaseSync(path, { readOnly: true });
  db.exec(MAP);
  db.exec(TERMS);
  const add = db.prepare(ADD_TERMS);
  for (const one of terms) add.run(...one);
  return {
    all: cachedStatements(
      (sql) => db.prepare(sql),
      (statement, parameters) => statement.all(parameters),
    ),
  };
}

function byPackage(path, terms) {
  const { Database, OPEN_READONLY } = require("sqlite3");
  const db = new Database(path, OPEN_READONLY);
  db.serialize(() => {
    db.exec(MAP);
    db.exec(TERMS);
    for (const one of terms) db.run(ADD_TERMS, one);
  });
  const all = (statement, parameters) =>
    new Promise((resolve, reject) => {
      statement.all(parameters, (error, rows) => (error === null ? resolve(rows) : reject(error)));
    });
  return { all: cachedStatements((sql) => db.prepare(sql), all) };
}

function cachedStatements(prepare, run) {
  const prepared = new Map();
  return (sql, parameters) => {
    if (!prepared.has(sql)) prepared.set(sql, prepare(sql));
    return run(prepared.get(sql), parameters);
  };
}

module.exports = { openedDatabase };
