package aftership

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/sdk"
)

// TestNothingPrivateInResults runs every kind of answer with a key and a
// recipient that must not turn up in a result, before the kit masks anything.
// An AfterShip that quotes them is no exception but for the key, which it never
// got a reason to quote: the kit masks that one.
func TestNothingPrivateInResults(t *testing.T) {
	t.Parallel()
	const key = "asat_canary_4711_never_to_be_seen"
	private := []string{key, "canary_4711", "erika", "ERIKA", "Erika", "Mustermann", "1701234567", "170) 123"}
	quoting := `{"meta":{"code":400,"type":"BadRequest","message":"erika@example.com of Erika Mustermann at ` +
		`+491701234567 is odd"},"data":{"emails":["erika@example.com"]}}`
	faults := map[string]aftershiptest.Fault{
		"good":      aftershiptest.Status(200).Times(0),
		"quoting":   aftershiptest.Body(400, "application/json", quoting),
		"shouting":  aftershiptest.Failure(400, 4008, strings.Repeat("x ", 140)+"ERIKA@EXAMPLE.COM is odd"),
		"page":      aftershiptest.Body(400, "text/html", "<p>erika@example.com, Erika Mustermann</p>"),
		"refused":   aftershiptest.Status(401),
		"forbidden": aftershiptest.Status(403),
		"limited":   aftershiptest.Limited(time.Second, 0),
		"down":      aftershiptest.HTML(502),
		"reset":     aftershiptest.Reset(),
		"cut":       aftershiptest.Truncated(),
		"redirect":  aftershiptest.Redirect("http://127.0.0.1:1/"),
		"4003":      aftershiptest.Failure(400, 4003, "Tracking already exists."),
	}
	for _, g := range []string{"v4", defaultGeneration} {
		for name, fault := range faults {
			t.Run(g+" "+name, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, func(s *Settings) {
					s.APIKey, s.Generation, s.SendCustomerContact = sdk.NewSecret(key), g, true
				})
				b.SetKey(aftershiptest.Key{Value: key})
				b.Script(fault)
				said := []any{b.send(t, germany()), b.check(t), b.forwarder}
				shown, err := b.forwarder.PreviewTracking(germany())
				said = append(said, err, shown.Notes)
				if strings.Contains(fmt.Sprintf("%+v", shown), key) {
					t.Error("the preview shows the key")
				}
				for _, s := range said {
					text := fmt.Sprintf("%+v", s)
					for _, canary := range private {
						if strings.Contains(text, canary) {
							t.Errorf("%q is in %s", canary, text)
						}
					}
				}
			})
		}
	}
}
