package auth_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/auth"
)

// guard returns a Guard that knows one token per role, and the tokens.
func guard(t *testing.T, merchants ...string) (*auth.Guard, map[auth.Role]string) {
	t.Helper()
	var file strings.Builder
	file.WriteString("tokens:\n")
	tokens := map[auth.Role]string{}
	for _, role := range []auth.Role{auth.Reader, auth.Submitter, auth.Operator, auth.Admin} {
		token, listing, err := auth.NewToken("the-"+strings.ToLower(string(role)), role, merchants)
		if err != nil {
			t.Fatal(err)
		}
		tokens[role] = token
		file.WriteString(listing)
	}
	made, err := auth.Load(write(t, file.String(), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	return made, tokens
}

func write(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokens.yaml")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// rolesFor tells who may call a method, by its name alone: the rule that the
// table spells out method by method.
func rolesFor(method string) string {
	switch {
	case method == "CreateMerchant" || method == "DeleteMerchant":
		return "ADMIN"
	case method == "ListCrashReports": // What plugins write may tell of any record.
		return "OPERATOR ADMIN"
	case strings.HasPrefix(method, "Submit"):
		return "SUBMITTER OPERATOR ADMIN"
	case strings.HasPrefix(method, "Get"), strings.HasPrefix(method, "List"),
		method == "Explain", method == "PreviewDelivery":
		return "READER OPERATOR ADMIN"
	}
	return "OPERATOR ADMIN"
}

func TestEveryMethodIsForItsRolesOnly(t *testing.T) {
	t.Parallel()
	guard, tokens := guard(t)
	connection := servePlain(t, guard)
	methods := 0
	protoregistry.GlobalFiles.RangeFilesByPackage("spurline.api.v1", func(file protoreflect.FileDescriptor) bool {
		for service := range each(file.Services()) {
			for method := range each(service.Methods()) {
				methods++
				for role, token := range tokens {
					err := call(as(t, token), connection, method)
					allowed := strings.Contains(rolesFor(string(method.Name())), string(role))
					if code := status.Code(err); allowed == (code == codes.PermissionDenied) {
						t.Errorf("%s of %s answers %s", role, method.FullName(), code)
					}
					if !allowed && reason(err) != "FORBIDDEN" {
						t.Errorf("%s of %s: reason %q", role, method.FullName(), reason(err))
					}
					whose := "needs the role " + strings.ReplaceAll(rolesFor(string(method.Name())), " ", ", ")
					if !allowed && !strings.Contains(orList(status.Convert(err).Message()), whose) {
						t.Errorf("%s of %s: %q does not say that it %s", role, method.FullName(), err, whose)
					}
				}
			}
		}
		return true
	})
	if methods < 30 {
		t.Errorf("only %d methods were tried", methods)
	}
}

// orList writes the last "or" of a list as a comma.
func orList(text string) string { return strings.Replace(text, " or ", ", ", 1) }

// A method that the table lacks is refused without naming a role that would help.
func TestUnknownMethodsAreForNoRole(t *testing.T) {
	t.Parallel()
	guard, tokens := guard(t)
	ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("authorization", "Bearer "+tokens[auth.Admin]))
	_, err := guard.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: "/spurline.api.v1.Old/Gone"},
		func(context.Context, any) (any, error) { return nil, nil })
	text := status.Convert(err).Message()
	if status.Code(err) != codes.PermissionDenied || !strings.Contains(text, "no role may call") ||
		strings.Contains(text, "needs the role") {
		t.Errorf("answer %v", err)
	}
}

// each ranges over the elements of a descriptor list.
func each[T any](list interface {
	Len() int
	Get(i int) T
},
) func(yield func(T) bool) {
	return func(yield func(T) bool) {
		for i := range list.Len() {
			if !yield(list.Get(i)) {
				return
			}
		}
	}
}

// call calls a method with an empty request and returns its error.
func call(ctx context.Context, connection *grpc.ClientConn, method protoreflect.MethodDescriptor) error {
	name := "/" + string(method.Parent().FullName()) + "/" + string(method.Name())
	answer := dynamicpb.NewMessage(method.Output())
	if !method.IsStreamingClient() {
		return connection.Invoke(ctx, name, dynamicpb.NewMessage(method.Input()), answer)
	}
	stream, err := connection.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, name)
	if err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	return stream.RecvMsg(answer)
}

