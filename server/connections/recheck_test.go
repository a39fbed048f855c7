package connections_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/connections"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
)

// paused is a connection that its extra interface refused a moment ago, and a
// service that tests it again, in virtual time.
type paused struct {
	*sqlite.Store
	t       *testing.T
	plugins *apitest.Plugins
	vault   *connections.Vault
	// key is that of the last connection.
	key int64

	mu sync.Mutex
	// unstored is how many plans of a test fail still, planned how many were made.
	unstored, planned int
	// hanging is the last connection whose test hangs.
	hanging int64
	answer  *pluginv1.CheckConnectionResponse
	err     error
	asked   []time.Time
}

func inPause(t *testing.T, test func(p *paused)) {
	t.Helper()
	inPauseOf(t, 1, test)
}

// inPauseOf is inPause with more such connections.
func inPauseOf(t *testing.T, connected int, test func(p *paused)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "spurline.db")
	synctest.Test(t, func(t *testing.T) {
		kept, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Logger: apitest.Logger()})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := kept.Close(); err != nil {
				t.Error(err)
			}
		}()
		p := &paused{t: t, Store: kept, plugins: apitest.NewPlugins(apitest.Description())}
		p.plugins.Check = p.check
		vault := connections.NewVault(markSealer{"key"})
		p.vault = vault
		p.pause("aftership", connected)
		service := connections.New(connections.Options{
			Store: p, Plugins: p.plugins, Vault: vault, Logger: apitest.Logger(),
		})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			if err := service.Recheck(ctx); err != nil {
				t.Error(err)
			}
		})
		test(p)
		cancel()
		running.Wait()
	})
}

func (p *paused) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// pause makes connections of a plugin, and refuses them.
func (p *paused) pause(plugin string, connected int) {
	merchant, err := p.CreateMerchant(p.t.Context(), store.Merchant{ID: "of-" + plugin, CreateTime: time.Now()})
	p.must(err)
	for i := range connected {
		c := store.Connection{
			MerchantKey: merchant.Key, MerchantID: merchant.ID, ID: fmt.Sprintf("tracking-%d", i), Plugin: plugin,
			State: store.Active, Check: store.Untested, Settings: map[string]string{"api_generation": "v4"},
			CreateTime: time.Now(),
		}
		c.Secrets, err = p.vault.SealSecrets(c, map[string]string{"api_key": theSecret})
		p.must(err)
		c, err = p.CreateConnection(p.t.Context(), c)
		p.must(err)
		p.key = c.Key
		_, err = p.SetConnectionState(p.t.Context(), store.StateChange{
			Connection: c.Key, Generation: 1, State: store.Paused, Reason: "REFUSED", Recheck: connections.FirstRecheck,
			Now: time.Now(),
		})
		p.must(err)
	}
}

func (p *paused) hangs(key int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return key <= p.hanging
}

// PlanRecheck is that of the store, which may fail.
func (p *paused) PlanRecheck(ctx context.Context, recheck store.Recheck) error {
	p.mu.Lock()
	p.planned++
	fails := p.planned <= p.unstored
	p.mu.Unlock()
	if fails {
		return errors.New("no room")
	}
	return p.Store.PlanRecheck(ctx, recheck)
}

func (p *paused) check(request *pluginv1.CheckConnectionRequest) (*pluginv1.CheckConnectionResponse, error) {
	if key, err := strconv.ParseInt(request.GetConnection().GetUid(), 10, 64); err != nil || p.hangs(key) {
		<-time.NewTimer(30 * time.Second).C
		return nil, context.DeadlineExceeded
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, time.Now())
	return p.answer, p.err
}

// script changes how the plugin answers from now on.
func (p *paused) script(answer *pluginv1.CheckConnectionResponse, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer, p.err = answer, err
}

// pass lets virtual time pass and returns the connection.
func (p *paused) pass(d time.Duration) store.Connection {
	p.t.Helper()
	<-time.NewTimer(d).C
	synctest.Wait()
	c, err := p.ConnectionByKey(p.t.Context(), p.key)
	p.must(err)
	return c
}

// tests are the times of all tests so far.
func (p *paused) tests() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

func refusing() *pluginv1.CheckConnectionResponse {
	return &pluginv1.CheckConnectionResponse{
		Outcome: pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY,
		Faults:  []*pluginv1.SettingFault{{Field: "api_key", Reason: "REVOKED", Hint: "make a new one"}},
	}
}

