package webhook

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
	"github.com/spurline/spurline/plugins/webhook/webhooktest"
)

// TestPreviewShowsWhatIsSent compares the preview with the request then made.
func TestPreviewShowsWhatIsSent(t *testing.T) {
	t.Parallel()
	b := newBench(t, everything)
	order, parcel := anOrder(), aParcel()
	shownOrder, err := b.sender.PreviewOrder(order)
	if err != nil {
		t.Fatal(err)
	}
	shownParcel, err := b.sender.PreviewTracking(parcel)
	if err != nil {
		t.Fatal(err)
	}
	b.noProblems(t, 0)
	b.sender.CopyOrder(t.Context(), order)
	b.sender.ForwardTracking(t.Context(), parcel)
	for i, sent := range b.noProblems(t, 2) {
		shown := []sdk.Preview{shownOrder, shownParcel}[i]
		if len(shown.Requests) != 1 {
			t.Fatalf("preview is %+v", shown)
		}
		request := shown.Requests[0]
		if request.Method != sent.Method || request.URL != b.server.URL+sent.URL {
			t.Errorf("preview shows %s %s, sent was %s %s", request.Method, request.URL, sent.Method, sent.URL)
		}
		var previewed map[string]any
		decoder := json.NewDecoder(strings.NewReader(request.Body))
		decoder.UseNumber()
		if err := decoder.Decode(&previewed); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(previewed, sent.Body); diff != "" {
			t.Errorf("(-preview +sent):\n%s", diff)
		}
		if notes := strings.Join(shown.Notes, "\n"); !strings.Contains(notes, headerID+": "+sent.ID) {
			t.Errorf("notes are %q", notes)
		}
	}
}

// TestPreviewMasksSecrets and names every header.
func TestPreviewMasksSecrets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	host := plugintest.New(t, plugin(b.remote))
	settings := map[string]string{"url": b.server.URL, "header_name": "authorization"}
	secrets := map[string]string{
		"signing_secret": webhooktest.Secret, "previous_signing_secret": secretOf(48), "header_value": "Bearer token-4711",
	}
	shown, err := host.PreviewTracking(settings, secrets, plugintest.Tracking("d", "1Z"))
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(shown.GetNotes(), "\n")
	for _, says := range []string{
		"Authorization: [secret]", headerTimestamp, "signing_secret and v1,… of previous_signing_secret",
	} {
		if !strings.Contains(notes, says) {
			t.Errorf("no note says %q: %s", says, notes)
		}
	}
	settings["event_types"] = "order.*"
	shown, err = host.PreviewTracking(settings, secrets, plugintest.Tracking("d", "1Z"))
	if err != nil || len(shown.GetRequests()) != 0 || !strings.Contains(shown.GetNotes()[0], "tracking.created") {
		t.Errorf("what is not chosen is previewed as %v, %v", shown, err)
	}
	b.noProblems(t, 0)
}
