// A Spurline plugin in Node. It speaks to the server by one line on stdout, the
// handshake, and then by gRPC over a unix socket. README.md has it in words.

import { join } from "node:path";

import grpc from "@grpc/grpc-js";

import { contract, health } from "./contract.mjs";
import { log } from "./log.mjs";
import { description, service } from "./service.mjs";

const COOKIE = "5bd4c54b0a6c4b3c9d6a5f0c2f1f7a0e";
const MAX_CALL_BYTES = 8 << 20;

if (process.env.SPURLINE_PLUGIN !== COOKIE) {
  console.error(
    `${description.name} ${description.version} is a Spurline plugin for ${description.title}.\n` +
      "It does nothing on its own: put it into the plugin folder of the server, which starts it.",
  );
  process.exit(1);
}
const offered = (process.env.PLUGIN_PROTOCOL_VERSIONS ?? "1").split(",");
if (!offered.includes("1")) {
  console.error(`the server offers the versions ${offered} of the plugin contract, and this plugin speaks 1`);
  process.exit(1);
}

const server = new grpc.Server({
  "grpc.max_receive_message_length": MAX_CALL_BYTES,
  "grpc.max_send_message_length": MAX_CALL_BYTES,
});
const plugin = service();
server.addService(contract.ExtraInterfaceService.service, plugin);
server.addService(contract.TrackingForwardService.service, plugin);
server.addService(contract.OrderCopyService.service, plugin);
server.addService(health.service, health.implementation);

// The end of stdin says that the server is gone, however it ended.
process.stdin.on("end", () => process.exit(0)).resume();
// SIGTERM lets the calls under way end, for a while.
process.on("SIGTERM", () => {
  setTimeout(() => process.exit(0), 3000).unref();
  server.tryShutdown(() => process.exit(0));
});

const socket = join(process.env.PLUGIN_UNIX_SOCKET_DIR, `${process.pid}.sock`);
server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(), (error) => {
  if (error) {
    log("error", "cannot listen", { error: error.message });
    process.exit(1);
  }
  process.stdout.write(`1|1|unix|${socket}|grpc\n`);
});
