package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

const (
	// shortestCanary is the length from which a secret is looked for: shorter ones
	// stand in other words by chance.
	shortestCanary = 8
	// mostLogLine is the longest line of a log that a host keeps whole.
	mostLogLine = 64 << 10
	// mostExcerpt and mostState are the contract's.
	mostExcerpt = 2 << 10
	mostState   = 4 << 10
	// mostNoted faults of a kind are told.
	mostNoted = 5
)

var stableReason = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)

// observed is what all processes of a run said, judged as it comes. It is safe for
// concurrent use.
type observed struct {
	mu      sync.Mutex
	secrets map[string]bool
	results int
	// leaks, misformed and logs are what the checks of the whole run report.
	leaks, misformed, logs noted
}

// noted are the first faults of a kind, each once.
type noted struct {
	faults []string
	more   int
}

func (n *noted) add(format string, args ...any) {
	fault := fmt.Sprintf(format, args...)
	switch {
	case slices.Contains(n.faults, fault):
	case len(n.faults) < mostNoted:
		n.faults = append(n.faults, fault)
	default:
		n.more++
	}
}

func (n *noted) list() []string {
	if n.more > 0 {
		return append(slices.Clone(n.faults), fmt.Sprintf("and %d more", n.more))
	}
	return slices.Clone(n.faults)
}

// remember makes the secrets of a connection canaries.
func (o *observed) remember(c *pluginv1.Connection) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.secrets == nil {
		o.secrets = map[string]bool{}
	}
	for secret := range maps.Values(c.GetSecrets()) {
		if len(secret) >= shortestCanary {
			o.secrets[secret] = true
		}
	}
}

// search looks for canaries. The caller holds the mutex. The value is not told: it
// would only leak once more.
func (o *observed) search(where, text string) {
	for secret := range o.secrets {
		if strings.Contains(text, secret) {
			o.leaks.add("a secret of the connection is in %s", where)
			return
		}
	}
}

// scrubbed is a text without canaries.
func (o *observed) scrubbed(text string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	for secret := range o.secrets {
		text = strings.ReplaceAll(text, secret, "[secret]")
	}
	return text
}

// answer judges an answer that is no result, or an error.
func (o *observed) answer(where string, answer proto.Message, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		o.search("the error of "+where, err.Error())
		return
	}
	o.search("the answer of "+where, prototext.Format(answer))
}

// result judges the form of a result, not whether it is true.
func (o *observed) result(r *pluginv1.DeliveryResult) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.results++
	if r.ConnectionState != nil { // The host seals it.
		r, _ = proto.Clone(r).(*pluginv1.DeliveryResult)
		if len(r.GetConnectionState()) > mostState {
			o.misformed.add("connection_state has %d bytes, more than %d", len(r.GetConnectionState()), mostState)
		}
		r.ConnectionState = nil
	}
	o.search(fmt.Sprintf("a result %s", r.GetOutcome()), prototext.Format(r))
	for _, fault := range misformed(r) {
		o.misformed.add("a result %s: %s", r.GetOutcome(), fault)
	}
}

// misformed returns what is wrong with the form of a result.
func misformed(r *pluginv1.DeliveryResult) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	outcome := r.GetOutcome()
	_, known := pluginv1.Outcome_name[int32(outcome)]
	switch {
	case outcome == pluginv1.Outcome_OUTCOME_UNSPECIFIED || !known:
		fault("outcome: is none of the contract")
	case r.GetReason() == "" && outcome == pluginv1.Outcome_OUTCOME_DELIVERED:
	case !stableReason.MatchString(r.GetReason()):
		fault("reason: is not UPPER_SNAKE")
	}
	switch outcome {
	case pluginv1.Outcome_OUTCOME_REJECTED, pluginv1.Outcome_OUTCOME_UNAUTHORIZED, pluginv1.Outcome_OUTCOME_SKIPPED:
		if r.GetHint() == "" {
			fault("hint: is missing, so nobody knows what to do")
		}
	default:
	}
	for name, text := range map[string]string{
		"hint": r.GetHint(), "request_excerpt": r.GetRequestExcerpt(), "response_excerpt": r.GetResponseExcerpt(),
		"remote_id": r.GetRemoteId(), "remote_url": r.GetRemoteUrl(),
	} {
		if len(text) > mostExcerpt {
			fault("%s: has %d bytes, more than %d", name, len(text), mostExcerpt)
		}
	}
	if len(r.GetState()) > mostState {
		fault("state: has %d bytes, more than %d", len(r.GetState()), mostState)
	}
	if r.GetDelay() != nil && (r.GetDelay().CheckValid() != nil || r.GetDelay().AsDuration() < 0) {
		fault("delay: is no time to wait")
	}
	if status := r.GetHttpStatus(); status != 0 && (status < 100 || status > 599) {
		fault("http_status: %d is none", status)
	}
	if u, err := url.Parse(r.GetRemoteUrl()); r.GetRemoteUrl() != "" &&
		(err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		fault("remote_url: is not an absolute http or https URL")
	}
	slices.Sort(faults)
	return faults
}

// logLine judges a line that a process wrote to stderr, or to stdout after the
// handshake.
func (o *observed) logLine(line []byte, whole bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.search("a line of the log", string(line))
	if !whole {
		o.logs.add("a line of the log is longer than %d bytes", mostLogLine)
	}
	var object map[string]any
	if json.Unmarshal(line, &object) != nil {
		return
	}
	// Readers of hclog take these for text without looking.
	for _, key := range []string{"@level", "@message", "@timestamp"} {
		value, there := object[key]
		if _, isText := value.(string); there && !isText {
			o.logs.add("a line of the log has %s, and it is no text", key)
		}
	}
}

// logged judges how much a process wrote.
func (o *observed) logged(bytes int64, deliveries int) {
	const fixed, each = 1 << 20, 16 << 10
	o.mu.Lock()
	defer o.mu.Unlock()
	if most := int64(fixed + each*deliveries); bytes > most {
		o.logs.add("a process logged %d KiB over %d deliveries, more than %d KiB", bytes>>10, deliveries, most>>10)
	}
}

func (o *observed) noted(n *noted) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return n.list()
}
