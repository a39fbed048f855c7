package webhook

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
	"github.com/spurline/spurline/plugins/webhook/webhooktest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// named is the address of the receiver by a name that its certificate has.
func (b *bench) named(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(b.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return "https://example.com:" + u.Port() + "/hooks"
}

// asNamed connects to the receiver by its name.
func (b *bench) asNamed(t *testing.T, o Operator, n *names) *Sender {
	t.Helper()
	r := newRemote(o, trusting(b.server), n.resolver(t), time.Now)
	t.Cleanup(r.http.CloseIdleConnections)
	return makeSender(t, env(), goodSettings(b.named(t)), r)
}

// TestNamesOfPrivateNetworks: whatever a name resolves to, no connection leaves for a
// network of each class, and the connection pauses with a word on what to do.
func TestNamesOfPrivateNetworks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, address := range []string{
		"10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "127.1.2.3", "169.254.169.254", "169.254.0.7", "100.64.0.1",
		"100.100.100.200", "168.63.129.16", "0.0.0.0", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1",
	} {
		n := namesOf(address)
		s := b.asNamed(t, Operator{}, n)
		for _, r := range []sdk.Result{
			s.CopyOrder(t.Context(), anOrder()), s.ForwardTracking(t.Context(), aParcel()),
		} {
			wanted(t, r, isUnauthorized, "ADDRESS_REFUSED")
			if !strings.Contains(r.Hint(), AllowVariable) || strings.Contains(r.Hint(), address) {
				t.Errorf("%s: hint is %q", address, r.Hint())
			}
		}
		check := s.CheckConnection(t.Context())
		if f := check.Faults(); check.Outcome() != isFaulty || len(f) != 1 || f[0].Field != "url" ||
			f[0].Reason != "ADDRESS_REFUSED" {
			t.Errorf("%s: check is %+v", address, check)
		}
		if n.asked != 3 {
			t.Errorf("%s: the name was asked for %d times", address, n.asked)
		}
	}
	b.noProblems(t, 0)
}

// TestAddressesOfPrivateNetworks are faults of the settings, in every way of writing
// them.
func TestAddressesOfPrivateNetworks(t *testing.T) {
	t.Parallel()
	host := plugintest.New(t, Plugin(Operator{}))
	secrets := map[string]string{"signing_secret": webhooktest.Secret}
	for _, written := range []string{
		"10.0.0.1", "127.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "[::ffff:a00:1]", "[64:ff9b::a00:1]", "[2002:a00:1::1]",
		"[fe80::1]", "[fe80::1%25eth0]", "[fd00::1]", "[::]", "169.254.169.254", "[fd00:ec2::254]", "100.64.0.1", "0.0.0.0",
		"[ff02::1]", "10.0.0.1:8443",
	} {
		settings := map[string]string{"url": "https://" + written + "/"}
		check := host.Check(settings, secrets)
		if f := check.GetFaults(); check.GetOutcome() != isFaulty || len(f) != 1 || f[0].GetField() != "url" {
			t.Errorf("%s: check is %v", written, check)
		}
		r := host.Forward(settings, secrets, plugintest.Tracking("d", "1Z"))["d"]
		if r.GetOutcome() != isUnauthorized || r.GetReason() != "SETTINGS_INVALID" {
			t.Errorf("%s: result is %v", written, r)
		}
	}
}

// TestOddWritingsOfAddresses are names to Go, and whatever the system makes of them
// is judged when it is dialled.
func TestOddWritingsOfAddresses(t *testing.T) {
	t.Parallel()
	r := newRemote(Operator{}, nil, namesOf("127.0.0.1").resolver(t), time.Now)
	for _, written := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "LOCALHOST."} {
		s := makeSender(t, env(), goodSettings("https://"+written+":9/"), r)
		// Go asks no name server for what has digits only.
		if got := s.CopyOrder(t.Context(), anOrder()); got.Reason() != "ADDRESS_REFUSED" &&
			(got.Reason() != "HOST_NOT_FOUND" || strings.Trim(written, "0123456789.") != "") {
			t.Errorf("%s: %s %s", written, got.Outcome(), got.Reason())
		}
	}
}

