package intake

import (
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/resource"
	"github.com/spurline/spurline/server/store"
)

// accepted is a receipt with what is needed to put it into words.
type accepted struct {
	merchantID   string
	numbers      []string
	receipt      store.Receipt
	connectionID func(made store.DeliveryRef) string
}

func (a *accepted) order() *apiv1.SubmitOrderResponse {
	record := a.receipt.Records[0]
	return &apiv1.SubmitOrderResponse{
		Result:     apiv1.SubmitResult(record.Result),
		Revision:   uint64(record.Revision),
		Deliveries: a.references(record.Deliveries),
	}
}

func (a *accepted) tracking() *apiv1.SubmitTrackingResponse {
	response := &apiv1.SubmitTrackingResponse{}
	for i, record := range a.receipt.Records {
		response.Parcels = append(response.Parcels, &apiv1.ParcelResult{
			TrackingNumber: a.numbers[i],
			Result:         apiv1.SubmitResult(record.Result),
			Revision:       uint64(record.Revision),
			Deliveries:     a.references(record.Deliveries),
		})
	}
	return response
}

func (a *accepted) references(made []store.DeliveryRef) []*apiv1.DeliveryReference {
	references := make([]*apiv1.DeliveryReference, 0, len(made))
	for _, delivery := range made {
		reference := &apiv1.DeliveryReference{Name: resource.Delivery(a.merchantID, delivery.ID.String())}
		if id := a.connectionID(delivery); id != "" {
			reference.Connection = resource.Connection(a.merchantID, id)
		}
		references = append(references, reference)
	}
	return references
}
