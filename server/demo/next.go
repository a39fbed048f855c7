package demo

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/resource"
)

// anotherMerchant is the one that the lines to try next connect.
const anotherMerchant = "globex"

// next prints lines to try in another terminal, each as it can be copied.
func (d *demo) next() {
	d.printf("\n== It stays up. Try, in another terminal (make grpcurl builds grpcurl if you have none):\n\n")
	d.printf("make grpcurl ARGS='-plaintext %s list'\n", d.Address)
	d.call("OrderService/Explain", `{"parent":"merchants/-","tracking_number":"1Z999AA10123456784"}`)
	d.call("OrderService/Explain", `{"parent":"`+resource.Merchant(merchantID)+`","order_id":"`+orderID+`"}`)
	d.call("PluginService/GetPlugin", `{"name":"plugins/zoho"}`)
	d.call("IntakeService/SubmitTracking", `{"parent":"`+resource.Merchant(merchantID)+`","shipment":{"order_id":"`+
		orderID+`","parcels":[{"tracking_number":"1Z999AA10123456800"}]}}`)

	d.printf("\n== Another merchant on the stand-ins. This is what they take; they have one account each, so orders " +
		"and\ntracking numbers must be others. README.md goes on from there with a merchant of its own.\n\n")
	d.call("MerchantService/CreateMerchant", plain(&apiv1.CreateMerchantRequest{
		MerchantId: anotherMerchant, Merchant: &apiv1.Merchant{Title: "Globex Ltd"},
	}))
	for _, id := range slices.Sorted(maps.Keys(d.Connections)) {
		connection := proto.CloneOf(d.Connections[id])
		connection.Title = ""
		d.call("ConnectionService/CreateConnection", plain(&apiv1.CreateConnectionRequest{
			Parent: resource.Merchant(anotherMerchant), ConnectionId: id, Connection: connection,
		}))
	}
	d.printf("\nCtrl-C ends it.\n")
}

// call prints a line that calls a method.
func (d *demo) call(method, request string) {
	d.printf("make grpcurl ARGS='-plaintext -d %q %s spurline.api.v1.%s'\n", request, d.Address, method)
}

// plain is a request as the documentation writes it, on one line.
func plain(request proto.Message) string {
	var line bytes.Buffer
	// White space in it differs from build to build; what is ours is JSON.
	_ = json.Compact(&line, []byte(protojson.MarshalOptions{UseProtoNames: true}.Format(request)))
	return line.String()
}
