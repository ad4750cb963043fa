import type { Database } from "bun:sqlite";

/** An error as bun:sqlite throws it. */
export function databaseError(code: string): Error {
  return Object.assign(new Error(`injected ${code}`), { name: "SQLiteError", code });
}

/** Which statement fails, with what, and whether SQLite has rolled the transaction back by then. */
export interface Fault {
  readonly at: number;
  readonly code: string;
  readonly rolledBack: boolean;
}

const EXECUTING = ["run", "get", "all", "values"];

/**
 * A database whose n-th statement fails: reads, writes, BEGIN and COMMIT all count. After that one it works again. The
 * given database is the real one behind it.
 */
export class FaultyDatabase {
  readonly db: Database;
  readonly #real: Database;
  /** Statements so far. */
  executed = 0;
  #fault: Fault | null = null;

  constructor(real: Database) {
    this.#real = real;
    this.db = this.#proxy(real, (name, args) => this.#called(name, args));
  }

  /** Starts counting. */
  plan(fault: Fault | null): void {
    this.executed = 0;
    this.#fault = fault;
  }

  #called(name: string, args: readonly unknown[]): { readonly result: unknown } | null {
    if (name === "query" || name === "prepare") {
      const statement: object = Reflect.apply(Reflect.get(this.#real, name), this.#real, args);
      return {
        result: this.#proxy(statement, (method) => {
          if (EXECUTING.includes(method)) this.#count();
          return null;
        }),
      };
    }
    if (name === "run") this.#count();
    if (name === "transaction") return { result: this.#transaction(args[0] as () => unknown) };
    return null;
  }

  /** Like bun:sqlite, with counted statements. */
  #transaction(work: () => unknown): unknown {
    const within = (begin: string) => (): unknown => {
      this.#count();
      this.#real.run(begin);
      try {
        const result = work();
        this.#count();
        this.#real.run("COMMIT");
        return result;
      } catch (error) {
        if (this.#real.inTransaction) this.#real.run("ROLLBACK");
        throw error;
      }
    };
    return Object.assign(within("BEGIN"), { immediate: within("BEGIN IMMEDIATE") });
  }

  #count(): void {
    this.executed += 1;
    if (this.executed !== this.#fault?.at) return;
    if (this.#fault.rolledBack && this.#real.inTransaction) this.#real.run("ROLLBACK");
    throw databaseError(this.#fault.code);
  }

  /** `target` with its calls passed to `called` first; what that returns (unless null) replaces the call. */
  #proxy<T extends object>(
    target: T,
    called: (name: string, args: readonly unknown[]) => { readonly result: unknown } | null,
  ): T {
    return new Proxy(target, {
      get: (_, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== "function" || typeof key !== "string") return value;
        return (...args: unknown[]): unknown => {
          const replaced = called(key, args);
          return replaced === null ? Reflect.apply(value, target, args) : replaced.result;
        };
      },
    });
  }
}
