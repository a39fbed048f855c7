package pluginhost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// version is what makes a binary of the test plugin another one.
type version struct {
	Behaviour   string          `json:",omitempty"`
	Description json.RawMessage `json:",omitempty"`
	// Refuses and Judges are what it says of settings.
	Refuses map[string]string `json:",omitempty"`
	Judges  string            `json:",omitempty"`
}

// numbered is a version that differs in its number.
func numbered(number string) version {
	return version{Description: json.RawMessage(fmt.Sprintf(`{"version":%q}`, number))}
}

// put puts a version of the test plugin in the place of the binary, by a rename as
// installers do.
func put(tb testing.TB, dir, name string, v version) {
	tb.Helper()
	appended, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	other := install(tb, tb.TempDir(), name)
	file, err := os.OpenFile(other, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		tb.Fatal(err)
	}
	_, writing := file.WriteString("\n#TRAILER" + "#" + string(appended))
	err = errors.Join(writing, file.Close(), os.Rename(other, filepath.Join(dir, binaryPrefix+name)))
	if err != nil {
		tb.Fatal(err)
	}
}

// load makes calls all the time and holds the host to it that each one gets its
// one result.
type load struct {
	made atomic.Int64
	stop func()
}

func (b *bundle) underLoad(t *testing.T, name string, callers int) *load {
	t.Helper()
	l := &load{}
	over := make(chan struct{})
	var running sync.WaitGroup
	for caller := range callers {
		running.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-over:
					return
				default:
				}
				id := strconv.Itoa(caller) + "-" + strconv.Itoa(n)
				got, err := b.forward(t, name, id)
				if err != nil || len(got) != 1 || got[0] != id {
					t.Errorf("call %s = %v, %v", id, got, err)
					return
				}
				l.made.Add(1)
			}
		})
	}
	l.stop = sync.OnceFunc(func() {
		close(over)
		running.Wait()
	})
	t.Cleanup(l.stop)
	return l
}

// goesOn waits for more calls.
func (l *load) goesOn(t *testing.T, calls int64) {
	t.Helper()
	ctx := deadline(t)
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for enough := l.made.Load() + calls; l.made.Load() < enough; {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatal("calls do not go on")
		}
		if t.Failed() {
			t.FailNow()
		}
	}
}

// A restart gives another process, without a call that waits or fails.
func TestRestartUnderLoad(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	before := b.ready(t, "good")
	l := b.underLoad(t, "good", 4)
	for range 5 {
		if err := b.Restart(deadline(t), "good", "a test wants it"); err != nil {
			t.Fatal(err)
		}
		l.goesOn(t, 10)
	}
	l.stop()
	after, _ := b.Plugin("good")
	if after.PID == before.PID || after.Starts != 6 || after.Crashes != 0 || after.SHA256 != before.SHA256 ||
		after.Reason != "a test wants it: took over" {
		t.Errorf("after = %+v", after)
	}
	b.stop()
	if alive(before.PID) {
		t.Error("the first process is still there")
	}
}

// Upgrades under load lose no call and leave no process (promise P7). Package app
// does it a hundred times with the whole server.
func TestUpgradesUnderLoad(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	b.ready(t, "good")
	l := b.underLoad(t, "good", 2)
	const upgrades = 20
	var pids []int
	for n := range upgrades {
		want := fmt.Sprintf("2.0.%d", n)
		put(t, b.dir, "good", numbered(want))
		if err := b.Upgrade(deadline(t), "good", "upgrade", false); err != nil {
			t.Fatal(err)
		}
		status, _ := b.Plugin("good")
		if status.Description.GetVersion() != want || status.State != Ready || status.Upgrade.State != UpgradeDone {
			t.Fatalf("upgrade to %s: %+v", want, status)
		}
		pids = append(pids, status.PID)
		l.goesOn(t, 5)
	}
	l.stop()
	// The last one and the one that it may fall back to.
	if copies, err := filepath.Glob(filepath.Join(b.state, "plugins", "*", "*")); err != nil || len(copies) != 2 {
		t.Errorf("copies = %v, %v", copies, err)
	}
	b.stop()
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("process %d is still there", pid)
		}
	}
	if status, _ := b.Plugin("good"); status.Crashes != 0 || status.Starts != upgrades+1 {
		t.Errorf("status = %+v", status)
	}
}

