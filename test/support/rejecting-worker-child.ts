/** A worker that dies of an unhandled rejection as soon as it is asked to start. */
declare const self: Worker;

self.onmessage = () => void Promise.reject(new Error("unhandled on purpose"));
