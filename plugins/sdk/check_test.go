package sdk_test

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// copier has everything but tracking.
type copier struct{ settings scriptSettings }

func (*copier) CopyOrder(_ context.Context, d *sdk.OrderDelivery) sdk.Result {
	return sdk.AlreadyPresent(d.Order.GetOrderId(), "total")
}

func (c *copier) CheckConnection(context.Context) sdk.CheckResult {
	switch c.settings.Label {
	case "panic":
		panic("x")
	case "faulty":
		return sdk.CheckFaulty(sdk.Fault{Field: "api_key", Reason: "nonsense", Hint: "not " + c.settings.Key.Reveal()})
	case "away":
		return sdk.CheckUnreachable("It is away.")
	case "zero":
		return sdk.CheckResult{}
	}
	return sdk.CheckOK("account", "Acme", "careful")
}

func (c *copier) PreviewOrder(d *sdk.OrderDelivery) (sdk.Preview, error) {
	return sdk.Preview{
		Requests: []sdk.PreviewedRequest{{Method: "POST", URL: "https://x?k=" + c.settings.Key.Reveal(), Body: d.ID}},
		Notes:    []string{"a note"},
	}, nil
}

func copierPlugin() sdk.Plugin[scriptSettings, *copier] {
	return sdk.Plugin[scriptSettings, *copier]{
		Name: "copier", Version: "1.0.0", Title: "Copier",
		New: func(_ sdk.Env, settings scriptSettings) (*copier, error) { return &copier{settings}, nil },
	}
}

func TestCheckConnection(t *testing.T) {
	t.Parallel()
	host := plugintest.New(t, copierPlugin())
	for label, want := range map[string]pluginv1.CheckOutcome{
		"": pluginv1.CheckOutcome_CHECK_OUTCOME_OK, "faulty": pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY,
		"away": pluginv1.CheckOutcome_CHECK_OUTCOME_UNREACHABLE, "zero": pluginv1.CheckOutcome_CHECK_OUTCOME_UNREACHABLE,
	} {
		got := host.Check(map[string]string{"label": label}, secrets)
		if got.GetOutcome() != want {
			t.Errorf("%s: %v", label, got)
		}
		if label == "faulty" && (got.GetFaults()[0].GetHint() != "not [secret]" ||
			got.GetFaults()[0].GetReason() != "REASON_MISSING") {
			t.Errorf("got %v", got)
		}
	}
	got := host.Check(map[string]string{"nonsense": "x"}, nil)
	if got.GetOutcome() != pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY || len(got.GetFaults()) != 2 ||
		got.GetFaults()[1].GetField() != "api_key" {
		t.Errorf("got %v", got)
	}
	_, err := pluginv1.NewExtraInterfaceServiceClient(host.Conn()).CheckConnection(t.Context(),
		&pluginv1.CheckConnectionRequest{Connection: host.Connection(map[string]string{"label": "panic"}, secrets)})
	if status.Code(err) != codes.Internal {
		t.Errorf("a panic became %v", err)
	}
}

func TestPreviewAndCopy(t *testing.T) {
	t.Parallel()
	host := plugintest.New(t, copierPlugin())
	order := plugintest.Order("d1", &commercev1.Order{OrderId: "o1"})
	preview, err := host.PreviewOrder(nil, secrets, order)
	if err != nil || preview.GetRequests()[0].GetUrl() != "https://x?k=[secret]" || preview.GetNotes()[0] != "a note" {
		t.Errorf("got %v, %v", preview, err)
	}
	_, err = host.PreviewTracking(nil, secrets, plugintest.Tracking("d", "T"))
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("a preview of tracking: %v", err)
	}
	got := host.Copy(nil, secrets, order)["d1"]
	if got.GetOutcome() != pluginv1.Outcome_OUTCOME_ALREADY_PRESENT || got.GetRemoteId() != "o1" ||
		got.GetReason() != "ALREADY_PRESENT" || got.GetDifferingFields()[0] != "total" {
		t.Errorf("got %v", got)
	}
	contracts := host.Describe().GetContracts()
	if len(contracts) != 1 || contracts[0] != pluginv1.Contract_CONTRACT_ORDER_COPY {
		t.Errorf("contracts %v", contracts)
	}
	if _, err := host.CallTracking(t.Context(), nil, nil); status.Code(err) != codes.Unimplemented {
		t.Errorf("tracking of a copier: %v", err)
	}
}
