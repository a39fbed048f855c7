package conformance

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func settingChecks() []Check {
	return []Check{
		{
			Number: 7, Name: "settings", needs: needsStart, run: checkSettings,
			Demand: "CheckConnection answers FAULTY, and CheckSettings if it is there, with a fault for each setting " +
				"that is missing or of another kind, " +
				"all at once, each with a stable reason and a hint that quotes no value",
			Why: "a merchant mends all of them at once, and a secret in the wrong field is not shown",
		},
		{
			Number: 8, Name: "faulty-delivery", needs: needsRemote, run: checkFaultyDelivery,
			Demand: "a delivery to a connection whose settings cannot work is UNAUTHORIZED, and nothing is sent",
			Why: "settings may have become invalid by an upgrade of the plugin; then the lane waits for the edit, and no " +
				"record fails for it",
		},
		{
			Number: 9, Name: "isolation", needs: needsRemote, run: checkIsolation,
			Demand: "connections in one call go each by its own settings, a new generation by the new ones at once, " +
				"and one that cannot work disturbs no other",
			Why: "merchants share the process: what is of one must never reach the account of another",
		},
		{
			Number: 10, Name: "check-connection", needs: needsRemote, run: checkCheckConnection,
			Demand: "CheckConnection answers OK with the account, FAULTY if the remote refuses the credentials, " +
				"UNREACHABLE if nobody answers, and writes nothing",
			Why: "a merchant tests unsaved settings as often as they like",
		},
		{
			Number: 11, Name: "preview", needs: needsRemote, run: checkPreview,
			Demand: "if Preview is there, it calls nobody and shows the same requests twice",
			Why:    "an operator looks at what would be sent; that must not send it",
		},
	}
}

// derivedFaults breaks every setting at once in two ways, as far as the description
// tells how: required fields left out, values of another kind.
func (t *trial) derivedFaults() (c *pluginv1.Connection, fields []string) {
	c = t.connection(nil)
	for _, field := range t.description.GetSettings() {
		name := field.GetName()
		switch field.GetKind() {
		case pluginv1.SettingKind_SETTING_KIND_BOOL, pluginv1.SettingKind_SETTING_KIND_INTEGER,
			pluginv1.SettingKind_SETTING_KIND_CHOICE, pluginv1.SettingKind_SETTING_KIND_URL:
			c.Settings[name] = wrongValue
		default:
			if !field.GetRequired() || field.GetDefaultValue() != "" {
				continue
			}
			delete(c.Settings, name)
			delete(c.Secrets, name)
		}
		fields = append(fields, name)
	}
	return c, fields
}

// wrongValue is of no kind but text. Nothing may quote it.
const wrongValue = "conformance-wrong-value-71c9"

// faultyConnections are all that cannot work, with the fields at fault.
func (t *trial) faultyConnections() map[string]func() (*pluginv1.Connection, []string) {
	all := map[string]func() (*pluginv1.Connection, []string){}
	if _, fields := t.derivedFaults(); len(fields) > 0 {
		all["every setting missing or wrong"] = t.derivedFaults
	}
	for i, f := range t.harness.Faulty {
		all[fmt.Sprintf("%q of the harness", f.Name)] = func() (*pluginv1.Connection, []string) {
			faulty := t.harness.Faulty[i]
			c := t.connection(nil)
			maps.Copy(c.Settings, faulty.Settings)
			maps.Copy(c.Secrets, faulty.Secrets)
			return c, []string{faulty.Field}
		}
	}
	return all
}

