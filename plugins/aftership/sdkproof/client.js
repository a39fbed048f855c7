// Drives AfterShip's own client library: reads one JSON document from standard
// input and writes the results of its calls, in order, to standard output.
//
//   in:  {"sdk": "2026-07", "domain": "http://127.0.0.1:1234", "api_key": "…", "timeout": 2000,
//         "calls": [{"group": "tracking", "method": "createTracking", "arguments": [{…}]}]}
//   out: [{"data": {…}}, {"error": {"code": "…", "meta_code": 4003, "status_code": 400, "message": "…"}}]
"use strict";

// The library waits three to nine seconds between its tries; a test need not.
// Timeouts of calls are set outside of that range and stay as they are.
const realSetTimeout = globalThis.setTimeout;
globalThis.setTimeout = (callback, delay, ...rest) =>
  realSetTimeout(callback, delay > 2500 && delay < 9500 ? 20 : delay, ...rest);

async function readAll(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

async function main() {
  const order = JSON.parse(await readAll(process.stdin));
  const { AfterShip } = require(`tracking-sdk-${order.sdk}`);
  const client = new AfterShip({ api_key: order.api_key, domain: order.domain, timeout: order.timeout });
  const results = [];
  for (const call of order.calls) {
    try {
      const answer = await client[call.group][call.method](...call.arguments);
      results.push({ data: answer.data ?? null });
    } catch (e) {
      results.push({
        error: { code: e.code, meta_code: e.meta_code, status_code: e.status_code, message: e.message },
      });
    }
  }
  process.stdout.write(JSON.stringify(results));
}

main().catch((e) => {
  process.stderr.write(`${e.stack}\n`);
  process.exitCode = 1;
});
