package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Answer is what a Canned remote answers to the requests that it fits.
type Answer struct {
	// Method and Path choose requests; empty ones choose all. The path is a pattern
	// as path.Match has it, after the base URL.
	Method string `yaml:"method"`
	Path   string `yaml:"path"`
	// Status is 200 if not said.
	Status int `yaml:"status"`
	// ContentType is application/json if not said.
	ContentType string `yaml:"content_type"`
	// Body is "{}" if not said.
	Body string `yaml:"body"`
	// Reads says that requests with another method than GET and HEAD change nothing
	// here, as a search by POST does not.
	Reads bool `yaml:"reads"`
}

// Canned is a stand-in of canned answers.
type Canned struct {
	// Answers are tried in turn; what none fits is answered 200 with "{}".
	Answers []Answer `yaml:"answers"`
	// Refusal is the body of every refusal that the suite scripts; in it "{status}"
	// becomes the status.
	Refusal Answer `yaml:"refusal"`
	// KeyHeader and KeyField say where a request names the record, for extra
	// interfaces that recognise a repeat: in a header, or in a top-level field of a
	// JSON body. Without either, every write makes a record.
	KeyHeader string `yaml:"key_header"`
	KeyField  string `yaml:"key_field"`
}

// validate returns what is wrong with the answers.
func (c Canned) validate() error {
	for i, a := range append(slices.Clone(c.Answers), c.Refusal) {
		if _, err := path.Match(a.Path, "/"); err != nil {
			return fmt.Errorf("answers[%d]: path: %w", i, err)
		}
		if a.Status != 0 && (a.Status < 200 || a.Status > 599) {
			return fmt.Errorf("answers[%d]: status: %d is none", i, a.Status)
		}
	}
	return nil
}

// recognises says that a repeat can be told from a new record.
func (c Canned) recognises() bool { return c.KeyHeader != "" || c.KeyField != "" }

// New returns a stand-in without records.
func (c Canned) New() StandIn { return &canned{Canned: c} }

type canned struct {
	Canned

	mu      sync.Mutex
	records []string
}

// ServeHTTP implements http.Handler.
func (c *canned) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	a := c.answer(r)
	if c.Writes(r) && a.Status < http.StatusBadRequest {
		c.keep(r, body)
	}
	w.Header().Set("Content-Type", a.ContentType)
	w.WriteHeader(a.Status)
	_, _ = io.WriteString(w, a.Body)
}

// answer is the one that fits, complete.
func (c *canned) answer(r *http.Request) Answer {
	for _, a := range c.Answers {
		if a.Method != "" && a.Method != r.Method {
			continue
		}
		if fits, _ := path.Match(a.Path, r.URL.Path); fits || a.Path == "" {
			return a.complete(http.StatusOK)
		}
	}
	return Answer{}.complete(http.StatusOK)
}

func (a Answer) complete(status int) Answer {
	if a.Status == 0 {
		a.Status = status
	}
	if a.ContentType == "" {
		a.ContentType = "application/json"
	}
	if a.Body == "" {
		a.Body = "{}"
	}
	return a
}

// keep notes the record that a write makes.
func (c *canned) keep(r *http.Request, body []byte) {
	key := ""
	switch {
	case c.KeyHeader != "":
		key = r.Header.Get(c.KeyHeader)
	case c.KeyField != "":
		var object map[string]any
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		if decoder.Decode(&object) == nil && object[c.KeyField] != nil {
			key = fmt.Sprint(object[c.KeyField])
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if key == "" {
		key = fmt.Sprintf("unnamed %d", len(c.records)+1)
	}
	if !slices.Contains(c.records, key) {
		c.records = append(c.records, key)
	}
}

// Records implements StandIn.
func (c *canned) Records() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.records)
}

// Failure implements StandIn.
func (c *canned) Failure(status int) (contentType, body string) {
	a := c.Refusal.complete(status)
	return a.ContentType, strings.ReplaceAll(a.Body, "{status}", strconv.Itoa(status))
}

// Writes implements StandIn.
func (c *canned) Writes(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	default:
		return !c.answer(r).Reads
	}
}