func checkSettings(ctx context.Context, t *trial) error {
	faulty := t.faultyConnections()
	if len(faulty) == 0 {
		return notClaimed("it has no setting that can be missing or of another kind, and the harness names no faulty one")
	}
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	for name, broken := range faulty {
		c, fields := broken()
		response, err := p.check(ctx, c)
		if err != nil {
			t.refuse(name, err)
			continue
		}
		if response.GetOutcome() != pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY {
			t.fault("%s: CheckConnection answers %s, want FAULTY", name, response.GetOutcome())
			continue
		}
		t.judgeFaults(name, response, fields)
		judged, err := p.checkSettings(ctx, c)
		switch {
		case status.Code(err) == codes.Unimplemented:
			t.note = "CheckSettings is UNIMPLEMENTED: settings that only the plugin can judge are found at the first delivery"
		case err != nil:
			t.refuse(name+": CheckSettings", err)
		default:
			t.judgeFaults(name+": CheckSettings", judged, fields)
		}
	}
	return p.survived()
}

// faulty is an answer with faults of settings.
type faulty interface {
	GetFaults() []*pluginv1.SettingFault
}

func (t *trial) judgeFaults(name string, response faulty, fields []string) {
	for _, field := range fields {
		if !slices.ContainsFunc(response.GetFaults(), func(f *pluginv1.SettingFault) bool {
			return f.GetField() == field
		}) {
			t.fault("%s: no fault names %q", name, field)
		}
	}
	for _, f := range response.GetFaults() {
		if !stableReason.MatchString(f.GetReason()) {
			t.fault("%s: %s: the reason is not UPPER_SNAKE", name, f.GetField())
		}
		if f.GetHint() == "" {
			t.fault("%s: %s: the hint is missing", name, f.GetField())
		}
		if strings.Contains(f.GetHint(), wrongValue) {
			t.fault("%s: %s: the hint quotes the value", name, f.GetField())
		}
	}
}

func checkFaultyDelivery(ctx context.Context, t *trial) error {
	faulty := t.faultyConnections()
	if len(faulty) == 0 {
		return notClaimed("it has no setting that can be missing or of another kind, and the harness names no faulty one")
	}
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	r := t.remote()
	for name, broken := range faulty {
		c, fields := broken()
		if !slices.Contains(fields, t.harness.Remote.Setting) {
			c.Settings[t.harness.Remote.Setting] = r.url()
		}
		for _, contract := range t.contracts() {
			result, err := p.deliverOne(ctx, contract, c, t.newDelivery(contract, c))
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			t.wantOutcome(name, result, denied)
		}
	}
	if sent := len(r.requests()); sent > 0 {
		t.fault("%d requests reached the remote", sent)
	}
	return p.survived()
}

func checkIsolation(ctx context.Context, t *trial) error {
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	for _, contract := range t.contracts() {
		one, two := t.remote(), t.remote()
		connections := []*pluginv1.Connection{t.connection(one), t.connection(two)}
		if err := t.deliverTo(ctx, p, contract, connections, []*remote{one, two}, []int{3, 3}); err != nil {
			return err
		}
		// The first one moves, and one that cannot work comes along.
		connections[0], _ = proto.Clone(connections[0]).(*pluginv1.Connection)
		connections[0].Generation++
		connections[0].Settings[t.harness.Remote.Setting] = two.url()
		if err := t.deliverTo(ctx, p, contract, connections, []*remote{one, two}, []int{3, 9}); err != nil {
			return err
		}
		broken, fields := t.derivedFaults()
		if len(fields) > 0 {
			b := t.batchOf(contract, 6, broken, connections[1])
			results, err := p.deliver(ctx, b)
			t.refuse("beside a connection that cannot work", err)
			for n, d := range b.deliveries {
				if n%2 == 1 {
					t.wantOutcome("beside a connection that cannot work", results[d.id()], arrived...)
				}
			}
		}
	}
	return p.survived()
}

// deliverTo delivers three records to each connection and counts what has arrived
// where.
func (t *trial) deliverTo(
	ctx context.Context, p *process, contract pluginv1.Contract, connections []*pluginv1.Connection,
	remotes []*remote, want []int,
) error {
	b := t.batchOf(contract, 3*len(connections), connections...)
	results, err := p.deliver(ctx, b)
	if err != nil {
		return err
	}
	for _, d := range b.deliveries {
		t.wantOutcome("a delivery", results[d.id()], arrived...)
	}
	for i, r := range remotes {
		t.wantRecords(r, want[i], fmt.Sprintf("remote %d, generation %d", i+1, connections[0].GetGeneration()))
	}
	return nil
}