func TestUnknownCallersAreTurnedAwayWithWhatToDo(t *testing.T) {
	t.Parallel()
	guard, tokens := guard(t)
	merchants := apiv1.NewMerchantServiceClient(servePlain(t, guard))
	token := tokens[auth.Reader]
	for name, headers := range map[string][]string{
		"no token":      nil,
		"unknown token": {"authorization", "Bearer " + token[:len(token)-1]},
		"other scheme":  {"authorization", "Basic " + token},
		"no scheme":     {"authorization", token},
		"two tokens":    {"authorization", "Bearer " + token, "authorization", "Bearer " + token},
	} {
		ctx := metadata.AppendToOutgoingContext(t.Context(), headers...)
		_, err := merchants.GetMerchant(ctx, &apiv1.GetMerchantRequest{Name: "merchants/acme"})
		if status.Code(err) != codes.Unauthenticated || reason(err) != "UNAUTHENTICATED" {
			t.Errorf("%s: %v, reason %q", name, err, reason(err))
		}
		if strings.Contains(err.Error(), token) {
			t.Errorf("%s: the error shows the token", name)
		}
	}
	_, err := merchants.GetMerchant(as(t, token), &apiv1.GetMerchantRequest{Name: "merchants/acme"})
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("the right token: %v", err)
	}
}

func TestHealthNeedsNoTokenAndReflectionDoes(t *testing.T) {
	t.Parallel()
	guard, tokens := guard(t)
	connection := servePlain(t, guard)
	answer, err := healthpb.NewHealthClient(connection).Check(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil || answer.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("health: %v, %v", answer, err)
	}
	watch, err := healthpb.NewHealthClient(connection).Watch(t.Context(), &healthpb.HealthCheckRequest{})
	if err == nil {
		_, err = watch.Recv()
	}
	if err != nil {
		t.Errorf("health watch: %v", err)
	}

	ask := func(ctx context.Context) error {
		stream, err := reflectionpb.NewServerReflectionClient(connection).ServerReflectionInfo(ctx)
		if err != nil {
			return err
		}
		request := &reflectionpb.ServerReflectionRequest_ListServices{}
		// A refused stream is told by Recv; Send only sees that it ended.
		_ = stream.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: request})
		_, err = stream.Recv()
		return err
	}
	if err := ask(t.Context()); status.Code(err) != codes.Unauthenticated {
		t.Errorf("reflection without a token: %v", err)
	}
	for role, token := range tokens {
		if err := ask(as(t, token)); err != nil {
			t.Errorf("reflection for %s: %v", role, err)
		}
	}
}

