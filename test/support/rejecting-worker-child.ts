/** A worker that dies of a rejection which nobody handles, as soon as it is told to start. */
declare const self: Worker;

self.onmessage = () => void Promise.reject(new Error("nobody handles this"));