// TestRebinding: a name that led to an allowed address at first and to another one
// later is judged by the later one. The kept connection is to the allowed one.
func TestRebinding(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trap, hits := trapAt(t, b)
	n := namesOf("127.0.0.1", trap)
	s := b.asNamed(t, loopback, n)
	wanted(t, s.CopyOrder(t.Context(), anOrder()), isDelivered, "")
	wanted(t, s.CopyOrder(t.Context(), anOrder()), isDelivered, "")
	if n.asked != 1 {
		t.Errorf("the name was asked for %d times, want once for a kept connection", n.asked)
	}
	s.remote.http.CloseIdleConnections()
	wanted(t, s.CopyOrder(t.Context(), anOrder()), isUnauthorized, "ADDRESS_REFUSED")
	if n.asked != 2 || hits.Load() != 0 {
		t.Errorf("the name was asked for %d times, the other machine was met %d times", n.asked, hits.Load())
	}

	// The test of a connection does not vouch for what follows.
	n = namesOf("127.0.0.1", trap)
	s = b.asNamed(t, loopback, n)
	if check := s.CheckConnection(t.Context()); check.Outcome() != isOK {
		t.Errorf("check is %+v", check)
	}
	wanted(t, s.CopyOrder(t.Context(), anOrder()), isUnauthorized, "ADDRESS_REFUSED")
	if hits.Load() != 0 {
		t.Error("the other machine was met")
	}
	b.noProblems(t, 2)
}

// trapAt listens at another address of this machine, at the receiver's port, and
// counts who connects. Where there is no such address, nothing listens there.
func trapAt(t *testing.T, b *bench) (address string, hits *atomic.Int64) {
	t.Helper()
	const other = "127.0.0.2"
	hits = &atomic.Int64{}
	port := b.server.Listener.Addr().(*net.TCPAddr).AddrPort().Port()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", netip.AddrPortFrom(netip.MustParseAddr(other), port).String())
	if err != nil {
		return other, hits
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			hits.Add(1)
			_ = conn.Close()
		}
	}()
	return other, hits
}

// TestRedirectsAreNotFollowed: neither to the metadata service nor to an address that
// would be allowed.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		for location, says := range map[string]string{
			"http://169.254.169.254/latest/meta-data/?token=t0ps3cret": "http://169.254.169.254",
			b.server.URL + "/elsewhere":                                b.server.URL,
			"/elsewhere":                                               "",
			"":                                                         "",
			"https://user:t0ps3cret@elsewhere.example/": "https://elsewhere.example",
		} {
			b.Script(webhooktest.Redirect(status, location))
			r := b.sender.CopyOrder(t.Context(), anOrder())
			wanted(t, r, isRejected, "REDIRECTED")
			if !strings.Contains(r.Hint(), says) || strings.Contains(r.Hint(), "t0ps3cret") {
				t.Errorf("%d to %s: hint is %q", status, location, r.Hint())
			}
		}
	}
	for _, e := range b.noProblems(t, 25) {
		if e.URL != "/hooks?tenant=7" {
			t.Errorf("%s was called", e.URL)
		}
	}
}

// TestNoProxy: a proxy would connect by itself, so none is asked, whatever the
// environment says.
func TestNoProxy(t *testing.T) {
	var asked atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer proxy.Close()
	t.Setenv("HTTPS_PROXY", proxy.URL)
	t.Setenv("HTTP_PROXY", proxy.URL)
	b := newBench(t)
	s := b.asNamed(t, loopback, namesOf("127.0.0.1"))
	wanted(t, s.CopyOrder(t.Context(), anOrder()), isDelivered, "")
	if asked.Load() != 0 {
		t.Error("the proxy was asked")
	}
	for _, transport := range s.remote.http.Transport.(byScheme) {
		if transport.Proxy != nil {
			t.Error("a transport has a proxy")
		}
	}
}

