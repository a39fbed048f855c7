// The services of the contract.

import { createHash } from "node:crypto";

import { outcomeOf, result } from "./outcome.mjs";
import { call } from "./remote.mjs";
import { faultsOf, fields } from "./settings.mjs";

// How many records of one connection are under way at once.
const CONCURRENCY = 16;
const DEFAULT_BUDGET = 60_000;

export const description = {
  name: "nodehook",
  version: "1.0.0",
  title: "JSON to a URL, from Node",
  setup_steps: ["Make a token at the receiving system.", "Enter its address and the token here."],
  lifecycle: { state: "LIFECYCLE_STATE_ACTIVE" },
  contracts: ["CONTRACT_TRACKING_FORWARD", "CONTRACT_ORDER_COPY"],
  settings: fields,
  joined_facts: [{ fact: "ORDER_FACT_ORDER_NUMBER" }],
  pace: { requests_per_second: 20, burst: 20, concurrency: CONCURRENCY, batch_records: 50 },
  ordering_scope: "ORDERING_SCOPE_ORDER",
  // The Idempotency-Key names the record.
  idempotency: "IDEMPOTENCY_KEYED",
};

/** service implements all three services; it shares the limits of connections. */
export function service() {
  const gates = new Map();
  const deliver = (call, recordOf) => deliverAll(call, recordOf, gates);
  return {
    Describe: (_call, answer) => answer(null, { description }),
    CheckConnection: (call, answer) =>
      check(call.request.connection ?? {}).then((response) => answer(null, response), answer),
    CheckSettings: (call, answer) => answer(null, { faults: faultsOf(call.request.connection ?? {}) }),
    ForwardTracking: (call) => deliver(call, (delivery) => delivery.record),
    CopyOrders: (call) => deliver(call, (delivery) => delivery.order),
  };
}

/** check reads from the URL with the token, and writes nothing. */
async function check(connection) {
  const faults = faultsOf(connection);
  if (faults.length > 0) return { outcome: "CHECK_OUTCOME_FAULTY", faults };
  const { url } = connection.settings;
  const answer = await call({
    method: "GET", url, token: connection.secrets.token, deadline: Date.now() + 10_000,
  });
  if (answer.error || answer.status >= 500 || answer.status === 429) return { outcome: "CHECK_OUTCOME_UNREACHABLE" };
  if ([401, 402, 403].includes(answer.status)) {
    const fault = { field: "token", reason: "TOKEN_REFUSED", hint: "Enter a valid token." };
    return { outcome: "CHECK_OUTCOME_FAULTY", faults: [fault] };
  }
  const account = createHash("sha256").update(url).digest("hex").slice(0, 16);
  return { outcome: "CHECK_OUTCOME_OK", account_id: account, account_name: new URL(url).host };
}

/** deliverAll writes each result as soon as it is known, and ends the stream after the last. */
async function deliverAll(stream, recordOf, gates) {
  const received = Date.now();
  const connections = new Map((stream.request.connections ?? []).map((c) => [c.uid, c]));
  await Promise.all(
    (stream.request.deliveries ?? []).map(async (delivery) => {
      const header = delivery.header ?? {};
      const outcome = await deliverOne({
        connection: connections.get(header.connection_uid),
        header,
        record: recordOf(delivery),
        deadline: received + milliseconds(header.time_budget),
        cancelled: () => stream.cancelled,
        gates,
      });
      if (!stream.cancelled) stream.write({ results: [{ delivery_id: header.delivery_id, ...outcome }] });
    }),
  );
  stream.end();
}

async function deliverOne({ connection, header, record, deadline, cancelled, gates }) {
  if (!connection) return result("RETRY", "CONNECTION_MISSING", "The server sent no settings of the connection.");
  const faults = faultsOf(connection);
  if (faults.length > 0) {
    const hint = faults.map((f) => `${f.field}: ${f.hint}`).join(" ");
    // No record could go, so the lane waits for the edit.
    return result("UNAUTHORIZED", "SETTINGS_INVALID", hint);
  }
  const leave = await enter(gates, connection.uid);
  try {
    // Right before the write, as the wait may have taken all the time.
    if (cancelled() || Date.now() >= deadline) {
      return result("RETRY", "DEADLINE_BEFORE_SEND", "There was no time left to send the record.");
    }
    const body = JSON.stringify({ revision: Number(header.revision), record: record ?? {} });
    const answer = await call({
      method: "POST", url: connection.settings.url, token: connection.secrets.token, key: header.record_key, body,
      deadline, traceparent: traceparentOf(header),
    });
    const outcome = outcomeOf(answer);
    if (outcome.outcome === "OUTCOME_DELIVERED") outcome.remote_id = header.record_key;
    return outcome;
  } finally {
    leave();
  }
}

/** enter waits for the turn of a delivery and returns what ends it. */
async function enter(gates, uid) {
  const gate = gates.get(uid) ?? { free: CONCURRENCY, waiting: [] };
  gates.set(uid, gate);
  if (gate.free > 0) gate.free--;
  else await new Promise((turn) => gate.waiting.push(turn));
  return () => {
    const next = gate.waiting.shift();
    if (next) next();
    else if (++gate.free === CONCURRENCY) gates.delete(uid);
  };
}

/** traceparentOf is where the delivery stands in its caller's trace, if that can be a header's value. */
function traceparentOf(header) {
  const known = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}[!-~]{0,457}$/;
  return known.test(header.traceparent ?? "") ? header.traceparent : undefined;
}

function milliseconds(duration) {
  if (!duration) return DEFAULT_BUDGET;
  return Number(duration.seconds ?? 0) * 1000 + (duration.nanos ?? 0) / 1e6;
}
