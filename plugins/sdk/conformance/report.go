package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Status is what became of a check.
type Status string

const (
	// Passed means that the plugin does what the check demands.
	Passed Status = "passed"
	// Failed means that it does not: see the faults.
	Failed Status = "failed"
	// NotClaimed means that the plugin does not claim it, or that the harness gives no
	// means to look: see the reason. It is proof of nothing.
	NotClaimed Status = "not_claimed"
	// NotRun means that another check has to pass first: see the reason.
	NotRun Status = "not_run"
)

// Result is what one check found.
type Result struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
	Status Status `json:"status"`
	Demand string `json:"demand"`
	Why    string `json:"why"`
	// Reason is why it was not claimed or not run, or with what reservation it passed.
	Reason string `json:"reason,omitempty"`
	// Faults are what is wrong, at most a handful.
	Faults []string `json:"faults,omitempty"`
	// Breakdowns are the ids of those that it failed for. Then the only fault is a
	// reference to them: what else was found mostly follows.
	Breakdowns []string `json:"breakdowns,omitempty"`
	Seconds    float64  `json:"seconds"`
}

// Report is what a run found.
type Report struct {
	// Suite is the Version of the list of checks.
	Suite string `json:"suite"`
	// Program is the path of what was checked, Plugin its name.
	Program       string `json:"program"`
	Plugin        string `json:"plugin"`
	PluginVersion string `json:"plugin_version"`
	// Remote says whether there was one to deliver to. Without it little is proven.
	Remote bool `json:"remote"`
	// Breakdowns are the faults in the plugin's code that stopped calls or processes, each
	// once.
	Breakdowns []Breakdown `json:"breakdowns,omitempty"`
	// Trouble is why the plugin does not start, if no breakdown tells it.
	Trouble string   `json:"trouble,omitempty"`
	Checks  []Result `json:"checks"`
}

// Conforms says that no check failed or could not be run.
func (r Report) Conforms() bool {
	return len(r.Checks) > 0 && r.Count(Failed) == 0 && r.Count(NotRun) == 0
}

// Count is how many checks have that status.
func (r Report) Count(status Status) int {
	count := 0
	for _, check := range r.Checks {
		if check.Status == status {
			count++
		}
	}
	return count
}

// WriteJSON writes the report as one JSON object, with "conforms" added.
func (r Report) WriteJSON(to io.Writer) error {
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		Conforms bool `json:"conforms"`
		Report
	}{r.Conforms(), r})
}

// WriteText writes the report for people.
func (r Report) WriteText(to io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "plugin %s %s, conformance suite %s\n\n", r.Plugin, r.PluginVersion, r.Suite)
	if r.Trouble != "" {
		fmt.Fprintf(&text, "trouble: the plugin does not start: %s\n\n", r.Trouble)
	}
	for _, b := range r.Breakdowns {
		b.writeText(&text)
	}
	for _, check := range r.Checks {
		word := map[Status]string{
			Passed: "ok", Failed: "FAILED", NotClaimed: "not claimed", NotRun: "not run",
		}[check.Status]
		fmt.Fprintf(&text, "%2d  %-11s  %-16s", check.Number, word, check.Name)
		if check.Reason != "" {
			fmt.Fprintf(&text, "  %s", check.Reason)
		}
		if len(check.Breakdowns) > 0 { // What it is about does not matter until that is mended.
			fmt.Fprintf(&text, "  %s\n", strings.Join(check.Faults, "; "))
			continue
		}
		text.WriteByte('\n')
		if check.Status == Failed {
			fmt.Fprintf(&text, "      it must: %s\n      because: %s\n", check.Demand, check.Why)
		}
		for _, fault := range check.Faults {
			fmt.Fprintf(&text, "      - %s\n", fault)
		}
	}
	fmt.Fprintf(&text, "\n%d passed, %d failed, %d not claimed, %d not run\n",
		r.Count(Passed), r.Count(Failed), r.Count(NotClaimed), r.Count(NotRun))
	if !r.Remote {
		text.WriteString("\nNothing was delivered, as the harness names no remote: how the plugin delivers is not proven.\n" +
			"Say in --harness which setting takes the address of one.\n")
	}
	_, err := io.WriteString(to, text.String())
	return err
}
