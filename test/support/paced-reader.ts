import { dlopen } from "bun:ffi";

/** Linux numbers of socket(2) and recv(2). */
const AF_INET = 2;
const SOCK_STREAM_CLOEXEC = 1 | 0o2_000_000;
const DONTWAIT = 0x40;
const LOOPBACK = [127, 0, 0, 1] as const;
/** Contains the last chunk of a body, which is empty. */
const TAIL_BYTES = 16;
/** sockaddr_in: family, port in network byte order, address, eight zero bytes. */
const ADDRESS_BYTES = 16;

const { symbols } = dlopen("libc.so.6", {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  send: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  close: { args: ["i32"], returns: "i32" },
});

/** A connection to a port of loopback; null if nothing listens. */
function connectTo(port: number): number | null {
  const address = new Uint8Array(ADDRESS_BYTES);
  address.set([AF_INET, 0, port >> 8, port & 0xff, ...LOOPBACK]);
  const socket = symbols.socket(AF_INET, SOCK_STREAM_CLOEXEC, 0);
  if (symbols.connect(socket, address, address.length) === 0) return socket;
  symbols.close(socket);
  return null;
}

/** Whether connections to a port of loopback are accepted. */
export function isListening(port: number): boolean {
  const socket = connectTo(port);
  if (socket !== null) symbols.close(socket);
  return socket !== null;
}

/** One GET on a separate connection; the system keeps what was not read. */
export interface PacedReader {
  /** Bytes read so far. */
  readonly takenBytes: number;
  /** Reads at most this many bytes of what has arrived. False if the other side has ended the connection. */
  take(bytes: number): boolean;
  /** The last bytes read. */
  readonly tail: string;
  [Symbol.dispose](): void;
}

/**
 * Sends a request to a server on loopback. The runtime's own sockets read half a megabyte at a time whatever is
 * requested: a pace needs system calls.
 */
export function askAtPace(port: number, path: string): PacedReader {
  const socket = connectTo(port);
  if (socket === null) throw new Error(`no listener on ${port}`);
  const request = Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: finder.test\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n`,
  );
  symbols.send(socket, request, request.length, 0);
  let takenBytes = 0;
  let tail = "";
  return {
    get takenBytes() {
      return takenBytes;
    },
    get tail() {
      return tail;
    },
    take(bytes) {
      const buffer = Buffer.alloc(bytes);
      const length = Number(symbols.recv(socket, buffer, bytes, DONTWAIT));
      // Negative: there is nothing yet, or the connection was reset, which the next call would show as its end.
      if (length <= 0) return length < 0;
      takenBytes += length;
      tail = (tail + buffer.toString("latin1", 0, length)).slice(-TAIL_BYTES);
      return true;
    },
    [Symbol.dispose]: () => void symbols.close(socket),
  };
}
