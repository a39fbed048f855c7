package telemetry

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// Health answers grpc.health.v1 for the whole server, under the empty name, and
// for each of its services. It is safe for concurrent use.
type Health struct {
	answers  *health.Server
	services []string
}

// NewHealth registers the health service with server, after all other services.
// Everything is NOT_SERVING until Serving is called.
func NewHealth(server *grpc.Server) *Health {
	made := &Health{answers: health.NewServer(), services: []string{""}}
	for service := range server.GetServiceInfo() {
		made.services = append(made.services, service)
	}
	healthpb.RegisterHealthServer(server, made.answers)
	made.set(healthpb.HealthCheckResponse_NOT_SERVING)
	return made
}

// Serving says that calls are taken. After Drain it changes nothing.
func (h *Health) Serving() { h.set(healthpb.HealthCheckResponse_SERVING) }

// NotServing says that calls fail for now, for example because the store cannot
// be written. Serving takes it back.
func (h *Health) NotServing() { h.set(healthpb.HealthCheckResponse_NOT_SERVING) }

// Drain says for good that no more calls should come, before the server stops
// taking them.
func (h *Health) Drain() { h.answers.Shutdown() }

// IsServing says whether calls are taken.
func (h *Health) IsServing() bool {
	answer, err := h.answers.Check(context.Background(), &healthpb.HealthCheckRequest{})
	return err == nil && answer.GetStatus() == healthpb.HealthCheckResponse_SERVING
}

func (h *Health) set(status healthpb.HealthCheckResponse_ServingStatus) {
	for _, service := range h.services {
		h.answers.SetServingStatus(service, status)
	}
}
