import { dlopen } from "bun:ffi";
import { readdirSync } from "node:fs";
import { errorText, type Log } from "../../lib/log.ts";

/**
 * The kernel accepts no more data for a connection with this much unsent; data in flight does not count. By default it
 * accepts megabytes, i.e. most answers in full whether or not they are read: their memory could not be counted, and a
 * slow reader would appear stalled for longer than the 10 s it is given. Limiting the send buffer would work too but
 * slow down fast readers, as it includes data in flight.
 */
const UNSENT_BYTES = 128 * 1024;

/**
 * A connection whose data is not acknowledged for this long is closed, even if the service closed it before: otherwise
 * the data would be held for minutes. Longer than the service's own limits: 10 s for answers, 30 to 35 s for streams.
 */
const UNACKNOWLEDGED_AFTER_MS = 40_000;

/** Linux constants of setsockopt(2), socket(7) and tcp(7), valid on every machine that Bun supports. */
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_ACCEPTCONN = 30;
const IPPROTO_TCP = 6;
const TCP_USER_TIMEOUT = 18;
const TCP_NOTSENT_LOWAT = 25;

/** The largest value of an option, i.e. unlimited. */
const UNBOUNDED = 0x7f_ff_ff_ff;

/** sockaddr_in and sockaddr_in6 both store the port in bytes 2 and 3, big-endian. */
const PORT_AT_BYTE = 2;
const ADDRESS_BYTES = 128;

type Library = ReturnType<typeof openLibrary>;

/**
 * Limits how much the kernel holds for a connection to `port` of this process, and for how long, by options of the
 * listening socket that accepted ones inherit. The socket is searched for, as the runtime does not expose it. Logs one
 * warning if that fails: without Linux and glibc, or if nothing listens on a TCP port.
 */
export function limitSockets(port: number | undefined, log: Log): void {
  try {
    const library = openLibrary();
    const sockets = socketsOn(library, port).filter((socket) => listens(library, socket));
    if (sockets.length === 0) throw new Error(`no socket of this process listens on ${port}`);
    for (const socket of sockets) {
      setOption(library, socket, IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKNOWLEDGED_AFTER_MS);
      setOption(library, socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES);
    }
  } catch (error) {
    log.warn("socket_limits_not_set", { reason: errorText(error) });
  }
}

/**
 * Lifts the limit as far as the system permits, so that the kernel takes the rest of all finished answers in the next
 * turn of the event loop. Logs one warning if that fails.
 */
export function liftSocketLimits(port: number | undefined, log: Log): void {
  try {
    const library = openLibrary();
    const sockets = socketsOn(library, port);
    for (const socket of sockets)
      setOption(library, socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNBOUNDED);
    const largestBytes = largestSendBuffer(library, sockets);
    for (const socket of sockets) {
      // The kernel may have grown it beyond what programs can request: never shrink it.
      const bytes = option(library, socket, SOL_SOCKET, SO_SNDBUF) ?? largestBytes;
      if (bytes < largestBytes) setOption(library, socket, SOL_SOCKET, SO_SNDBUF, largestBytes);
    }
  } catch (error) {
    log.warn("sockets_without_room", { reason: errorText(error) });
  }
}

/** The largest send buffer the system grants: /proc does not show the limit in every container. */
function largestSendBuffer(library: Library, sockets: readonly number[]): number {
  const listening = sockets.find((socket) => listens(library, socket));
  if (listening === undefined) return 0;
  setOption(library, listening, SOL_SOCKET, SO_SNDBUF, UNBOUNDED);
  return option(library, listening, SOL_SOCKET, SO_SNDBUF) ?? 0;
}

function openLibrary() {
  return dlopen("libc.so.6", {
    getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
    getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  }).symbols;
}

/** The TCP sockets of this process with local port `port`: the listening one and those it accepted. */
function socketsOn(library: Library, port: number | undefined): number[] {
  return readdirSync("/proc/self/fd")
    .map(Number)
    .filter((descriptor) => portOf(library, descriptor) === port);
}

/** Null if it is not a TCP socket. */
function portOf(library: Library, descriptor: number): number | null {
  if (option(library, descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT) === null) return null;
  const address = new Uint8Array(ADDRESS_BYTES);
  const addressBytes = new Uint32Array([ADDRESS_BYTES]);
  if (library.getsockname(descriptor, address, addressBytes) !== 0) return null;
  return new DataView(address.buffer).getUint16(PORT_AT_BYTE);
}

function listens(library: Library, socket: number): boolean {
  return option(library, socket, SOL_SOCKET, SO_ACCEPTCONN) === 1;
}

/** Null if the socket does not have the option. */
function option(library: Library, socket: number, level: number, name: number): number | null {
  const value = new Int32Array(1);
  const valueBytes = new Uint32Array([value.byteLength]);
  return library.getsockopt(socket, level, name, value, valueBytes) === 0 ? (value[0] ?? 0) : null;
}

function setOption(
  library: Library,
  socket: number,
  level: number,
  name: number,
  value: number,
): void {
  const given = new Int32Array([value]);
  if (library.setsockopt(socket, level, name, given, given.byteLength) !== 0)
    throw new Error(`option ${name} of level ${level} is refused`);
}
