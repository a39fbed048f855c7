package contract_test

import (
	"os"
	"strings"
	"testing"

	"github.com/spurline/spurline/server/schema/contract"
)

// TestReferenceIsFresh: the reference in docs is that of the proto files.
func TestReferenceIsFresh(t *testing.T) {
	t.Parallel()
	want, err := contract.Reference(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../docs/plugin-contract.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/plugin-contract.md is stale: run make proto")
	}
}

// TestReferenceIsWhole: every service and message of the contract has its words.
func TestReferenceIsWhole(t *testing.T) {
	t.Parallel()
	text, err := contract.Reference(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"## spurline.plugin.v1.ExtraInterfaceService", "## spurline.plugin.v1.TrackingForwardService",
		"## spurline.plugin.v1.OrderCopyService", "### DeliveryResult", "### Outcome", "### Parcel", "### Money",
		"Describe says what the plugin is and can.",
		"| 13 | `state` | optional bytes | To keep for this record, at most 4 KiB.",
		"| 8 | `OUTCOME_UNKNOWN` | Sent, but no answer was seen: repeated with fate_unknown. |",
		"| stream of [ForwardTrackingResponse](#forwardtrackingresponse) |",
		"| `tracking` | [TrackingDelivery](#trackingdelivery), one of `delivery` |",
		"| `settings` | map of string to string |",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("it does not have %q", part)
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasSuffix(line, "|  |\n") {
			t.Errorf("without words: %s", line)
		}
	}
}
