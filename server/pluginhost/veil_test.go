package pluginhost

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// telling is a call to a plugin that tells what it was told.
func telling(id string) *pluginv1.ForwardTrackingRequest {
	request := batch(id)
	request.Connections = []*pluginv1.Connection{{
		Uid: "1", Secrets: map[string]string{"api_key": "hunter2hunter2"}, State: []byte(`{"token":"t0ken-of-the-state"}`),
	}}
	request.Deliveries[0].Record = &pluginv1.TrackingRecord{
		Order: &commercev1.Order{Customer: &commercev1.Customer{Name: proto.String("Jane Doe")}},
	}
	return request
}

func mustNotTell(t *testing.T, where, text string) {
	t.Helper()
	for _, private := range []string{"hunter2hunter2", "Jane", "someone@", "t0ken"} {
		if strings.Contains(text, private) {
			t.Errorf("%s tells %q:\n%s", where, private, text)
		}
	}
	if !strings.Contains(text, "[masked]") {
		t.Errorf("%s tells nothing that was masked:\n%s", where, text)
	}
}

// A plugin that panics with the key of its connection and the name of a customer tells
// them to nobody: not the log, a reader of the log, the crash report, or the error of the
// call, which becomes the hint of the delivery (promise P8).
func TestLastWordsTellNoSecretAndNobody(t *testing.T) {
	t.Parallel()
	for name, forward := range map[string]func(*bundle, *pluginv1.ForwardTrackingRequest) error{
		"main": func(b *bundle, request *pluginv1.ForwardTrackingRequest) error {
			return b.ForwardTracking(deadline(t), "good", request, func(*pluginv1.DeliveryResult) {})
		},
		"isolated": func(b *bundle, request *pluginv1.ForwardTrackingRequest) error {
			return b.Isolation().ForwardTracking(deadline(t), "good", request, func(*pluginv1.DeliveryResult) {})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := run(t, []string{"good"})
			b.ready(t, "good")
			err := forward(b, telling("tell"))
			var lost *LostError
			if !errors.As(err, &lost) {
				t.Fatalf("err = %v", err)
			}
			mustNotTell(t, "the error", lost.Tail)
			if want := `panic: with "[masked]": cannot greet [masked] <[masked]> with {"token":"[masked]"}`; !strings.HasPrefix(
				lost.Tail, want) {
				t.Errorf("tail = %s, want %s", lost.Tail, want)
			}
			if name == "main" {
				b.await(t, func(s Status) bool { return s.Crashes == 1 })
			}
			b.stop() // That of the isolation process is written by then.
			reports, _ := b.CrashReports("good")
			if len(reports) != 1 {
				t.Fatalf("reports = %+v", reports)
			}
			mustNotTell(t, "the report", fmt.Sprintf("%+v", reports[0]))
			lines, _, _ := b.Lines("good", 0)
			mustNotTell(t, "the lines", fmt.Sprintf("%+v", lines))
			mustNotTell(t, "the log", b.logs.String())
		})
	}
}

// Neither does the text of an error that it answers.
func TestErrorsTellNoSecret(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	b.ready(t, "good")
	err := b.ForwardTracking(deadline(t), "good", telling("complain"), func(*pluginv1.DeliveryResult) {})
	if err == nil {
		t.Fatal("no error")
	}
	mustNotTell(t, "the error", err.Error())
}

// A secret that was cut with its line is not left in part.
func TestCutLinesTellNoPartOfASecret(t *testing.T) {
	t.Parallel()
	lines := newLineLog()
	lines.veil.Connections(&pluginv1.Connection{Secrets: map[string]string{"key": strings.Repeat("0123456789", 10)}})
	pump := newLogPump(discard(), lines, 1)
	writer := &lineWriter{take: func(line []byte) { pump.take("stderr", line) }}
	for _, before := range []int{0, 10, 70, 90} {
		text := strings.Repeat("x", mostLine-1-before) + " " + strings.Repeat("0123456789", 10) + "\n"
		if _, err := writer.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	defer lines.veil.Carry(telling("tell"))()
	for before := range len("Jane Doe") {
		text := strings.Repeat("x", mostLine-1-before) + " Jane Doe\n"
		if _, err := writer.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range pump.lastLines() {
		if strings.Contains(line, "0123") || strings.Contains(line, "J") || !strings.HasSuffix(line, cutMark) {
			t.Errorf("line ends with %s", line[len(line)-200:])
		}
	}
}

// What JSON escapes in a line is masked once it is no longer escaped.
func TestJSONTellsNoSecret(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	lines := newLineLog()
	pump := newLogPump(slog.New(slog.NewTextHandler(&out, nil)), lines, 1)
	request := telling("tell")
	lines.veil.Connections(request.GetConnections()...)
	defer lines.veil.Carry(request)()
	pump.take("stderr", []byte(`{"msg":"no \u004aane Doe",`+
		`"hunter2\u0068unter2":{"hunter2\u0068unter2":1},"to":"some\u006fne\u0040example.com"}`))
	mustNotTell(t, "the log", out.String())
	if strings.Count(out.String(), "[masked]") != 4 {
		t.Errorf("log = %s", out.String())
	}
}
