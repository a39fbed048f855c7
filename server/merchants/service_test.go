package merchants_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/merchants"
	"github.com/spurline/spurline/server/paging"
	"github.com/spurline/spurline/server/store"
)

func serve(t *testing.T, visible func(context.Context, string) bool) (apiv1.MerchantServiceClient, store.Store) {
	t.Helper()
	kept := apitest.Store(t)
	service := merchants.New(merchants.Options{
		Store: kept, Pages: paging.New([]byte("key")), Logger: apitest.Logger(), Visible: visible,
	})
	client := apitest.Serve(t, func(server grpc.ServiceRegistrar) {
		apiv1.RegisterMerchantServiceServer(server, service)
	})
	return apiv1.NewMerchantServiceClient(client), kept
}

func create(t *testing.T, client apiv1.MerchantServiceClient, id string) *apiv1.Merchant {
	t.Helper()
	response, err := client.CreateMerchant(t.Context(), &apiv1.CreateMerchantRequest{
		MerchantId: id, Merchant: &apiv1.Merchant{Title: "Title of " + id},
	})
	if err != nil {
		t.Fatal(err)
	}
	return response.GetMerchant()
}

func TestCreatedMerchantIsRead(t *testing.T) {
	t.Parallel()
	client, _ := serve(t, nil)
	created := create(t, client, "acme")
	response, err := client.GetMerchant(t.Context(), &apiv1.GetMerchantRequest{Name: "merchants/acme"})
	if err != nil {
		t.Fatal(err)
	}
	got := response.GetMerchant()
	if got.GetName() != "merchants/acme" || got.GetTitle() != "Title of acme" || got.GetEtag() == "" ||
		got.GetEtag() != created.GetEtag() || got.GetCreateTime() == nil {
		t.Errorf("merchant = %v, created as %v", got, created)
	}
}

func TestBadRequestsChangeNothing(t *testing.T) {
	t.Parallel()
	client, _ := serve(t, nil)
	before := create(t, client, "acme")
	ctx := t.Context()

	_, err := client.CreateMerchant(ctx, &apiv1.CreateMerchantRequest{MerchantId: "Acme!"})
	apitest.WantInvalid(t, err, "merchant_id", `1 to 63 of "a-z"`)
	_, err = client.CreateMerchant(ctx, &apiv1.CreateMerchantRequest{MerchantId: "acme"})
	apitest.WantError(t, err, codes.AlreadyExists, "ALREADY_EXISTS", "UpdateMerchant")
	_, err = client.GetMerchant(ctx, &apiv1.GetMerchantRequest{Name: "merchants/nobody"})
	apitest.WantError(t, err, codes.NotFound, "MERCHANT_NOT_FOUND", `"nobody"`, "CreateMerchant")
	_, err = client.UpdateMerchant(ctx, &apiv1.UpdateMerchantRequest{Merchant: &apiv1.Merchant{Name: "acme"}})
	apitest.WantInvalid(t, err, "merchant.name", "merchants/{merchant}")
	_, err = client.UpdateMerchant(ctx, &apiv1.UpdateMerchantRequest{
		Merchant:   &apiv1.Merchant{Name: "merchants/acme", Title: "x"},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title", "create_time"}},
	})
	apitest.WantInvalid(t, err, "update_mask.paths[1]", `"title"`)
	_, err = client.UpdateMerchant(ctx, &apiv1.UpdateMerchantRequest{
		Merchant: &apiv1.Merchant{Name: "merchants/acme", Title: "x", Etag: "old"},
	})
	apitest.WantError(t, err, codes.Aborted, "ETAG_MISMATCH", "read it again")
	_, err = client.DeleteMerchant(ctx, &apiv1.DeleteMerchantRequest{Name: "merchants/acme", Etag: "old"})
	apitest.WantError(t, err, codes.Aborted, "ETAG_MISMATCH")
	_, err = client.ListMerchants(ctx, &apiv1.ListMerchantsRequest{PageToken: "nonsense"})
	apitest.WantError(t, err, codes.InvalidArgument, "BAD_PAGE_TOKEN", "next_page_token")

	after, err := client.GetMerchant(ctx, &apiv1.GetMerchantRequest{Name: "merchants/acme"})
	if err != nil || !proto.Equal(after.GetMerchant(), before) {
		t.Errorf("merchant = %v, %v; want %v", after, err, before)
	}
}

