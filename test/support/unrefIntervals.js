// n8n 1.123 starts intervals that would keep a test's process alive; newer ones let it end.
const start = globalThis.setInterval;
globalThis.setInterval = (...args) => start(...args).unref();