// The same binary again is no upgrade.
func TestUpgradeToTheSame(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	before := b.ready(t, "good")
	if err := b.Upgrade(deadline(t), "good", "upgrade", false); err != nil {
		t.Error(err)
	}
	if after, _ := b.Plugin("good"); after.PID != before.PID || after.Upgrade != (Upgrade{}) {
		t.Errorf("after = %+v", after)
	}
	if err := b.Upgrade(deadline(t), "absent", "upgrade", false); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("absent = %v", err)
	}
}

// A version that connections refuse does not take over, unless they are to be
// paused.
func TestUpgradeRefusedByConnections(t *testing.T) {
	t.Parallel()
	b := prepare(t, []string{"good"})
	var asked []Change
	b.OnChange(func(_ context.Context, c Change) error {
		asked = append(asked, c)
		if c.Pause {
			return nil
		}
		return errors.New(`connection "acme/one" lacks "token"`)
	})
	b.start(t)
	before := b.ready(t, "good")
	put(t, b.dir, "good", numbered("2.0.0"))
	err := b.Upgrade(deadline(t), "good", "upgrade", false)
	if err == nil || !strings.Contains(err.Error(), `version 2.0.0: connection "acme/one" lacks "token"`) {
		t.Errorf("err = %v", err)
	}
	after, _ := b.Plugin("good")
	if after.PID != before.PID || after.State != Ready || after.Crashes != 0 || after.Upgrade.State != UpgradeRefused ||
		after.Upgrade.FromVersion != "1.0.0" || !strings.Contains(after.Upgrade.Reason, "acme/one") {
		t.Errorf("after the refusal = %+v", after)
	}
	if _, err := b.forward(t, "good", "1"); err != nil {
		t.Error(err)
	}
	if err := b.Upgrade(deadline(t), "good", "upgrade", true); err != nil {
		t.Fatal(err)
	}
	after, _ = b.Plugin("good")
	if after.Description.GetVersion() != "2.0.0" || after.Upgrade.State != UpgradeDone {
		t.Errorf("after the choice = %+v", after)
	}
	b.stop()
	if len(asked) != 2 || asked[1].Old.GetVersion() != "1.0.0" || asked[1].New.GetVersion() != "2.0.0" {
		t.Errorf("asked = %v", asked)
	}
}

