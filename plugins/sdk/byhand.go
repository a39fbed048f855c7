package sdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// check tests the connection of a file and prints what came of it.
func (s streams) check(ctx context.Context, d *definition, a *arguments) error {
	settings := a.settingsFlag()
	if err := a.parse(); err != nil {
		return err
	}
	c, err := s.readConnection(*settings)
	if err != nil {
		return err
	}
	server := s.byHand(d)
	defer server.Close()
	ctx, cancel := context.WithTimeout(ctx, defaultBudget)
	defer cancel()
	found, err := extraService{server: server}.CheckConnection(ctx, &pluginv1.CheckConnectionRequest{Connection: c})
	if err != nil {
		return errors.New(status.Convert(err).Message())
	}
	return printCheck(s.stdout, found)
}

func printCheck(out io.Writer, found *pluginv1.CheckConnectionResponse) (err error) {
	switch found.GetOutcome() {
	case pluginv1.CheckOutcome_CHECK_OUTCOME_OK:
		_, _ = fmt.Fprintf(out, "OK: account %q (%s)\n", found.GetAccountId(), found.GetAccountName())
	case pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY:
		_, _ = fmt.Fprintln(out, "FAULTY: the settings cannot work")
		err = errTold
	default:
		_, _ = fmt.Fprintln(out, "UNREACHABLE: nothing is known of the settings")
		err = errTold
	}
	for _, fault := range found.GetFaults() {
		field := fault.GetField()
		if field == "" {
			field = "(no single setting)"
		}
		_, _ = fmt.Fprintf(out, "  %s: %s: %s\n", field, fault.GetReason(), fault.GetHint())
	}
	for _, warning := range found.GetWarnings() {
		_, _ = fmt.Fprintf(out, "  note: %s\n", warning)
	}
	if wait := found.GetRetryAfter(); wait != nil {
		_, _ = fmt.Fprintf(out, "  test it again in %s\n", wait.AsDuration())
	}
	return err
}

// preview prints what would be sent of a record in a file.
func (s streams) preview(ctx context.Context, d *definition, a *arguments) error {
	settings := a.settingsFlag()
	tracking := a.String("tracking", "", "`FILE` with a spurline.plugin.v1.TrackingRecord in proto JSON")
	order := a.String("order", "", "`FILE` with a spurline.commerce.v1.Order in proto JSON")
	if err := a.parse(); err != nil {
		return err
	}
	if (*tracking == "") == (*order == "") {
		return errors.New("name either --tracking FILE or --order FILE; see --help")
	}
	if name := *tracking + *order; name == "-" && *settings == "-" {
		return errors.New("only one of the files can be standard input: name the other one, --settings FILE for example")
	}
	c, err := s.readConnection(*settings)
	if err != nil {
		return err
	}
	request := &pluginv1.PreviewRequest{Connection: c}
	header := &pluginv1.DeliveryHeader{
		DeliveryId: "by-hand", ConnectionUid: c.GetUid(), RecordKey: "by-hand", ContentKey: "by-hand",
		Attempt: 1, Revision: 1, TimeBudget: durationpb.New(defaultBudget),
	}
	if *tracking != "" {
		record := &pluginv1.TrackingRecord{ParcelNumber: 1, ParcelCount: 1}
		err = s.readRecord(*tracking, record)
		request.Delivery = &pluginv1.PreviewRequest_Tracking{
			Tracking: &pluginv1.TrackingDelivery{Header: header, Record: record},
		}
	} else {
		record := &commercev1.Order{}
		err = s.readRecord(*order, record)
		request.Delivery = &pluginv1.PreviewRequest_Order{Order: &pluginv1.OrderDelivery{Header: header, Order: record}}
	}
	if err != nil {
		return err
	}
	server := s.byHand(d)
	defer server.Close()
	shown, err := extraService{server: server}.Preview(ctx, request)
	if err != nil {
		return errors.New(status.Convert(err).Message())
	}
	printPreview(s.stdout, shown)
	return nil
}

// readRecord reads a message over what is in it.
func (s streams) readRecord(name string, into proto.Message) error {
	raw, err := s.readFile(name)
	if err != nil {
		return err
	}
	read := into.ProtoReflect().New().Interface()
	if err := protojson.Unmarshal(raw, read); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	proto.Merge(into, read)
	return nil
}

func printPreview(out io.Writer, shown *pluginv1.PreviewResponse) {
	if len(shown.GetRequests()) == 0 {
		_, _ = fmt.Fprintln(out, "nothing would be sent")
	}
	for _, request := range shown.GetRequests() {
		_, _ = fmt.Fprintf(out, "%s %s\n%s\n", request.GetMethod(), request.GetUrl(), request.GetBody())
	}
	for _, note := range shown.GetNotes() {
		_, _ = fmt.Fprintf(out, "note: %s\n", note)
	}
}

// byHand is a server whose log a human reads.
func (s streams) byHand(d *definition) *Server {
	return newServer(d, slog.New(slog.NewTextHandler(s.stderr, &slog.HandlerOptions{Level: slog.LevelInfo})),
		panics{shown: true})
}
