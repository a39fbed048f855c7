package orders

import (
	"context"
	"errors"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/deliveries"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/resource"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/validation"
)

// Explain tells from an order id or a tracking number alone what became of it
// (promise P10).
func (s *Service) Explain(ctx context.Context, request *apiv1.ExplainRequest) (*apiv1.ExplainResponse, error) {
	merchant, err := s.find.MerchantOrAny(ctx, request.GetParent(), "parent")
	if err != nil {
		return nil, err
	}
	var subjects []subject
	if number, ok := request.GetSubject().(*apiv1.ExplainRequest_TrackingNumber); ok {
		subjects, err = s.byNumber(ctx, merchant, number.TrackingNumber)
	} else {
		subjects, err = s.byOrder(ctx, merchant, request.GetOrderId())
	}
	if err != nil {
		return nil, err
	}
	response := &apiv1.ExplainResponse{}
	for _, subject := range subjects {
		if merchant.Key == 0 && !s.options.Visible(ctx, subject.merchantID) {
			continue
		}
		story, err := s.story(ctx, subject)
		if err != nil {
			return nil, err
		}
		response.Stories = append(response.Stories, story)
	}
	if len(response.GetStories()) == 0 {
		return nil, fault.New(codes.NotFound, apiv1.ErrorReason_ERROR_REASON_NOTHING_FOUND,
			"neither an order nor a tracking record is known by that; order ids are compared exactly, tracking "+
				"numbers without spaces and case; submit it with IntakeService, or correct %s", subjectField(request))
	}
	return response, nil
}

func subjectField(request *apiv1.ExplainRequest) string {
	if _, ok := request.GetSubject().(*apiv1.ExplainRequest_TrackingNumber); ok {
		return "tracking_number"
	}
	return "order_id"
}

// subject is an order of a merchant with the tracking records to tell of.
type subject struct {
	merchantKey int64
	merchantID  string
	orderID     string
	tracking    []store.Tracking
	// one: the tracking number was asked for.
	one bool
	// moved are those that belong to another order now.
	moved []store.Tracking
}

// byOrder finds the merchants that have the order, with all its tracking, and that which
// has left it.
func (s *Service) byOrder(ctx context.Context, merchant store.Merchant, orderID string) ([]subject, error) {
	merchants, err := s.options.Store.FindOrders(ctx, merchant.Key, orderID)
	if err != nil {
		return nil, s.find.Failed(ctx, err)
	}
	subjects := make([]subject, 0, len(merchants))
	for _, m := range merchants {
		tracking, err := s.options.Store.OrderTracking(ctx, m.Key, orderID)
		if err != nil {
			return nil, s.find.Failed(ctx, err)
		}
		moved, err := s.options.Store.MovedTracking(ctx, m.Key, orderID)
		if err != nil {
			return nil, s.find.Failed(ctx, err)
		}
		subjects = append(subjects, subject{
			merchantKey: m.Key, merchantID: m.ID, orderID: orderID, tracking: tracking, moved: moved,
		})
	}
	return subjects, nil
}

// byNumber finds the tracking records of a number, each with its order.
func (s *Service) byNumber(ctx context.Context, merchant store.Merchant, number string) ([]subject, error) {
	key := validation.NumberKey(number)
	if key == "" {
		return nil, fault.Invalid(fault.Violation{Field: "tracking_number", Rule: "must be more than spaces"})
	}
	found, err := s.options.Store.FindTracking(ctx, merchant.Key, key)
	if err != nil {
		return nil, s.find.Failed(ctx, err)
	}
	var subjects []subject
	for _, record := range found {
		same := func(s subject) bool { return s.merchantKey == record.MerchantKey && s.orderID == record.OrderID }
		if i := slices.IndexFunc(subjects, same); i >= 0 {
			subjects[i].tracking = append(subjects[i].tracking, record)
			continue
		}
		subjects = append(subjects, subject{
			merchantKey: record.MerchantKey, merchantID: record.MerchantID, orderID: record.OrderID,
			tracking: []store.Tracking{record}, one: true,
		})
	}
	return subjects, nil
}

// story tells of one order and its tracking records.
func (s *Service) story(ctx context.Context, about subject) (*apiv1.Story, error) {
	order, err := s.options.Store.OrderByID(ctx, about.merchantKey, about.orderID)
	known := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, s.find.Failed(ctx, err)
	}
	connections, err := s.connections(ctx, about.merchantKey)
	if err != nil {
		return nil, err
	}
	story := &apiv1.Story{
		Merchant: resource.Merchant(about.merchantID), OrderId: about.orderID, OrderKnown: known,
	}
	counts := &tally{
		orderKnown: known, numbers: len(about.tracking), one: about.one, connections: len(connections),
		takers: s.takersOfTracking(connections), states: map[store.DeliveryState]int{},
	}
	if known {
		record, err := s.record(ctx, orderRecord(order), connections, counts)
		if err != nil {
			return nil, err
		}
		story.Records = append(story.Records, record)
	}
	for _, tracking := range about.tracking {
		about := trackingRecord(tracking)
		about.orderUnknown = !known
		record, err := s.record(ctx, about, connections, counts)
		if err != nil {
			return nil, err
		}
		story.Records = append(story.Records, record)
	}
	story.Summary = counts.summary() + left(about.moved)
	return story, nil
}