func TestUpdateMerchant(t *testing.T) {
	t.Parallel()
	client, _ := serve(t, nil)
	created := create(t, client, "acme")
	for _, step := range []struct {
		title string
		mask  []string
		want  string
	}{
		{"", nil, "Title of acme"}, // Nothing is set.
		{"Acme Ltd", nil, "Acme Ltd"},
		{"", []string{"title"}, ""}, // The mask clears.
	} {
		response, err := client.UpdateMerchant(t.Context(), &apiv1.UpdateMerchantRequest{
			Merchant:   &apiv1.Merchant{Name: "merchants/acme", Title: step.title},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: step.mask},
		})
		if err != nil || response.GetMerchant().GetTitle() != step.want {
			t.Errorf("title %q with mask %v gives %v, %v; want %q", step.title, step.mask, response, err, step.want)
		}
	}
	_, err := client.UpdateMerchant(t.Context(), &apiv1.UpdateMerchantRequest{
		Merchant: &apiv1.Merchant{Name: "merchants/acme", Title: "x", Etag: created.GetEtag()},
	})
	apitest.WantError(t, err, codes.Aborted, "ETAG_MISMATCH")
}

func TestUpdatesAtTheSameTimeAllSucceedWithoutEtag(t *testing.T) {
	t.Parallel()
	client, _ := serve(t, nil)
	create(t, client, "acme")
	var running sync.WaitGroup
	for i := range 4 {
		running.Go(func() {
			_, err := client.UpdateMerchant(t.Context(), &apiv1.UpdateMerchantRequest{
				Merchant: &apiv1.Merchant{Name: "merchants/acme", Title: fmt.Sprint(i)},
			})
			if err != nil {
				t.Errorf("update %d: %v", i, err)
			}
		})
	}
	running.Wait()
}

func TestMerchantInUseIsNotDeleted(t *testing.T) {
	t.Parallel()
	client, kept := serve(t, nil)
	created := create(t, client, "acme")
	create(t, client, "unused")
	merchant, err := kept.MerchantByID(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	_, err = kept.CreateConnection(t.Context(), store.Connection{
		MerchantKey: merchant.Key, MerchantID: "acme", ID: "c", Plugin: "p", State: store.Active, Check: store.Untested,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.DeleteMerchant(t.Context(), &apiv1.DeleteMerchantRequest{
		Name: "merchants/acme", Etag: created.GetEtag(),
	})
	apitest.WantError(t, err, codes.FailedPrecondition, "STILL_IN_USE",
		"has connections", "DeleteConnection")
	if strings.Contains(err.Error(), "orders") {
		t.Errorf("a merchant without records: %v", err)
	}

	apitest.SubmitOrder(t, kept, merchant, &commercev1.Order{OrderId: "A-1"}, time.Now())
	_, err = client.DeleteMerchant(t.Context(), &apiv1.DeleteMerchantRequest{Name: "merchants/acme"})
	apitest.WantError(t, err, codes.FailedPrecondition, "STILL_IN_USE",
		"has orders or tracking records", "cannot be deleted yet", "DeleteConnection")

	unused := &apiv1.DeleteMerchantRequest{Name: "merchants/unused"}
	if _, err := client.DeleteMerchant(t.Context(), unused); err != nil {
		t.Errorf("delete a merchant without anything: %v", err)
	}
	_, err = client.DeleteMerchant(t.Context(), unused)
	apitest.WantError(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
}

func TestListMerchantsPagesOverWhatTheCallerMaySee(t *testing.T) {
	t.Parallel()
	client, _ := serve(t, func(_ context.Context, id string) bool { return id != "m3" })
	for i := range 7 {
		create(t, client, fmt.Sprintf("m%d", i))
	}
	request := &apiv1.ListMerchantsRequest{PageSize: 2}
	var names []string
	for {
		response, err := client.ListMerchants(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, merchant := range response.GetMerchants() {
			names = append(names, merchant.GetName())
		}
		if request.PageToken = response.GetNextPageToken(); request.GetPageToken() == "" {
			break
		}
	}
	want := "[merchants/m0 merchants/m1 merchants/m2 merchants/m4 merchants/m5 merchants/m6]"
	if got := fmt.Sprint(names); got != want {
		t.Errorf("names = %s, want %s", got, want)
	}
}
