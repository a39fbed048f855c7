// The settings of a connection: what they are, and what is wrong with them.

export const fields = [
  {
    name: "url",
    title: "Address",
    help: "Where every record is posted as JSON.",
    kind: "SETTING_KIND_URL",
    required: true,
  },
  {
    name: "token",
    title: "Token",
    help: "Sent with every record as Authorization: Bearer.",
    kind: "SETTING_KIND_SECRET",
    required: true,
  },
];

/** faultsOf returns all that is wrong with a connection. No fault quotes a value. */
export function faultsOf(connection) {
  const faults = [];
  const { url } = connection.settings ?? {};
  if (!url) {
    faults.push({ field: "url", reason: "SETTING_MISSING", hint: "Enter the address." });
  } else if (!isWebAddress(url)) {
    faults.push({ field: "url", reason: "SETTING_INVALID", hint: "Enter an absolute http or https URL." });
  }
  if (!connection.secrets?.token) {
    faults.push({ field: "token", reason: "SETTING_MISSING", hint: "Enter the token." });
  }
  return faults;
}

function isWebAddress(text) {
  try {
    return ["http:", "https:"].includes(new URL(text).protocol);
  } catch {
    return false;
  }
}