func TestTokensAreForTheirMerchantsOnly(t *testing.T) {
	t.Parallel()
	guard, tokens := guard(t, "acme", "zen")
	connection := servePlain(t, guard)
	const allowed, refused = codes.Unimplemented, codes.PermissionDenied
	for _, test := range []struct {
		method  string
		request proto.Message
		want    codes.Code
	}{
		{apiv1.OrderService_GetOrder_FullMethodName, &apiv1.GetOrderRequest{Parent: "merchants/acme"}, allowed},
		{apiv1.OrderService_GetOrder_FullMethodName, &apiv1.GetOrderRequest{Parent: "merchants/zen"}, allowed},
		{apiv1.OrderService_GetOrder_FullMethodName, &apiv1.GetOrderRequest{Parent: "merchants/other"}, refused},
		{apiv1.OrderService_GetOrder_FullMethodName, &apiv1.GetOrderRequest{Parent: "merchants/acm"}, refused},
		{apiv1.OrderService_GetOrder_FullMethodName, &apiv1.GetOrderRequest{}, refused},
		{apiv1.OrderService_GetOrder_FullMethodName, &apiv1.GetOrderRequest{Parent: "x/merchants/acme"}, refused},
		{apiv1.OrderService_Explain_FullMethodName, &apiv1.ExplainRequest{Parent: "merchants/-"}, refused},
		{apiv1.IntakeService_SubmitBatch_FullMethodName, &apiv1.SubmitBatchRequest{Parent: "merchants/acme"}, allowed},
		{apiv1.IntakeService_SubmitBatch_FullMethodName, &apiv1.SubmitBatchRequest{Parent: "merchants/other"}, refused},
		{apiv1.ConnectionService_CreateConnection_FullMethodName, &apiv1.CreateConnectionRequest{
			Parent: "merchants/acme", Connection: &apiv1.Connection{Plugin: "aftership"},
		}, allowed},
		{apiv1.ConnectionService_CreateConnection_FullMethodName, &apiv1.CreateConnectionRequest{
			Parent: "merchants/acme", Connection: &apiv1.Connection{Name: "merchants/other/connections/x"},
		}, refused},
		{apiv1.ConnectionService_UpdateConnection_FullMethodName, &apiv1.UpdateConnectionRequest{
			Connection: &apiv1.Connection{Name: "merchants/acme/connections/x"},
		}, allowed},
		{apiv1.ConnectionService_UpdateConnection_FullMethodName, &apiv1.UpdateConnectionRequest{
			Connection: &apiv1.Connection{Name: "merchants/other/connections/x"},
		}, refused},
		{apiv1.ConnectionService_TestConnection_FullMethodName, &apiv1.TestConnectionRequest{
			Connection: &apiv1.Connection{Plugin: "aftership"},
		}, allowed},
		{apiv1.ConnectionService_TestConnection_FullMethodName, &apiv1.TestConnectionRequest{
			Name: "merchants/other/connections/x",
		}, refused},
		{apiv1.DeliveryService_RetryDeliveries_FullMethodName, &apiv1.RetryDeliveriesRequest{
			Connection: "merchants/acme/connections/x",
		}, allowed},
		{apiv1.DeliveryService_RetryDeliveries_FullMethodName, &apiv1.RetryDeliveriesRequest{
			Connection: "merchants/other/connections/x",
		}, refused},
		{apiv1.DeliveryService_ListDeliveries_FullMethodName, &apiv1.ListDeliveriesRequest{
			Parent: "merchants/acme", Connection: "merchants/other/connections/x",
		}, refused},
		{apiv1.DeliveryService_ListAttempts_FullMethodName, &apiv1.ListAttemptsRequest{
			Parent: "merchants/acme/deliveries/1",
		}, allowed},
		{apiv1.MerchantService_UpdateMerchant_FullMethodName, &apiv1.UpdateMerchantRequest{
			Merchant: &apiv1.Merchant{Name: "merchants/other"},
		}, refused},
		{apiv1.MerchantService_CreateMerchant_FullMethodName, &apiv1.CreateMerchantRequest{MerchantId: "acme"}, allowed},
		{apiv1.MerchantService_CreateMerchant_FullMethodName, &apiv1.CreateMerchantRequest{MerchantId: "other"}, refused},
		{apiv1.MerchantService_ListMerchants_FullMethodName, &apiv1.ListMerchantsRequest{}, refused},
		{apiv1.PluginService_GetPlugin_FullMethodName, &apiv1.GetPluginRequest{Name: "plugins/aftership"}, allowed},
		{apiv1.PluginService_ListPlugins_FullMethodName, &apiv1.ListPluginsRequest{}, allowed},
	} {
		err := connection.Invoke(as(t, tokens[auth.Admin]), test.method, test.request, &apiv1.DeleteMerchantResponse{})
		if status.Code(err) != test.want {
			t.Errorf("%s of {%v}: %v; want %s", test.method, test.request, err, test.want)
		}
		if test.want == refused && !strings.Contains(err.Error(), "merchants acme, zen only") {
			t.Errorf("%s of {%v}: %q does not say which merchants", test.method, test.request, err)
		}
	}
}

func TestStreamItemsAreJudgedOneByOne(t *testing.T) {
	t.Parallel()
	guard, tokens := guard(t, "acme")
	stream, err := apiv1.NewIntakeServiceClient(servePlain(t, guard)).SubmitStream(as(t, tokens[auth.Submitter]))
	if err != nil {
		t.Fatal(err)
	}
	err = stream.Send(&apiv1.SubmitStreamRequest{Items: []*apiv1.StreamItem{
		{Sequence: 1, Parent: "merchants/acme"}, {Sequence: 2, Parent: "merchants/other"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []codes.Code{codes.OK, codes.PermissionDenied} {
		answer, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		got := answer.GetAcknowledgements()[0].GetResult().GetStatus()
		if codes.Code(got.GetCode()) != want {
			t.Errorf("item %d: %v; want %s", answer.GetAcknowledgements()[0].GetSequence(), got, want)
		}
	}
}

func TestAllowAllAsksForNoToken(t *testing.T) {
	t.Parallel()
	_, err := apiv1.NewMerchantServiceClient(servePlain(t, auth.AllowAll())).
		CreateMerchant(t.Context(), &apiv1.CreateMerchantRequest{MerchantId: "acme"})
	if status.Code(err) != codes.Unimplemented {
		t.Error(err)
	}
}

func TestCheckMerchantFailsWithoutAGuard(t *testing.T) {
	t.Parallel()
	if err := auth.CheckMerchant(t.Context(), "acme"); status.Code(err) != codes.Unauthenticated {
		t.Error(err)
	}
}