// TestRecheckBacksOff: a refused lane is tested after a minute, then after twice as
// long each time up to an hour, and goes on when it passes (promise P6).
func TestRecheckBacksOff(t *testing.T) {
	t.Parallel()
	inPause(t, func(p *paused) {
		p.script(refusing(), nil)
		start := time.Now()
		if c := p.pass(5 * time.Hour); c.State != store.Paused || c.Check != store.Faulty {
			t.Errorf("state %d, check %d: want it paused and faulty", c.State, c.Check)
		}
		// 1, 3, 7, 15, 31, 63 minutes, then every hour.
		if len(p.asked) != 9 {
			t.Errorf("tested %d times in 5 h, want 9: %v", len(p.asked), p.asked)
		}
		if first := p.asked[0].Sub(start); first < time.Minute || first > 2*time.Minute {
			t.Errorf("tested first after %s, want about a minute", first)
		}
		p.script(passing(), nil)
		c := p.pass(time.Hour + time.Minute)
		if c.State != store.Active || !c.Probing || c.Check != store.Passed || c.AccountID != "org-1" {
			t.Errorf("after a good test the connection is %+v", c)
		}
		tests := len(p.asked)
		if p.pass(5 * time.Hour); len(p.asked) != tests {
			t.Errorf("tested %d times after it passed", len(p.asked)-tests)
		}
	})
}

// TestRecheckWithoutAnswer: that nothing answers says nothing of the settings, and
// the next test comes all the same.
func TestRecheckWithoutAnswer(t *testing.T) {
	t.Parallel()
	inPause(t, func(p *paused) {
		p.script(nil, errors.New("broken"))
		if c := p.pass(10 * time.Minute); c.State != store.Paused || c.Check != store.Untested {
			t.Errorf("state %d, check %d: want it paused and untested", c.State, c.Check)
		}
		p.plugins.Set(pluginhost.Status{Name: "aftership", State: pluginhost.Backoff})
		tests := len(p.asked)
		if p.pass(time.Hour); len(p.asked) != tests {
			t.Errorf("asked a plugin that does not run")
		}
		p.plugins.Set(pluginhost.Status{
			Name: "aftership", State: pluginhost.Ready, Description: apitest.Description(),
		})
		p.script(passing(), nil)
		if c := p.pass(2 * time.Hour); c.State != store.Active {
			t.Errorf("state %d after the plugin came back, want active", c.State)
		}
	})
}

// TestRecheckThatDidNotArrive: only an answer makes the next test wait longer, and one
// that its plugin was not there for is made up for soon (promise P6).
func TestRecheckThatDidNotArrive(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer *pluginv1.CheckConnectionResponse
		err    error
		// next is how long until the test after it.
		next time.Duration
	}{
		"plugin that does not run": {nil, pluginhost.ErrUnavailable, time.Minute},
		"plugin that is gone":      {nil, pluginhost.ErrNotInstalled, time.Minute},
		"call that fails":          {nil, errors.New("broken"), 8 * time.Minute},
		"no answer from the extra interface": {&pluginv1.CheckConnectionResponse{
			Outcome: pluginv1.CheckOutcome_CHECK_OUTCOME_UNREACHABLE,
		}, nil, 8 * time.Minute},
		"refusal": {refusing(), nil, 16 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inPause(t, func(p *paused) {
				p.script(refusing(), nil)
				p.pass(8 * time.Minute) // 1, 3 and 7 minutes: it waits 8 by now.
				p.script(c.answer, c.err)
				p.pass(8 * time.Minute)
				before := p.tests()
				if len(before) < 4 {
					t.Fatalf("asked %d times, want 4", len(before))
				}
				p.script(refusing(), nil)
				found := p.pass(20 * time.Minute)
				if next := p.tests()[len(before)].Sub(before[len(before)-1]).Round(time.Minute); next != c.next {
					t.Errorf("the next test came after %s, want %s", next, c.next)
				}
				if found.RecheckWait != 16*time.Minute && found.RecheckWait != 32*time.Minute {
					t.Errorf("the wait is %s after a refusal", found.RecheckWait)
				}
			})
		})
	}
}

// TestRecheckThatCannotBeStored: while the store fails, extra interfaces are not asked again
// and again (promise P6).
func TestRecheckThatCannotBeStored(t *testing.T) {
	t.Parallel()
	inPauseOf(t, 20, func(p *paused) {
		p.script(refusing(), nil)
		p.mu.Lock()
		p.unstored = 500 // With an end, as the test should have one.
		p.mu.Unlock()
		p.pass(5 * time.Minute)
		if tests := len(p.tests()); tests > 100 {
			t.Errorf("tested %d times in 5 minutes", tests)
		}
	})
}

// TestRecheckBesideOnesThatHang: a plugin whose tests hang keeps those of another waiting
// no longer (promise P5).
func TestRecheckBesideOnesThatHang(t *testing.T) {
	t.Parallel()
	inPauseOf(t, 40, func(p *paused) {
		p.script(passing(), nil)
		p.mu.Lock()
		p.hanging = p.key // Those of before hang too.
		p.mu.Unlock()
		p.plugins.Set(pluginhost.Status{Name: "other", State: pluginhost.Ready, Description: apitest.Description()})
		p.pause("other", 1)
		if found := p.pass(connections.FirstRecheck + time.Minute); found.State != store.Active || !found.Probing {
			t.Errorf("the connection of the other plugin is %v, want it taken again", found.State)
		}
	})
}
