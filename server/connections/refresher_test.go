package connections_test

import (
	"context"
	"errors"
	"testing"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/connections"
	"github.com/spurline/spurline/server/store"
)

// listed is a store that holds connections and counts what is read and written.
type listed struct {
	all     []store.Connection
	read    int
	written int
	edit    func(all []store.Connection) // Runs once, between a read and its write.
	// editAlways: it runs each time.
	editAlways bool
	err        error
}

func (l *listed) Connections(_ context.Context, _ int64, page store.Page) ([]store.Connection, error) {
	l.read++
	var some []store.Connection
	for _, c := range l.all {
		if c.Key > page.After && len(some) < page.Limit {
			some = append(some, c)
		}
	}
	return some, l.err
}

func (l *listed) SetTakes(_ context.Context, takes map[int64]store.Takes) error {
	if edit := l.edit; edit != nil {
		if !l.editAlways {
			l.edit = nil
		}
		edit(l.all)
	}
	for i := range l.all {
		if changed, ok := takes[l.all[i].Key]; ok {
			l.all[i].Takes = changed
			l.written++
		}
	}
	return nil
}

func TestRefreshWritesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	description := &pluginv1.Description{
		Name: "aftership", Contracts: []pluginv1.Contract{pluginv1.Contract_CONTRACT_TRACKING_FORWARD},
	}
	want := connections.Takes(description, nil)
	kept := &listed{}
	for key := range int64(1300) {
		c := store.Connection{Key: key + 1, Plugin: "aftership"}
		if key%2 == 0 {
			c.Takes = want
		}
		if key%5 == 0 {
			c.Plugin = "zoho"
		}
		kept.all = append(kept.all, c)
	}
	if err := connections.NewRefresher(kept).Refresh(t.Context(), description); err != nil {
		t.Fatal(err)
	}
	if kept.written != 520 {
		t.Errorf("%d connections written, want the 520 of the plugin that differ", kept.written)
	}
	for _, c := range kept.all {
		if c.Plugin == "aftership" && c.Takes != want {
			t.Errorf("connection %d takes %+v, want %+v", c.Key, c.Takes, want)
		}
	}
}

func TestRefreshDoesNotUndoAnEditAtTheSameTime(t *testing.T) {
	t.Parallel()
	description := &pluginv1.Description{
		Name: "aftership", Contracts: []pluginv1.Contract{pluginv1.Contract_CONTRACT_TRACKING_FORWARD},
		JoinedFacts: []*pluginv1.JoinedFact{
			{Fact: pluginv1.OrderFact_ORDER_FACT_CUSTOMER, WhenSetting: "contact"},
		},
		Settings: []*pluginv1.SettingField{{Name: "contact", Kind: pluginv1.SettingKind_SETTING_KIND_BOOL}},
	}
	chosen := map[string]string{"contact": "true"}
	kept := &listed{all: []store.Connection{{Key: 1, Plugin: "aftership"}}}
	kept.edit = func(all []store.Connection) { all[0].Settings = chosen }
	if err := connections.NewRefresher(kept).Refresh(t.Context(), description); err != nil {
		t.Fatal(err)
	}
	if want := connections.Takes(description, chosen); kept.all[0].Takes != want {
		t.Errorf("takes %+v, want those of the edit: %+v", kept.all[0].Takes, want)
	}
}

func TestRefreshReportsAFailingStore(t *testing.T) {
	t.Parallel()
	failure := errors.New("disk is gone")
	err := connections.NewRefresher(&listed{err: failure}).Refresh(t.Context(), &pluginv1.Description{Name: "x"})
	if !errors.Is(err, failure) {
		t.Errorf("error = %v, want it to wrap that of the store", err)
	}
}

// refreshing is a plugin whose connections are brought up to date again and again.
type refreshing struct {
	t         *testing.T
	kept      *listed
	refresher *connections.Refresher
}

func newRefreshing(t *testing.T) *refreshing {
	t.Helper()
	kept := &listed{all: []store.Connection{{Key: 1, Plugin: "aftership"}}}
	return &refreshing{t, kept, connections.NewRefresher(kept)}
}

// described returns a description of the version, and with further facts if it has changed.
func described(version string, facts ...pluginv1.OrderFact) *pluginv1.Description {
	d := &pluginv1.Description{
		Name: "aftership", Version: version,
		Contracts: []pluginv1.Contract{pluginv1.Contract_CONTRACT_TRACKING_FORWARD},
	}
	for _, fact := range facts {
		d.JoinedFacts = append(d.JoinedFacts, &pluginv1.JoinedFact{Fact: fact})
	}
	return d
}

