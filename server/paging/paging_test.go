package paging_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/paging"
	"github.com/spurline/spurline/server/store"
)

func tokens() *paging.Tokens { return paging.New([]byte("a key of this test")) }

func TestTokenLeadsToTheNextPage(t *testing.T) {
	t.Parallel()
	request := &apiv1.ListOrdersRequest{Parent: "merchants/acme", OrderSource: "amazon"}
	for _, key := range []int64{1, 1_700_000_000_000_000, math.MaxInt64} {
		request.PageToken = tokens().Next(request, key)
		request.PageSize = 7 // May differ from page to page.
		page, err := tokens().Page(request)
		if err != nil || page.After != key || page.Limit != 7 {
			t.Errorf("Page after %d = %+v, %v", key, page, err)
		}
	}
}

func TestNamedTokenLeadsToTheNextPage(t *testing.T) {
	t.Parallel()
	request := &apiv1.ListPluginsRequest{}
	request.PageToken = tokens().NextNamed(request, "aftership")
	if after, limit, err := tokens().NamedPage(request); err != nil || after != "aftership" || limit != 50 {
		t.Errorf("NamedPage = %q, %d, %v", after, limit, err)
	}
}

func TestSizeIsCoerced(t *testing.T) {
	t.Parallel()
	for given, want := range map[int32]int{0: 50, -3: 50, 1: 1, 1000: 1000, 1001: 1000, math.MaxInt32: 1000} {
		page, err := tokens().Page(&apiv1.ListMerchantsRequest{PageSize: given})
		if err != nil || page.Limit != want {
			t.Errorf("size %d gives %d, %v; want %d", given, page.Limit, err, want)
		}
	}
}

func TestForeignTokensAreRefused(t *testing.T) {
	t.Parallel()
	query := func() *apiv1.ListOrdersRequest { return &apiv1.ListOrdersRequest{Parent: "merchants/acme"} }
	good := tokens().Next(query(), 42)
	for name, request := range map[string]paging.Request{
		"other merchant": &apiv1.ListOrdersRequest{Parent: "merchants/other", PageToken: good},
		"other filter":   &apiv1.ListOrdersRequest{Parent: "merchants/acme", OrderSource: "x", PageToken: good},
		"other method":   &apiv1.ListDeliveriesRequest{Parent: "merchants/acme", PageToken: good},
		"other server": &apiv1.ListOrdersRequest{
			Parent: "merchants/acme", PageToken: paging.New([]byte("other")).Next(query(), 42),
		},
		"damaged": &apiv1.ListOrdersRequest{Parent: "merchants/acme", PageToken: "B" + good[1:]},
		"cut off": &apiv1.ListOrdersRequest{Parent: "merchants/acme", PageToken: good[:8]},
		"nonsense": &apiv1.ListOrdersRequest{
			Parent: "merchants/acme", PageToken: strings.Repeat("next page please! ", 9),
		},
		"kind of a name": &apiv1.ListOrdersRequest{
			Parent: "merchants/acme", PageToken: tokens().NextNamed(query(), "aftership"),
		},
	} {
		_, err := tokens().Page(request)
		if status.Code(err) != codes.InvalidArgument || reason(err) != "BAD_PAGE_TOKEN" {
			t.Errorf("%s: error = %v, want INVALID_ARGUMENT with BAD_PAGE_TOKEN", name, err)
		}
	}
}

func reason(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

func FuzzPage(f *testing.F) {
	query := &apiv1.ListOrdersRequest{Parent: "merchants/acme"}
	good := tokens().Next(query, 42)
	f.Add(good)
	f.Add("")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		page, err := tokens().Page(&apiv1.ListOrdersRequest{Parent: "merchants/acme", PageToken: token})
		if err == nil && token != "" && token != good {
			t.Errorf("token %q nobody made leads to %+v", token, page)
		}
	})
}

func TestFillKeepsWhatTheCallerMaySee(t *testing.T) {
	t.Parallel()
	const last = 25_000
	reads := 0
	source := paging.Source[int64]{
		Read: func(_ context.Context, page store.Page) ([]int64, error) {
			reads++
			var rows []int64
			for key := page.After + 1; key <= last && len(rows) < page.Limit; key++ {
				rows = append(rows, key)
			}
			return rows, nil
		},
		Key: func(key int64) int64 { return key },
	}
	for name, tc := range map[string]struct {
		keep func(int64) bool
		want int
	}{
		"all":        {nil, last},
		"every 10th": {func(key int64) bool { return key%10 == 0 }, last / 10},
		"the last":   {func(key int64) bool { return key == last }, 1},
		"none":       {func(int64) bool { return false }, 0},
	} {
		source.Keep = tc.keep
		page, got := store.Page{Limit: 100}, 0
		for {
			reads = 0
			items, next, err := source.Fill(t.Context(), page)
			if err != nil {
				t.Fatal(err)
			}
			if len(items) > page.Limit || reads > 20 {
				t.Fatalf("%s: %d items with %d reads", name, len(items), reads)
			}
			got += len(items)
			if next == 0 {
				break
			}
			page.After = next
		}
		if got != tc.want {
			t.Errorf("%s: %d items, want %d", name, got, tc.want)
		}
	}
}
