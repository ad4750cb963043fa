import { dlopen } from "bun:ffi";
import { readdirSync } from "node:fs";
import { errorText, type Log } from "../lib/log.ts";

/**
 * What was sent and not taken for so long ends the connection, also one that the service has closed before: what waits
 * there would be kept for minutes. Longer than the service's own rules: 10 s for answers, 30 to 35 s for streams.
 */
const UNTAKEN_AFTER_MS = 40_000;

/** Linux numbers of setsockopt(2), socket(7) and tcp(7), as on every machine that Bun runs on. */
const SOL_SOCKET = 1;
const SO_ACCEPTCONN = 30;
const IPPROTO_TCP = 6;
const TCP_USER_TIMEOUT = 18;

/** sockaddr_in and sockaddr_in6 both have the port in their third and fourth byte, high byte first. */
const PORT_AT_BYTE = 2;
const ADDRESS_BYTES = 128;

type Library = ReturnType<typeof openLibrary>;

/**
 * Bounds how long the kernel holds what a connection to `port` of this process does not take, by an option of the
 * listening socket that those it accepts inherit. It is looked for, as the runtime does not name it. One warning where that cannot be done:
 * without Linux and glibc, or where nothing listens on a TCP port.
 */
export function limitSockets(port: number | undefined, log: Log): void {
  try {
    const library = openLibrary();
    const sockets = descriptors().filter((descriptor) => listensOn(library, descriptor) === port);
    if (sockets.length === 0) throw new Error(`no socket of this process listens on ${port}`);
    for (const socket of sockets) {
      setOption(library, socket, IPPROTO_TCP, TCP_USER_TIMEOUT, UNTAKEN_AFTER_MS);
    }
  } catch (error) {
    log.warn("socket_limits_not_set", { reason: errorText(error) });
  }
}

function openLibrary() {
  return dlopen("libc.so.6", {
    getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
    getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  }).symbols;
}

function descriptors(): number[] {
  return readdirSync("/proc/self/fd").map(Number);
}

/** Null where it is no socket that listens. */
function listensOn(library: Library, descriptor: number): number | null {
  const isListening = new Int32Array(1);
  const optionBytes = new Uint32Array([isListening.byteLength]);
  const option = [descriptor, SOL_SOCKET, SO_ACCEPTCONN] as const;
  if (library.getsockopt(...option, isListening, optionBytes) !== 0) return null;
  if (isListening[0] !== 1) return null;
  const address = new Uint8Array(ADDRESS_BYTES);
  const addressBytes = new Uint32Array([ADDRESS_BYTES]);
  if (library.getsockname(descriptor, address, addressBytes) !== 0) return null;
  return new DataView(address.buffer).getUint16(PORT_AT_BYTE);
}

function setOption(
  library: Library,
  socket: number,
  level: number,
  option: number,
  value: number,
): void {
  const given = new Int32Array([value]);
  if (library.setsockopt(socket, level, option, given, given.byteLength) !== 0)
    throw new Error(`option ${option} of level ${level} is refused`);
}
