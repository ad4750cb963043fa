/** Makes the compiler prove that every member of a union was handled. */
export function unreachable(value: never): never {
  throw new Error(`assertion failed: unhandled case ${String(value)}`);
}
