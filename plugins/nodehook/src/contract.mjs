// The contract, which build.mjs puts here from `spurline proto export`, and the health
// service, which is so small that it needs no proto file.

import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const options = { keepCase: true, longs: String, enums: String, oneofs: true };

export const contract = grpc.loadPackageDefinition(
  protoLoader.fromJSON(SPURLINE_CONTRACT, options),
).spurline.plugin.v1;

// HealthCheckResponse{status: SERVING}.
const serving = Buffer.from([0x08, 0x01]);

export const health = {
  service: {
    Check: {
      path: "/grpc.health.v1.Health/Check",
      requestStream: false,
      responseStream: false,
      requestSerialize: (bytes) => bytes,
      requestDeserialize: (bytes) => bytes,
      responseSerialize: (bytes) => bytes,
      responseDeserialize: (bytes) => bytes,
    },
  },
  implementation: { Check: (_call, answer) => answer(null, serving) },
};
