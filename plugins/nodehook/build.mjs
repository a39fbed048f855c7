// Makes the plugin: one file with everything in it, as the server copies a plugin
// and runs the copy.
//
//   spurline proto export ./proto
//   node build.mjs ./proto ./spurline-plugin-nodehook

import { chmodSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import protobuf from "protobufjs";

const [protoDir, program] = process.argv.slice(2);
if (!protoDir || !program) {
  console.error("usage: node build.mjs PROTO_DIR PROGRAM");
  process.exit(2);
}
// From the sources, as protobufjs reads no maps from a descriptor set.
const root = new protobuf.Root();
root.resolvePath = (_from, path) => join(protoDir, path);
root.loadSync(
  ["extra_interface_service", "tracking_forward_service", "order_copy_service"].map(
    (name) => `spurline/plugin/v1/${name}.proto`,
  ),
  { keepCase: true },
);

await build({
  entryPoints: [join(fileURLToPath(new URL(".", import.meta.url)), "src", "main.mjs")],
  outfile: program,
  allowOverwrite: true,
  bundle: true,
  platform: "node",
  target: "node18",
  format: "cjs",
  define: { SPURLINE_CONTRACT: JSON.stringify(root.toJSON()) },
  banner: { js: "#!/usr/bin/env node" },
  logLevel: "warning",
});
chmodSync(program, 0o755);
