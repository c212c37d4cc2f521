// n8n 1.123 starts intervals that would keep a test's process alive.
const start = globalThis.setInterval;
globalThis.setInterval = (...args) => start(...args).unref();
