// The log goes to stderr, a JSON object per line: the server reads level and msg.
// Nothing of a record and no secret belongs into it.

export function log(level, msg, fields = {}) {
  process.stderr.write(JSON.stringify({ level, msg, ...fields }) + "\n");
}