// refresh refreshes and fails unless it read the connections, or did not, as wanted.
func (r *refreshing) refresh(d *pluginv1.Description, reads bool) {
	r.t.Helper()
	before := r.kept.read
	if err := r.refresher.Refresh(r.t.Context(), d); err != nil {
		r.t.Fatal(err)
	}
	if got := r.kept.read > before; got != reads {
		r.t.Errorf("connections were read: %t, want %t", got, reads)
	}
	if want := connections.Takes(d, nil); r.kept.all[0].Takes != want {
		r.t.Errorf("takes %+v, want %+v", r.kept.all[0].Takes, want)
	}
}

// Another process of a plugin has nobody wait for connections that are as they must be.
func TestRefreshReadsNothingTwice(t *testing.T) {
	t.Parallel()
	r := newRefreshing(t)
	source := pluginv1.OrderFact_ORDER_FACT_ORDER_SOURCE
	r.refresh(described("1.0.0"), true)
	r.refresh(described("1.0.0"), false)
	r.refresh(described("1.0.1"), false) // Nothing that matters has changed.
	r.refresh(described("1.1.0", source), true)
	r.refresh(described("1.1.0", source), false)
	r.refresh(described("1.0.0"), true) // Back again.
	other := described("1.0.0")
	other.Name = "zoho"
	before := r.kept.read
	if err := r.refresher.Refresh(t.Context(), other); err != nil || r.kept.read == before {
		t.Errorf("another plugin: read %d times, %v", r.kept.read-before, err)
	}
}

func TestRefreshThatFailedIsDoneAgain(t *testing.T) {
	t.Parallel()
	r := newRefreshing(t)
	r.refresh(described("1.0.0"), true)
	changed := described("1.1.0", pluginv1.OrderFact_ORDER_FACT_ORDER_SOURCE)
	r.kept.err = errors.New("disk is full")
	if err := r.refresher.Refresh(t.Context(), changed); err == nil {
		t.Fatal("no error")
	}
	r.kept.err = nil
	r.refresh(changed, true)
	r.refresh(changed, false)
}

// One that always found something to change is not known to have reached its end.
func TestRefreshThatIsNeverDoneIsDoneAgain(t *testing.T) {
	t.Parallel()
	r := newRefreshing(t)
	forgetful := func(all []store.Connection) { all[0].Key++ } // What is written misses it.
	r.kept.edit, r.kept.editAlways = forgetful, true
	if err := r.refresher.Refresh(t.Context(), described("1.0.0")); err != nil {
		t.Fatal(err)
	}
	r.kept.edit, r.kept.editAlways = nil, false
	r.refresh(described("1.0.0"), true)
	r.refresh(described("1.0.0"), false)
}

// An edit that was made from the description before is put right by the next process, also
// if it was written while the refresh went on.
func TestRefreshMendsALateEdit(t *testing.T) {
	t.Parallel()
	r := newRefreshing(t)
	old, now := described("1.0.0"), described("1.1.0", pluginv1.OrderFact_ORDER_FACT_ORDER_SOURCE)
	late := func() {
		r.kept.all[0].Takes = connections.Takes(old, nil)
		r.refresher.Wrote(r.kept.all[0])
	}
	r.refresh(old, true)
	r.refresh(now, true)
	r.refresher.Wrote(r.kept.all[0]) // As it must be.
	r.refresh(now, false)
	late()
	r.refresh(now, true)
	r.refresh(now, false)

	r.kept.all = append(r.kept.all, store.Connection{Key: 2, Plugin: "aftership"})
	r.refresh(old, true)
	r.kept.all[1].Takes = connections.Takes(old, nil)
	r.kept.edit = func([]store.Connection) { late() }
	r.refresh(now, true)
	r.refresh(now, true)
	r.refresh(now, false)
}

func TestServiceTellsWhatItWrote(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	if wrote := w.wrote.Load(); wrote == nil || wrote.ID != "tracking" || wrote.Version != 1 {
		t.Errorf("created: told %+v", wrote)
	}
	if _, err := w.update(&apiv1.Connection{Title: "Other"}, []string{"title"}); err != nil {
		t.Fatal(err)
	}
	if wrote := w.wrote.Load(); wrote.Title != "Other" {
		t.Errorf("edited: told %+v", wrote)
	}
}
