// What an answer means for the record. The server reacts to the outcome alone.

/** outcomeOf makes a result of what call returned. */
export function outcomeOf(answer, now = Date.now()) {
  if (answer.error) {
    return answer.written
      ? result("UNKNOWN", "ANSWER_LOST", "The record was sent and may have arrived.")
      : result("RETRY", "NOT_CONNECTED", "Check the address in the settings, and that it can be reached.");
  }
  const { status } = answer;
  const delay = retryAfter(answer.headers["retry-after"], now);
  const is = (...statuses) => statuses.includes(status);
  let outcome;
  if (status >= 200 && status < 300) outcome = result("DELIVERED");
  else if (is(429)) outcome = result("THROTTLED", "RATE_LIMITED", "The address limits its callers.", delay);
  else if (is(401, 402, 403)) outcome = result("UNAUTHORIZED", "TOKEN_REFUSED", "Enter a valid token in the settings.");
  else if (is(404, 405, 410) || (status >= 300 && status < 400)) {
    outcome = result("REJECTED", "ADDRESS_WRONG", "Correct the address in the settings.");
    outcome.fix_scope = "FIX_SCOPE_SETTINGS";
  } else if (is(408, 423, 425)) outcome = result("RETRY", "NOT_NOW", "It is sent again.", delay);
  else if (is(502, 504)) outcome = result("UNKNOWN", "GATEWAY_FAULT", "A gateway lost the answer.");
  else if (status >= 400 && status < 500) {
    outcome = result("REJECTED", "RECORD_REFUSED", "See the response for what the address refuses.");
  } else outcome = result("RETRY", "REMOTE_FAULT", "The address has a fault; the record is sent again.", delay);
  outcome.http_status = status;
  return outcome;
}

/** result is one of the contract's; the prefix is added here. */
export function result(outcome, reason = "", hint = "", delay = undefined) {
  return { outcome: `OUTCOME_${outcome}`, reason, hint, ...(delay ? { delay: { seconds: delay } } : {}) };
}

/** retryAfter reads Retry-After, in seconds or as a date, as seconds up to a day. */
function retryAfter(value, now) {
  if (!value) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - now) / 1000);
  return seconds > 0 ? Math.min(seconds, 86_400) : undefined;
}
