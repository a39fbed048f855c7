package zoho

import (
	"strings"
	"testing"
)

// TestPasswordInAddress: what a proxy is entered with is not shown.
func TestPasswordInAddress(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.set("api_base_url", strings.Replace(b.settings["api_base_url"], "://", "://proxy:hunter2@", 1))
	d := b.orderDelivery(jo(), nil)
	r := b.Copy(b.settings, b.secrets, d)[d.GetHeader().GetDeliveryId()]
	if strings.Contains(r.String(), "hunter2") {
		t.Errorf("shown: %s %s", r.GetHint(), r.GetRequestExcerpt())
	}
	if p, err := b.PreviewOrder(b.settings, b.secrets, d); err != nil || strings.Contains(p.String(), "hunter2") {
		t.Errorf("previewed: %v, %s", err, p)
	}
	check := b.Check(b.settings, b.secrets)
	if strings.Contains(check.String(), "hunter2") {
		t.Errorf("shown: %s", check)
	}
}
