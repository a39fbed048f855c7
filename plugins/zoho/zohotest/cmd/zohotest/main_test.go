package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestRunPrintsWhatArrives starts the program on a free port, gets a token, makes a
// contact and reads the lines a person would see.
func TestRunPrintsWhatArrives(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	seen, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{
			"--listen", "127.0.0.1:0", "--client-secret", "mine", "--refresh-token", "my-refresh", "--skus", "A-1, B-2",
		}, out, io.Discard)
	}()
	lines := make(chan string, 10)
	go func() {
		defer close(lines)
		for all := bufio.NewScanner(seen); all.Scan(); {
			lines <- all.Text()
		}
	}()
	_, rest, _ := strings.Cut(<-lines, "at ")
	base, _, _ := strings.Cut(rest, " ")

	var token struct {
		AccessToken string `json:"access_token"`
	}
	form := url.Values{
		"grant_type": {"refresh_token"}, "client_id": {zohotest.ClientID}, "client_secret": {"mine"},
		"refresh_token": {"my-refresh"},
	}
	post(ctx, t, base+zohotest.TokenEndpoint, "application/x-www-form-urlencoded", "", form.Encode(), &token)
	if got := <-lines; !strings.HasSuffix(got, "POST /oauth/v2/token  200") || strings.Contains(got, "mine") {
		t.Errorf("line is %q", got)
	}
	contacts := base + zohotest.Root + "/contacts?organization_id=" + zohotest.OrganisationID
	body := "{ \"contact_name\" : \"Jo\",\n \"notes\":\"a\u0085b\U000e0001\" }"
	post(ctx, t, contacts, "application/json", token.AccessToken, body, nil)
	want := `POST /inventory/v1/contacts  {"contact_name":"Jo","notes":"a\u0085b\udb40\udc01"}`
	if got := <-lines; !strings.HasSuffix(got, want) || !strings.Contains(got, "arrived Jo") {
		t.Errorf("line is %q, want it to end with %q", got, want)
	}
	post(ctx, t, contacts, "application/json", token.AccessToken, body, nil)
	if got := <-lines; !strings.Contains(got, "400 code 3062") {
		t.Errorf("line is %q", got)
	}
	var items []zohotest.Item
	get(ctx, t, base+"/_items", &items)
	if len(items) != 2 || items[1].SKU != "B-2" {
		t.Errorf("items are %v", items)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
	_ = out.Close()
	for range lines { // To its end.
	}
}

func post(ctx context.Context, t *testing.T, to, kind, token, body string, into any) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Authorization", "Zoho-oauthtoken "+token)
	do(t, r, into)
}

func get(ctx context.Context, t *testing.T, from string, into any) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		t.Fatal(err)
	}
	do(t, r, into)
}

func do(t *testing.T, r *http.Request, into any) {
	t.Helper()
	answered, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answered.Body.Close() }()
	if into == nil {
		return
	}
	if err := json.NewDecoder(answered.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"--organisation", "acme"}, {"--organisation", ""}, {"--client-secret", ""}, {"extra"}, {"--nothing"},
	} {
		var errs bytes.Buffer
		if _, err := parse(args, &errs); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
	o, err := parse(nil, io.Discard)
	if err != nil || o.refresh != zohotest.RefreshToken || !o.limits || !o.autoNumbers {
		t.Errorf("defaults are %+v, %v", o, err)
	}
}
