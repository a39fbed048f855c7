package aftership

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/sdk"
)

// BenchmarkForward brings a new tracking number to a stand-in that does nothing but
// answer as AfterShip does.
func BenchmarkForward(b *testing.B) {
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"meta":{"code":201},"data":{"id":"5b7658cec7c33c0e007de3c5",`+
			`"tracking_number":"`+dhlNumber+`","slug":"dhl-germany","active":true,"order_id":"A-100042",`+
			`"customers":[{"name":"Erika Mustermann","email":"erika@example.com","phone_number":"+491701234567"}],`+
			`"custom_fields":{"order_source":"webshop","uploaded_by":"spurline"},"checkpoints":[],`+
			`"aftership_tracking_url":"https://example.aftership.com/5b7658cec7c33c0e007de3c5"}}`)
	}))
	defer remote.Close()
	clock := newTestClock()
	f, err := newForwarder(
		sdk.Env{Logger: slog.New(slog.DiscardHandler), HTTP: sdk.NewClient()},
		Settings{
			APIKey: sdk.NewSecret(aftershiptest.ValidKey), Generation: defaultGeneration, BaseURL: remote.URL,
			SendCustomerContact: true,
		},
		clock.gates())
	if err != nil {
		b.Fatal(err)
	}
	d := germany()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	b.ReportAllocs()
	for b.Loop() {
		if r := f.ForwardTracking(ctx, d); r.Outcome() != isDelivered {
			b.Fatal(r)
		}
	}
}
