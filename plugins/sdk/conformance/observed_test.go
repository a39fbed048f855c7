package conformance

import (
	"os/exec"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/durationpb"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func TestMisformedResults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*pluginv1.DeliveryResult)
		want   string
	}{
		{"good", func(*pluginv1.DeliveryResult) {}, ""},
		{"delivered needs no reason", func(r *pluginv1.DeliveryResult) {
			r.Outcome, r.Reason, r.Hint = pluginv1.Outcome_OUTCOME_DELIVERED, "", ""
		}, ""},
		{"outcome unspecified", func(r *pluginv1.DeliveryResult) { r.Outcome = 0 }, "outcome"},
		{"outcome of a later contract", func(r *pluginv1.DeliveryResult) { r.Outcome = 99 }, "outcome"},
		{"reason in small letters", func(r *pluginv1.DeliveryResult) { r.Reason = "no" }, "reason"},
		{"no hint", func(r *pluginv1.DeliveryResult) { r.Hint = "" }, "hint"},
		{"long excerpt", func(r *pluginv1.DeliveryResult) {
			r.RequestExcerpt = strings.Repeat("x", 2049)
		}, "request_excerpt"},
		{"long state", func(r *pluginv1.DeliveryResult) { r.State = make([]byte, 4097) }, "state"},
		{"negative delay", func(r *pluginv1.DeliveryResult) { r.Delay = durationpb.New(-1) }, "delay"},
		{"status", func(r *pluginv1.DeliveryResult) { r.HttpStatus = 7 }, "http_status"},
		{"script as address", func(r *pluginv1.DeliveryResult) { r.RemoteUrl = "javascript:1" }, "remote_url"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := &pluginv1.DeliveryResult{Outcome: pluginv1.Outcome_OUTCOME_REJECTED, Reason: "NO", Hint: "Mend it."}
			test.change(r)
			faults := misformed(r)
			if test.want == "" && len(faults) > 0 || test.want != "" && (len(faults) != 1 ||
				!strings.HasPrefix(faults[0], test.want+":")) {
				t.Errorf("%q, want %q", faults, test.want)
			}
		})
	}
}

// A canary is found wherever a plugin can put it, and not told once more (promise P8).
func TestCanaries(t *testing.T) {
	t.Parallel()
	const secret = "canary-4711"
	clean := &pluginv1.DeliveryResult{Outcome: pluginv1.Outcome_OUTCOME_DELIVERED}
	for _, test := range []struct {
		name  string
		say   func(*observed)
		leaks bool
	}{
		{"nothing", func(o *observed) { o.result(clean) }, false},
		{"hint", func(o *observed) { o.result(&pluginv1.DeliveryResult{Hint: "x" + secret}) }, true},
		{"state", func(o *observed) { o.result(&pluginv1.DeliveryResult{State: []byte(secret)}) }, true},
		{"sealed state", func(o *observed) {
			o.result(&pluginv1.DeliveryResult{ConnectionState: []byte(secret)})
		}, false},
		{"check", func(o *observed) {
			o.answer("CheckConnection", &pluginv1.CheckConnectionResponse{Warnings: []string{secret}}, nil)
		}, true},
		{"log", func(o *observed) { o.logLine([]byte("key="+secret), true) }, true},
		{"short secret", func(o *observed) { o.logLine([]byte("short"), true) }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := &observed{}
			o.remember(&pluginv1.Connection{Secrets: map[string]string{"a": secret, "b": "short"}})
			test.say(o)
			faults := o.noted(&o.leaks)
			if (len(faults) > 0) != test.leaks || strings.Contains(strings.Join(faults, " "), secret) {
				t.Errorf("%q", faults)
			}
		})
	}
	if clean.ConnectionState != nil {
		t.Error("a result was changed")
	}
}