// Both versions can be asked about settings before the new one takes calls; a new one
// that does not answer has not started (see also package connections).
func TestVersionsAreAskedAboutSettings(t *testing.T) {
	t.Parallel()
	b := prepare(t, []string{"good"})
	request := &pluginv1.CheckSettingsRequest{
		Connection: &pluginv1.Connection{Settings: map[string]string{"mode": "gone"}},
	}
	type answers struct{ old, next, during error }
	var told answers
	var faults []*pluginv1.SettingFault
	b.OnChange(func(ctx context.Context, c Change) error {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		var response *pluginv1.CheckSettingsResponse
		_, told.old = c.CheckOld(ctx, request)
		response, told.next = c.CheckNew(ctx, request)
		faults = response.GetFaults()
		// What serves is the old one.
		_, told.during = b.CheckSettings(ctx, "good", request)
		if told.next != nil {
			return fmt.Errorf("%w: %w", ErrUnanswered, told.next)
		}
		return nil
	})
	b.start(t)
	before := b.ready(t, "good")
	one := numbered("2.0.0")
	one.Judges = "death"
	put(t, b.dir, "good", one)
	err := b.Upgrade(deadline(t), "good", "upgrade", true)
	after, _ := b.Plugin("good")
	if err == nil || errors.Is(err, ErrRefused) || !errors.Is(told.next, ErrLost) || after.PID != before.PID ||
		after.State != Ready || after.Upgrade.State != UpgradeFailed ||
		!strings.Contains(after.Upgrade.Reason, "version 2.0.0: it does not answer") {
		t.Errorf("a version that dies of it: %v, %+v, %+v", err, told, after)
	}
	one.Judges, one.Refuses = "faults", map[string]string{"mode": "gone"}
	put(t, b.dir, "good", one)
	if err := b.Upgrade(deadline(t), "good", "upgrade", false); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(told.old, ErrUnsupported) || !errors.Is(told.during, ErrUnsupported) || told.next != nil ||
		len(faults) != 1 || faults[0].GetField() != "mode" {
		t.Errorf("told %+v, faults %v", told, faults)
	}
	if response, err := b.CheckSettings(deadline(t), "good", request); err != nil || len(response.GetFaults()) != 1 {
		t.Errorf("after the upgrade: %v, %v", response, err)
	}
	// Those of the version that serves, while it does: two in each review, and the last.
	status, _ := b.Plugin("good")
	want := []CallCount{
		{Method: MethodCheckSettings, Result: ResultOK, Count: 1},
		{Method: MethodCheckSettings, Result: ResultUnsupported, Count: 4},
	}
	if !slices.Equal(status.Calls, want) {
		t.Errorf("counted %+v", status.Calls)
	}
}

// A version that does not start, or says what the host refuses, does not take over.
func TestUpgradeToFaultyVersion(t *testing.T) {
	t.Parallel()
	for behaviour, want := range map[string]UpgradeState{"crashing": UpgradeFailed, "misnamed": UpgradeRefused} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			b := run(t, []string{"good"})
			before := b.ready(t, "good")
			put(t, b.dir, "good", version{Behaviour: behaviour})
			if err := b.Upgrade(deadline(t), "good", "upgrade", false); err == nil {
				t.Error("it was taken")
			}
			after, _ := b.Plugin("good")
			if after.PID != before.PID || after.SHA256 != before.SHA256 || after.State != Ready ||
				after.Upgrade.State != want {
				t.Errorf("after = %+v", after)
			}
			if reports, _ := b.CrashReports("good"); len(reports) != 1 || reports[0].SHA256 == before.SHA256 {
				t.Errorf("reports = %+v", reports)
			}
			// The next start is of the old one too.
			_ = syscall.Kill(before.PID, syscall.SIGKILL)
			again := b.await(t, func(s Status) bool { return s.State == Ready && s.PID != before.PID })
			if again.SHA256 != before.SHA256 {
				t.Errorf("again = %+v", again)
			}
		})
	}
}

// A file that is mended is no refused upgrade any more, whether the plugin runs or waits.
func TestRefusedUpgradeIsForgotten(t *testing.T) {
	t.Parallel()
	for behaviour, refused := range map[string]UpgradeState{"crashing": UpgradeFailed, "misnamed": UpgradeRefused} {
		for _, waits := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, waits %t", behaviour, waits), func(t *testing.T) {
				t.Parallel()
				b := run(t, []string{"good"}, func(o *Options) {
					o.Timings.BackoffFirst, o.Timings.BackoffMost = patience, patience
				})
				before := b.ready(t, "good")
				put(t, b.dir, "good", version{Behaviour: behaviour})
				if err := b.Upgrade(deadline(t), "good", "upgrade", false); err == nil {
					t.Error("it was taken")
				}
				if after, _ := b.Plugin("good"); after.Upgrade.State != refused {
					t.Errorf("before it is mended: %+v", after)
				}
				if waits {
					_ = syscall.Kill(before.PID, syscall.SIGKILL)
					b.await(t, func(s Status) bool { return s.State == Backoff })
				}
				mended := filepath.Join(b.dir, binaryPrefix+"good")
				if err := os.Rename(install(t, t.TempDir(), "good"), mended); err != nil {
					t.Fatal(err)
				}
				if err := b.Upgrade(deadline(t), "good", "upgrade", false); err != nil {
					t.Error(err)
				}
				after, _ := b.Plugin("good")
				if after.SHA256 != before.SHA256 || after.State != Ready || after.Upgrade != (Upgrade{}) {
					t.Errorf("after = %+v", after)
				}
			})
		}
	}
}