// TestOperator: only who runs the server allows networks, and http to this machine.
func TestOperator(t *testing.T) {
	t.Parallel()
	read := func(variables map[string]string) (Operator, error) {
		return ReadOperator(func(name string) string { return variables[name] })
	}
	b := newBench(t)
	for _, test := range []struct {
		name      string
		variables map[string]string
		outcome   pluginv1.Outcome
	}{
		{"nothing", nil, isUnauthorized},
		{"another network", map[string]string{AllowVariable: "10.0.0.0/8"}, isUnauthorized},
		{"the network", map[string]string{AllowVariable: "10.0.0.0/8, 127.0.0.0/8"}, isDelivered},
		{"denied again", map[string]string{AllowVariable: "127.0.0.0/8", DenyVariable: "127.0.0.1"}, isUnauthorized},
		{"development", map[string]string{DevelopmentVariable: "true"}, isDelivered},
		{"no development", map[string]string{DevelopmentVariable: "false"}, isUnauthorized},
	} {
		o, err := read(test.variables)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if r := b.asNamed(t, o, namesOf("127.0.0.1")).CopyOrder(t.Context(), anOrder()); r.Outcome() != test.outcome {
			t.Errorf("%s: %s", test.name, r.Outcome())
		}
	}
	_, err := read(map[string]string{AllowVariable: "10.0.0.1/8", DenyVariable: "here", DevelopmentVariable: "yes"})
	for _, says := range []string{AllowVariable, "did you mean 10.0.0.0/8", DenyVariable, DevelopmentVariable} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error is %v, without %q", err, says)
		}
	}
}

// TestDevelopment: without TLS, only this machine is sent to.
func TestDevelopment(t *testing.T) {
	t.Parallel()
	receiver := webhooktest.New(webhooktest.Secret)
	base := receiver.Start(t)
	r := newRemote(Operator{Development: true, Allow: loopback.Allow}, nil, nil, time.Now)
	t.Cleanup(r.http.CloseIdleConnections)
	s := makeSender(t, env(), goodSettings(base), r)
	wanted(t, s.CopyOrder(t.Context(), anOrder()), isDelivered, "")
	if check := s.CheckConnection(t.Context()); check.Outcome() != isOK {
		t.Errorf("check is %+v", check)
	}
	// A name that only looks like this machine.
	port := base[strings.LastIndex(base, ":"):]
	r = newRemote(r.operator, nil, namesOf("8.8.8.8").resolver(t), time.Now)
	s = makeSender(t, env(), goodSettings("http://localhost"+port), r)
	s.endpoint.host, s.endpoint.url.Host = "localhost.example", "localhost.example"+port
	wanted(t, s.CopyOrder(t.Context(), anOrder()), isUnauthorized, "ADDRESS_REFUSED")
	for _, url := range []string{"http://example.com/", "http://10.0.0.1/", "http://localhost.example/"} {
		if _, err := newSender(env(), goodSettings(url), r); !onlyFault(err, "url") {
			t.Errorf("%s has faults %v", url, err)
		}
	}
	strict := newRemote(loopback, nil, nil, time.Now)
	if _, err := newSender(env(), goodSettings(base), strict); !onlyFault(err, "url") ||
		!strings.Contains(err.Error(), "https://") {
		t.Errorf("http without development has faults %v", err)
	}
	if _, err := strict.http.Get("ftp://127.0.0.1/"); err == nil { //nolint:noctx,bodyclose // Nothing comes of it.
		t.Error("ftp is spoken")
	}
}

const (
	isOK          = pluginv1.CheckOutcome_CHECK_OUTCOME_OK
	isFaulty      = pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY
	isUnreachable = pluginv1.CheckOutcome_CHECK_OUTCOME_UNREACHABLE
)
