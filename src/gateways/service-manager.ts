import { dlopen } from "bun:ffi";
import { errorText, type Log } from "../lib/log.ts";

/** Reports the state of this process to the service manager (systemd). */
export interface ServiceManager {
  /**
   * Sends assignments such as `READY=1` in one message. Neither blocks nor throws; returns false if it could not be
   * delivered now. sd_notify(3) lists the assignments.
   */
  send(assignments: readonly string[]): boolean;
}

/** Linux numbers of socket(2) and send(2). */
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2_000_000;
/** A manager that does not read must not block the event loop, and its exit must not raise SIGPIPE. */
const DONTWAIT_NOSIGNAL = 0x40 | 0x4000;

/** sockaddr_un: two bytes for the family, then the name. */
const FAMILY_BYTES = 2;
const MAX_NAME_BYTES = 107;

/**
 * Sends to the socket in NOTIFY_SOCKET: a path, or `@name` in Linux's abstract namespace. Neither Node nor Bun supports
 * Unix datagram sockets, so the C library is called. Returns null and logs a warning if that fails.
 */
export function openServiceManager(socketName: string, log: Log): ServiceManager | null {
  try {
    const address = addressOf(socketName);
    const { symbols } = dlopen("libc.so.6", {
      socket: { args: ["i32", "i32", "i32"], returns: "i32" },
      sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i64" },
    });
    const socket = symbols.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
    if (socket < 0) throw new Error("no socket could be made");
    return {
      send(assignments) {
        const bytes = Buffer.from(assignments.join("\n"));
        const sent = symbols.sendto(
          socket,
          bytes,
          bytes.length,
          DONTWAIT_NOSIGNAL,
          address,
          address.length,
        );
        return Number(sent) === bytes.length;
      },
    };
  } catch (error) {
    log.warn("service_manager_unreachable", { socket: socketName, reason: errorText(error) });
    return null;
  }
}

/** The name in the kernel's format; an abstract one starts with a zero byte. Throws for any other kind. */
function addressOf(socketName: string): Uint8Array {
  const name = Buffer.from(socketName);
  if (!/^[/@]./.test(socketName) || name.length > MAX_NAME_BYTES) {
    throw new Error("neither a path nor an abstract name of a Unix socket");
  }
  if (socketName.startsWith("@")) name[0] = 0;
  const address = new Uint8Array(FAMILY_BYTES + name.length);
  // The family is in native byte order; all machines that Bun supports are little-endian.
  address[0] = AF_UNIX;
  address.set(name, FAMILY_BYTES);
  return address;
}
