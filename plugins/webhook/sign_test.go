package webhook

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/webhook/webhooktest"
)

// vectors are from the Go library's test, and one that was computed apart.
var vectors = []struct {
	secret, id string
	at         int64
	body, want string
}{
	{
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
		`{"test": 2432232314}`, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
	},
	{
		"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "evt_A-1_1", 1795327200,
		`{"type":"order.created","timestamp":"2026-11-22T06:00:00Z","data":{"order_id":"A-1"}}`,
		"v1,1QsosGK345HBJEgft5UOEENZpWcryM+U7MZdpJD446o=",
	},
}

func keysOf(t *testing.T, secrets ...string) [][]byte {
	t.Helper()
	var keys [][]byte
	for _, secret := range secrets {
		key, err := parseSecret(secret)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	return keys
}

func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors {
		if got := sign(keysOf(t, v.secret), v.id, time.Unix(v.at, 999), []byte(v.body)); got != v.want {
			t.Errorf("%s: %s, want %s", v.id, got, v.want)
		}
	}
	both := sign(keysOf(t, vectors[0].secret, vectors[1].secret), vectors[0].id, time.Unix(vectors[0].at, 0),
		[]byte(vectors[0].body))
	if want := vectors[0].want + " v1,"; len(both) != 2*len(vectors[0].want)+1 || both[:len(want)] != want {
		t.Errorf("two secrets: %s", both)
	}
}

// TestTheSpecificationsOwnLibrary verifies what the plugin sends, with either secret
// while they are changed, and takes nothing that was changed on the way.
func TestTheSpecificationsOwnLibrary(t *testing.T) {
	t.Parallel()
	old := vectors[0].secret
	b := newBench(t, everything, func(s *Settings) { s.PreviousSecret = sdk.NewSecret(old) })
	wanted(t, b.sender.CopyOrder(t.Context(), anOrder()), isDelivered, "")
	wanted(t, b.sender.ForwardTracking(t.Context(), aParcel()), isDelivered, "")
	for _, e := range b.noProblems(t, 2) {
		for _, secret := range []string{webhooktest.Secret, old} {
			verifier, err := standardwebhooks.NewWebhook(secret)
			if err != nil {
				t.Fatal(err)
			}
			if err := verifier.Verify(e.Raw, e.Header); err != nil {
				t.Errorf("with %s: %v", secret, err)
			}
			if verifier.Verify(append(e.Raw, ' '), e.Header) == nil {
				t.Error("a changed body is verified")
			}
			late := e.Header.Clone()
			late.Set(headerTimestamp, strconv.FormatInt(e.Timestamp.Unix()+1, 10))
			if verifier.Verify(e.Raw, late) == nil {
				t.Error("a changed timestamp is verified")
			}
		}
	}
}

// TestRotation: while there are two secrets, a receiver with either takes events;
// before and after, only one with the current secret does.
func TestRotation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	fresh := secretOf(40)
	during := b.connect(t, func(s *Settings) {
		s.SigningSecret, s.PreviousSecret = sdk.NewSecret(fresh), sdk.NewSecret(webhooktest.Secret)
	})
	afterwards := b.connect(t, func(s *Settings) { s.SigningSecret = sdk.NewSecret(fresh) })
	send := func(s *Sender) int {
		s.CopyOrder(t.Context(), anOrder())
		journal := b.Journal()
		last := journal[len(journal)-1]
		if want := len(s.keys); last.Signatures != want {
			t.Errorf("%d signatures, want %d", last.Signatures, want)
		}
		return last.Status
	}
	all := func() [3]int { return [3]int{send(b.sender), send(during), send(afterwards)} }
	if got := all(); got != [3]int{200, 200, 401} {
		t.Errorf("receiver with the old secret: %d", got)
	}
	b.SetSecrets(fresh)
	if got := all(); got != [3]int{401, 200, 200} {
		t.Errorf("receiver with the new secret: %d", got)
	}
}

// TestHeaders are exactly those of the specification and of the settings.
func TestHeaders(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *Settings) {
		s.HeaderName, s.HeaderValue = "authorization", sdk.NewSecret("Bearer token-4711")
	})
	wanted(t, b.sender.CopyOrder(t.Context(), anOrder()), isDelivered, "")
	got := b.noProblems(t, 1)[0]
	for _, name := range []string{
		headerID, headerTimestamp, headerSignature, "Content-Type", "User-Agent",
		"Authorization", "Content-Length",
	} {
		if len(got.Header.Values(name)) != 1 {
			t.Errorf("header %s: %q", name, got.Header.Values(name))
		}
		got.Header.Del(name)
	}
	if len(got.Header) > 0 {
		t.Errorf("further headers: %v", got.Header)
	}
	if got.Method != http.MethodPost || got.URL != "/hooks?tenant=7" {
		t.Errorf("request is %s %s", got.Method, got.URL)
	}
}
