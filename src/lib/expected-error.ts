/**
 * A failure that is part of normal work, such as a rejected row: its message is all that anyone reads. It records no
 * stack. The garbage collector would resolve a recorded one to lines of the source, and for the first of them load the
 * source map: 5 MB for the rest of the process's life.
 */
export abstract class ExpectedError extends Error {
  constructor(message: string) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = limit;
  }
}
