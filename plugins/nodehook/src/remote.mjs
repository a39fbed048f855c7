// Calls to the merchant's URL.

import http from "node:http";
import https from "node:https";

const agents = {
  "http:": new http.Agent({ keepAlive: true }),
  "https:": new https.Agent({ keepAlive: true }),
};
const MAX_ANSWER = 2048;

/**
 * call makes one request and returns {status, headers, body}, or {error, written}:
 * written says that the request may have arrived. It never throws and never takes
 * longer than until the deadline, in milliseconds since the epoch.
 */
export function call({ method, url, token, key, body, deadline, traceparent }) {
  return new Promise((resolve) => {
    let written = false;
    const target = new URL(url);
    const secure = target.protocol === "https:";
    const request = (secure ? https : http).request(target, {
      method,
      agent: agents[target.protocol],
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "user-agent": "spurline-nodehook/1.0",
        ...(key ? { "idempotency-key": key } : {}),
        ...(traceparent ? { traceparent } : {}), // What the merchant records of it continues the caller's trace.
        ...(body ? { "content-length": Buffer.byteLength(body) } : {}),
      },
    });
    const timer = setTimeout(() => request.destroy(new Error("deadline")), Math.max(deadline - Date.now(), 0));
    const done = (outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    request.on("socket", (socket) => {
      // A connection that is made writes at once; before that nothing has left.
      if (!socket.connecting && (!secure || socket.authorized)) written = true;
      else socket.once(secure ? "secureConnect" : "connect", () => (written = true));
    });
    // The text of an error may quote the URL, so only its code goes on.
    request.on("error", (error) => done({ error: error.code ?? error.message, written }));
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part) => {
        if (text.length < MAX_ANSWER) text += part;
      });
      const answer = () => done({ status: response.statusCode, headers: response.headers, body: text });
      response.on("end", answer);
      response.on("error", answer); // The status has said enough.
    });
    request.end(body);
  });
}