// What was done stays told when the same binary is asked for again.
func TestDoneUpgradeIsRemembered(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	b.ready(t, "good")
	put(t, b.dir, "good", numbered("2.0.0"))
	for range 2 {
		if err := b.Upgrade(deadline(t), "good", "upgrade", false); err != nil {
			t.Fatal(err)
		}
		if after, _ := b.Plugin("good"); after.Upgrade.State != UpgradeDone {
			t.Errorf("after = %+v", after)
		}
	}
}

// A version that uses up its crash budget at once gives way to the one before.
func TestUpgradeIsRolledBack(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"}, func(o *Options) { o.Timings.CrashBudget = 3 })
	before := b.ready(t, "good")
	put(t, b.dir, "good", version{
		Behaviour: "short-lived", Description: json.RawMessage(`{"version":"2.0.0"}`),
	})
	if err := b.Upgrade(deadline(t), "good", "upgrade", false); err != nil {
		t.Fatal(err)
	}
	back := b.await(t, func(s Status) bool { return s.State == Ready && s.Upgrade.State == UpgradeRolledBack })
	if back.SHA256 != before.SHA256 || back.Description.GetVersion() != "1.0.0" || back.Crashes != 3 ||
		!strings.Contains(back.Upgrade.Reason, "exit status 6") {
		t.Errorf("back = %+v", back)
	}
	if _, err := b.forward(t, "good", "1"); err != nil {
		t.Error(err)
	}
}

// A version that has proved stable is not rolled back.
func TestStableUpgradeIsKept(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"}, func(o *Options) {
		o.Timings.CrashBudget, o.Timings.Stable = 1, time.Nanosecond
	})
	b.ready(t, "good")
	put(t, b.dir, "good", numbered("2.0.0"))
	if err := b.Upgrade(deadline(t), "good", "upgrade", false); err != nil {
		t.Fatal(err)
	}
	b.awaitStatus(t, "good", func(s Status) bool { return s.Upgrade.Settled })
	if copies, err := filepath.Glob(filepath.Join(b.state, "plugins", "*", "*")); err != nil || len(copies) != 1 {
		t.Errorf("copies = %v, %v", copies, err)
	}
	after, _ := b.Plugin("good")
	_ = syscall.Kill(after.PID, syscall.SIGKILL)
	end := b.await(t, func(s Status) bool { return s.State == Quarantined || s.Upgrade.State == UpgradeRolledBack })
	if end.State != Quarantined {
		t.Errorf("end = %+v", end)
	}
}

// A version that treats repeats in another way takes no call before the old one has
// ended its own, and not before the connections are brought up to date (promise P3).
func TestUpgradeToOtherIdempotencyIsApart(t *testing.T) {
	t.Parallel()
	b := prepare(t, []string{"good"})
	var mu sync.Mutex
	var steps []string
	step := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		steps = append(steps, text)
	}
	b.BeforeReady(func(d *pluginv1.Description) { step("brought up to " + d.GetVersion()) })
	b.start(t)
	b.ready(t, "good")
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	request := batch("1", "hold")
	request.Deliveries[1].Record.OrderId = pipe
	underWay, ended := make(chan struct{}, 2), make(chan error, 1)
	go func() {
		err := b.ForwardTracking(deadline(t), "good", request, func(*pluginv1.DeliveryResult) {
			underWay <- struct{}{}
		})
		step("old call ended")
		ended <- err
	}()
	<-underWay
	put(t, b.dir, "good", version{
		Description: json.RawMessage(`{"version":"2.0.0","idempotency":"IDEMPOTENCY_LOOKUP"}`),
	})
	upgraded := make(chan error, 1)
	go func() { upgraded <- b.Upgrade(deadline(t), "good", "upgrade", false) }()
	b.await(t, func(s Status) bool { return s.State == Draining })
	if _, err := b.forward(t, "good", "2"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("call between the versions = %v, want ErrUnavailable", err)
	}
	release(t, pipe)
	if err := errors.Join(<-ended, <-upgraded); err != nil {
		t.Fatal(err)
	}
	if _, err := b.forward(t, "good", "3"); err != nil {
		t.Error(err)
	}
	b.stop()
	if got := strings.Join(steps, ", "); got != "brought up to 1.0.0, old call ended, brought up to 2.0.0" {
		t.Errorf("steps = %s", got)
	}
}