func TestLogLines(t *testing.T) {
	t.Parallel()
	for line, faults := range map[string]int{
		"plain": 0, `{"@level":"info","@message":"x"}`: 0, `{"level":30,"msg":"pino"}`: 0, `{"@level":3}`: 1,
		`{"@message":{},"@timestamp":[]}`: 2,
	} {
		o := &observed{}
		out := &output{take: o.logLine}
		// In pieces, as pipes have it.
		for _, part := range strings.SplitAfter(line+"\n", ":") {
			if n, err := out.Write([]byte(part)); n != len(part) || err != nil {
				t.Fatal(n, err)
			}
		}
		if got := o.noted(&o.logs); len(got) != faults {
			t.Errorf("%s: %q", line, got)
		}
	}
	o := &observed{}
	out := &output{take: o.logLine}
	_, _ = out.Write([]byte(strings.Repeat("x", mostLogLine+1)))
	if written := out.finish(); written != mostLogLine+1 || len(o.noted(&o.logs)) != 1 {
		t.Errorf("%d bytes, %q", written, o.noted(&o.logs))
	}
}

func TestReadHandshake(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"1|1|unix|/d/s|grpc":        "",
		"1|1|unix|/d/s|grpc|":       "",
		"1|1|unix|/d/s|grpc||true":  "",
		"Welcome!":                  "no handshake",
		"2|1|unix|/d/s|grpc":        "version of the handshake",
		"1|2|unix|/d/s|grpc":        "version of the contract",
		"1|1|tcp|127.0.0.1:80|grpc": "network",
		"1|1|unix|/d/s|netrpc":      "protocol",
		"1|1|unix|/e/s|grpc":        "PLUGIN_UNIX_SOCKET_DIR",
		"1|1|unix|/d/s|grpc|!":      "certificate",
	} {
		h, err := readHandshake(line+"\n", "/d")
		if want == "" && (err != nil || h.socket != "/d/s") ||
			want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %+v, %v, want %q", line, h, err, want)
		}
	}
}

func TestChecks(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for i, check := range Checks() {
		if check.Number != i+1 || names[check.Name] || check.Demand == "" || check.Why == "" || check.run == nil {
			t.Errorf("check %d: %+v", i+1, check)
		}
		names[check.Name] = true
	}
}

func TestRecordsAreTheirOwn(t *testing.T) {
	t.Parallel()
	s := &suite{tracking: defaultTracking(), orders: defaultOrders()}
	seen := map[string]bool{}
	for _, contract := range []pluginv1.Contract{
		pluginv1.Contract_CONTRACT_TRACKING_FORWARD, pluginv1.Contract_CONTRACT_ORDER_COPY,
	} {
		for range 2 {
			d := s.newDelivery(contract, &pluginv1.Connection{})
			id := d.order.GetOrderId() + d.tracking.GetOrderId()
			if seen[id] || strings.Contains(id, placeholder) || seen[d.header.GetRecordKey()] {
				t.Errorf("%q is not its own", id)
			}
			seen[id], seen[d.header.GetRecordKey()] = true, true
		}
	}
	if defaultTracking()[0].GetOrder().GetOrderId() != "CONFORM-"+placeholder {
		t.Error("a sample was changed")
	}
}

func TestPaced(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		perSecond float64
		burst     uint32
		want      int
	}{{0, 0, 50}, {1000, 0, 50}, {2, 5, 25}, {0.01, 0, 4}} {
		s := &suite{patience: patience, description: &pluginv1.Description{Pace: &pluginv1.PaceHints{
			RequestsPerSecond: test.perSecond, Burst: test.burst,
		}}}
		if got := s.batchSize(); got != test.want {
			t.Errorf("at %v a second: %d records, want %d", test.perSecond, got, test.want)
		}
	}
}

// TestDependencies: the suite knows of plugins what anybody can know, the contract.
func TestDependencies(t *testing.T) {
	t.Parallel()
	raw, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.Lines(string(raw)) {
		path = strings.TrimSpace(path)
		for _, refused := range []string{
			"github.com/spurline/spurline/server", "hashicorp/go-plugin", "sqlite", "prometheus", "cel-go", "cel.dev",
		} {
			if strings.Contains(path, refused) {
				t.Errorf("depends on %s", path)
			}
		}
	}
}
