// A client in another language, made from `spurline proto export` alone:
//
//   node client.mjs ADDRESS PROTO_DIR [MERCHANT]
//
// It creates a merchant, submits an order and a shipment, reads the order back
// through the descriptor set, and submits an order that must be refused. The
// answers are printed as one JSON object. A token is taken from SPURLINE_TOKEN.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const [address, protoDir, merchant = "node-client"] = process.argv.slice(2);
if (!address || !protoDir) {
  console.error("usage: node client.mjs ADDRESS PROTO_DIR [MERCHANT]");
  process.exit(2);
}

const options = { keepCase: true, longs: String, enums: String, oneofs: true, includeDirs: [protoDir] };
const fromSources = grpc.loadPackageDefinition(
  protoLoader.loadSync(
    ["spurline/api/v1/merchant_service.proto", "spurline/api/v1/intake_service.proto"],
    options,
  ),
).spurline.api.v1;
const descriptorSet = protoLoader.loadFileDescriptorSetFromBuffer(
  readFileSync(join(protoDir, "spurline.binpb")),
  options,
);
const fromDescriptors = grpc.loadPackageDefinition(descriptorSet).spurline.api.v1;

const metadata = new grpc.Metadata();
if (process.env.SPURLINE_TOKEN) {
  metadata.set("authorization", `Bearer ${process.env.SPURLINE_TOKEN}`);
}

/** caller returns a function that calls a method of a service, with a deadline. */
function caller(Service) {
  const client = new Service(address, grpc.credentials.createInsecure());
  return (method, request) =>
    promisify(client[method].bind(client))(request, metadata, { deadline: Date.now() + 10_000 });
}

/** details decodes what an error carries, with messages of the descriptor set. */
function details(error) {
  const packed = error.metadata.get("grpc-status-details-bin")[0];
  if (!packed) return [];
  const decode = (name, bytes) => descriptorSet[name].deserialize(bytes);
  return decode("google.rpc.Status", packed).details.map(({ type_url, value }) => {
    const name = type_url.slice(type_url.lastIndexOf("/") + 1);
    return { "@type": name, ...decode(name, value) };
  });
}

const parent = `merchants/${merchant}`;
const merchants = caller(fromSources.MerchantService);
const intake = caller(fromSources.IntakeService);
const orders = caller(fromDescriptors.OrderService);

const answers = {};
answers.merchant = await merchants("CreateMerchant", {
  merchant_id: merchant,
  merchant: { title: "From Node" },
});
answers.order = await intake("SubmitOrder", {
  parent,
  order: {
    order_id: "N-1",
    order_source: "shopify",
    order_time: { seconds: 1_790_000_000 },
    ship_to: { name: "Jane Doe", city: "Berlin", country_code: "DE" },
    line_items: [
      {
        sku: "LP-15",
        quantity: "2",
        unit_price: { currency_code: "EUR", amount: "19.90" },
        extra_fields: { asin: "B0EXAMPLE1" },
      },
    ],
  },
});
answers.shipment = await intake("SubmitTracking", {
  parent,
  shipment: {
    order_id: "N-1",
    parcels: [
      { tracking_number: "1Z999AA10123456784", carrier: "UPS", ship_date: "2026-11-22" },
      { tracking_number: "1Z999AA10123456785", carrier: "UPS", ship_date: "2026-11-22" },
    ],
  },
});
answers.stored = await orders("GetOrder", { parent, order_id: "N-1" });
try {
  await intake("SubmitOrder", { parent, order: { order_id: "" } });
  answers.refused = null;
} catch (error) {
  answers.refused = { code: error.code, message: error.details, details: details(error) };
}
console.log(JSON.stringify(answers, null, 2));
process.exit(0);