// A process that dies while its successor starts costs no wait: the successor takes
// over as it comes.
func TestDeathDuringUpgrade(t *testing.T) {
	t.Parallel()
	b := prepare(t, []string{"good"}, func(o *Options) {
		o.Timings.BackoffFirst, o.Timings.BackoffMost = patience, patience
	})
	reviewing, goOn := make(chan struct{}), make(chan struct{})
	b.OnChange(func(context.Context, Change) error {
		close(reviewing)
		<-goOn
		return nil
	})
	b.start(t)
	before := b.ready(t, "good")
	put(t, b.dir, "good", numbered("2.0.0"))
	upgraded := make(chan error, 1)
	go func() { upgraded <- b.Upgrade(deadline(t), "good", "upgrade", false) }()
	<-reviewing
	_ = syscall.Kill(before.PID, syscall.SIGKILL)
	b.await(t, func(s Status) bool { return s.State == Starting && s.Starts == 2 })
	close(goOn)
	if err := <-upgraded; err != nil {
		t.Fatal(err)
	}
	after := b.ready(t, "good")
	if after.Description.GetVersion() != "2.0.0" || after.Crashes != 1 || after.CrashesBy[CrashSignal] != 1 {
		t.Errorf("after = %+v", after)
	}
}

// An order that comes while another process is being started waits for its turn: whoever
// puts a file there and asks for it may be as fast as the watch of the files.
func TestOrdersDuringUpgradeWait(t *testing.T) {
	t.Parallel()
	b := prepare(t, []string{"good"})
	reviewing, reviewed := make(chan struct{}), make(chan struct{})
	b.OnChange(func(context.Context, Change) error {
		close(reviewing)
		<-reviewed
		return nil
	})
	b.start(t)
	b.ready(t, "good")
	put(t, b.dir, "good", numbered("2.0.0"))
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- b.Upgrade(deadline(t), "good", "upgrade", false) }()
	<-reviewing
	impatient, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := b.Upgrade(impatient, "good", "upgrade", false); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the order did not wait: %v", err)
	}
	go func() { second <- b.Upgrade(deadline(t), "good", "upgrade", false) }()
	close(reviewed)
	if err := errors.Join(<-first, <-second); err != nil {
		t.Fatal(err)
	}
	if status, _ := b.Plugin("good"); status.Description.GetVersion() != "2.0.0" || status.Starts != 2 {
		t.Errorf("status = %+v", status)
	}
}

// A host that stops during an upgrade leaves nothing.
func TestStopDuringUpgrade(t *testing.T) {
	t.Parallel()
	b := prepare(t, []string{"good"})
	reviewing := make(chan struct{})
	b.OnChange(func(ctx context.Context, _ Change) error {
		close(reviewing)
		<-ctx.Done()
		return ctx.Err()
	})
	b.start(t)
	b.ready(t, "good")
	put(t, b.dir, "good", numbered("2.0.0"))
	upgraded := make(chan error, 1)
	go func() { upgraded <- b.Upgrade(deadline(t), "good", "upgrade", false) }()
	<-reviewing
	b.stop()
	if err := <-upgraded; !errors.Is(err, ErrUnavailable) {
		t.Errorf("err = %v", err)
	}
}
