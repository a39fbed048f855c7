package bench

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
)

// TestOrderSize: what is called 1 KiB is.
func TestOrderSize(t *testing.T) {
	t.Parallel()
	if size := proto.Size(newOrder("o-1795209600000000000", 1_000_000, time.Now())); size < 950 || size > 1100 {
		t.Errorf("an order has %d bytes", size)
	}
}
