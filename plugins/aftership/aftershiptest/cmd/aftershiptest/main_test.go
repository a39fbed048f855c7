package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

// TestRunPrintsWhatArrives starts the program on a free port, makes, changes and
// deletes a tracking and reads the lines a person would see.
func TestRunPrintsWhatArrives(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	seen, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"--listen", "127.0.0.1:0", "--key", "mine"}, out, io.Discard) }()
	lines := bufio.NewScanner(seen)
	if !lines.Scan() {
		t.Fatal("no first line")
	}
	_, rest, _ := strings.Cut(lines.Text(), "at ")
	base, _, _ := strings.Cut(rest, " ")

	const all, id = "/tracking/2026-07/trackings", "0123456789abcdef0123456789abcdef"
	const one = all + "/" + id
	for _, test := range []struct{ method, path, body, said, want string }{
		{
			http.MethodPost, all,
			`{"id":"` + id + "\",\"tracking_number\" : \"ANY-NUMBER\",\n \"title\":\"a\u0085b\U000e0001\" }",
			" arrived ANY-NUMBER  ",
			`POST ` + all + `  {"id":"` + id + `","tracking_number":"ANY-NUMBER","title":"a\u0085b\udb40\udc01"}`,
		},
		{http.MethodGet, one, "", "", ""},
		{http.MethodPut, one, `{"title" : "c"}`, " changed ANY-NUMBER  ", `PUT ` + one + `  {"title":"c"}`},
		{http.MethodPut, one, `{"title" : 1}`, "", ""},
		{http.MethodDelete, one, "", " deleted ANY-NUMBER  ", `DELETE ` + one},
	} {
		r, err := http.NewRequestWithContext(ctx, test.method, base+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("as-api-key", "mine")
		r.Header.Set("Content-Type", "application/json")
		answered := make(chan error, 1)
		go func() {
			answer, err := http.DefaultClient.Do(r)
			if err == nil {
				err = answer.Body.Close()
			}
			answered <- err
		}()
		if test.want != "" {
			if !lines.Scan() {
				t.Fatalf("no line for %s", test.method)
			}
			if got := lines.Text(); !strings.HasSuffix(got, test.want) || !strings.Contains(got, test.said) {
				t.Errorf("line is %q, want%sand %q", got, test.said, test.want)
			}
		}
		if err := <-answered; err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--undetected", "6"}, {"--key", ""}, {"extra"}, {"--nothing"}} {
		var errs bytes.Buffer
		if _, err := parse(args, &errs); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
	o, err := parse(nil, io.Discard)
	if err != nil || o.key != aftershiptest.ValidKey || !o.limits {
		t.Errorf("defaults are %+v, %v", o, err)
	}
}