func checkCheckConnection(ctx context.Context, t *trial) error {
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	r := t.remote()
	response, err := p.check(ctx, t.connection(r))
	if err != nil {
		return err
	}
	if response.GetOutcome() != pluginv1.CheckOutcome_CHECK_OUTCOME_OK {
		t.fault("the working connection: %s, want OK", response.GetOutcome())
	}
	asked := len(r.requests())
	r.script(fault{kind: refuse, status: 401, reads: true})
	refused, err := p.check(ctx, t.connection(r))
	switch {
	case err != nil:
		t.refuse("credentials refused", err)
	case asked == 0: // It asks nobody, so it cannot learn that either.
	case refused.GetOutcome() != pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY || len(refused.GetFaults()) == 0:
		t.fault("credentials refused with 401: %s with %d faults, want FAULTY",
			refused.GetOutcome(), len(refused.GetFaults()))
	}
	if writes := len(r.writes()); writes > 0 {
		t.fault("CheckConnection wrote %d times at the remote", writes)
	}
	away, err := nobody()
	if err != nil {
		return err
	}
	c := t.connection(r)
	c.Settings[t.harness.Remote.Setting] = away
	unreachable, err := p.check(ctx, c)
	switch {
	case err != nil:
		t.refuse("nobody listens", err)
	case unreachable.GetOutcome() == pluginv1.CheckOutcome_CHECK_OUTCOME_UNREACHABLE:
		if asked == 0 {
			t.note = "it connects to the remote and asks it nothing, so it claims nothing of the credentials"
		}
	case asked == 0 && len(t.faults.faults) == 0:
		return notClaimed("CheckConnection answers without the remote, so it claims nothing of the credentials")
	default:
		t.fault("nobody listens: %s, want UNREACHABLE", unreachable.GetOutcome())
	}
	return p.survived()
}

func checkPreview(ctx context.Context, t *trial) error {
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	r := t.remote()
	there := false
	for _, contract := range t.contracts() {
		c := t.connection(r)
		t.observed.remember(c)
		d := t.newDelivery(contract, c)
		request := &pluginv1.PreviewRequest{Connection: c}
		if contract == pluginv1.Contract_CONTRACT_ORDER_COPY {
			request.Delivery = &pluginv1.PreviewRequest_Order{
				Order: &pluginv1.OrderDelivery{Header: d.header, Order: d.order},
			}
		} else {
			request.Delivery = &pluginv1.PreviewRequest_Tracking{
				Tracking: &pluginv1.TrackingDelivery{Header: d.header, Record: d.tracking},
			}
		}
		var shown []*pluginv1.PreviewResponse
		for range 2 {
			calling, cancel := t.within(ctx)
			response, err := pluginv1.NewExtraInterfaceServiceClient(p.conn).Preview(calling, request)
			t.observed.answer("Preview", response, err)
			if err == nil {
				there, shown = true, append(shown, response)
			} else if status.Code(err) != codes.Unimplemented {
				t.fault("%s: %v", contract, p.explain(calling, err))
			}
			cancel()
		}
		if len(shown) == 2 && !slices.EqualFunc(shown[0].GetRequests(), shown[1].GetRequests(), sameRequest) {
			t.fault("%s: the same preview has other requests from one call to the next", contract)
		}
	}
	if sent := len(r.requests()); sent > 0 {
		t.fault("Preview sent %d requests to the remote", sent)
	}
	if !there && len(t.faults.faults) == 0 {
		return notClaimed("Preview is UNIMPLEMENTED")
	}
	return p.survived()
}

// sameRequest compares what has no time in it, as a signature in a body has.
func sameRequest(a, b *pluginv1.PreviewedRequest) bool {
	return a.GetMethod() == b.GetMethod() && a.GetUrl() == b.GetUrl()
}
