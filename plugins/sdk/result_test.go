package sdk_test

import (
	"testing"

	"github.com/spurline/spurline/plugins/sdk"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func TestReasonsAreStable(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]string{
		"A": "A", "RATE_LIMITED": "RATE_LIMITED", "HTTP_404": "HTTP_404",
		"": "REASON_MISSING", "rate": "REASON_MISSING", "RATE LIMITED": "REASON_MISSING", "_A": "REASON_MISSING",
		"A_": "REASON_MISSING", "A__B": "REASON_MISSING", "4XX": "REASON_MISSING", "ÄRGER": "REASON_MISSING",
	} {
		if got := sdk.Retry(reason, "").Reason(); got != want {
			t.Errorf("%q became %q", reason, got)
		}
	}
}

func TestResultsAreValues(t *testing.T) {
	t.Parallel()
	first := sdk.Rejected("NO_CARRIER", "Choose a carrier.")
	second := first.FixByRecord().WithHint("b").WithRemoteID("r").WithRemoteURL("u").WithState([]byte("s")).
		WithExchange(sdk.Exchange{HTTPStatus: 422})
	if first.Hint() != "Choose a carrier." || first.FixScope() != pluginv1.FixScope_FIX_SCOPE_UNSPECIFIED {
		t.Error("the first result changed")
	}
	state, kept := second.State()
	if second.Hint() != "b" || second.RemoteID() != "r" || second.RemoteURL() != "u" || string(state) != "s" || !kept ||
		second.Exchange().HTTPStatus != 422 || second.FixScope() != pluginv1.FixScope_FIX_SCOPE_RECORD {
		t.Errorf("got %+v", second)
	}
	if _, kept := first.State(); kept {
		t.Error("a state out of nothing")
	}
}