// connections reads all connections of a merchant.
func (s *Service) connections(ctx context.Context, merchantKey int64) ([]store.Connection, error) {
	const atOnce = 500
	var all []store.Connection
	page := store.Page{Limit: atOnce}
	for {
		some, err := s.options.Store.Connections(ctx, merchantKey, page)
		if err != nil {
			return nil, s.find.Failed(ctx, err)
		}
		all = append(all, some...)
		if len(some) < atOnce {
			return all, nil
		}
		page.After = some[len(some)-1].Key
	}
}

// takersOfTracking names the plugins of the connections that take tracking, each
// once.
func (s *Service) takersOfTracking(connections []store.Connection) []string {
	var titles []string
	for _, c := range connections {
		if title := s.plugin(c.Plugin).title; c.Takes.Tracking && !slices.Contains(titles, title) {
			titles = append(titles, title)
		}
	}
	return titles
}

// attemptsTold is how many attempts a story shows.
const attemptsTold = 10

// record tells of one record on every connection that takes such records or ever
// got it, and counts it there.
func (s *Service) record(
	ctx context.Context, about record, connections []store.Connection, counts *tally,
) (*apiv1.RecordStory, error) {
	last, err := s.options.Store.RecordDeliveries(ctx, about.ref)
	if err != nil {
		return nil, s.find.Failed(ctx, err)
	}
	byConnection := make(map[int64]*store.Delivery, len(last))
	for i := range last {
		byConnection[last[i].Connection] = &last[i]
	}
	told := about.toProto()
	for i := range connections {
		delivery := byConnection[connections[i].Key]
		delete(byConnection, connections[i].Key)
		if delivery == nil && !about.takenBy(connections[i].Takes) {
			continue
		}
		if err := s.tellOf(ctx, told, counts, about, delivery, &connections[i]); err != nil {
			return nil, err
		}
	}
	for _, delivery := range last { // What is left went to connections that are deleted.
		if left := byConnection[delivery.Connection]; left != nil {
			if err := s.tellOf(ctx, told, counts, about, left, nil); err != nil {
				return nil, err
			}
		}
	}
	return told, nil
}

// tellOf adds the story of a record on one connection, nil if that is deleted, and
// counts it.
func (s *Service) tellOf(
	ctx context.Context, to *apiv1.RecordStory, counts *tally, about record, delivery *store.Delivery,
	connection *store.Connection,
) error {
	situation := situation{
		now: s.options.Now(), record: about, delivery: delivery, connection: connection,
		full: s.options.Full != nil && s.options.Full(),
	}
	told := &apiv1.DeliveryStory{}
	if delivery != nil {
		attempts, err := s.options.Store.Attempts(ctx, delivery.ID, store.Page{Limit: attemptsTold})
		if err != nil {
			return s.find.Failed(ctx, err)
		}
		told.Delivery = deliveries.ToProto(*delivery)
		for _, attempt := range attempts {
			told.Attempts = append(told.Attempts, deliveries.AttemptToProto(attempt))
		}
		told.Connection = resource.Connection(delivery.MerchantID, delivery.ConnectionID)
		situation.plugin = s.plugin(delivery.Plugin)
		if s.options.UnderWay != nil {
			situation.sentSince, _ = s.options.UnderWay(delivery.ID)
		}
	}
	if connection != nil {
		told.Connection = resource.Connection(connection.MerchantID, connection.ID)
		situation.plugin = s.plugin(connection.Plugin)
		if s.options.Outage != nil {
			situation.outage, _ = s.options.Outage(connection.Key)
		}
	}
	if told.GetDelivery() != nil && (connection == nil || connection.State != store.Active ||
		situation.plugin.trouble != "") {
		told.Delivery.NextAttemptTime = nil // Nothing is tried then.
	}
	counts.add(situation)
	told.Summary = tell(situation)
	to.Connections = append(to.Connections, told)
	return nil
}

// plugin reads what a story says of a plugin.
func (s *Service) plugin(name string) plugin {
	status, installed := s.options.Plugins.Plugin(name)
	if !installed {
		return plugin{name: name, title: name, trouble: "is not installed"}
	}
	p := plugin{name: name, title: status.Description.GetTitle()}
	if p.title == "" {
		p.title = name
	}
	if status.State != pluginhost.Ready {
		p.trouble = strings.TrimSuffix("is "+status.State.String()+": "+status.Reason, ": ")
	}
	return p
}
