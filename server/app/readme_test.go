package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/zoho/zohotest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
)

// readme returns the README.
func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section returns what follows the heading that begins so, up to the next one.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, after, found := strings.Cut(text, "\n## "+heading)
	if !found {
		t.Fatalf("the README has no section %q", heading)
	}
	body, _, _ := strings.Cut(after, "\n## ")
	return body
}

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// commands returns the grpcurl commands of the sh blocks. The lines of a command
// after its first are indented.
func commands(text string) []string {
	var found []string
	for _, block := range shellBlock.FindAllStringSubmatch(text, -1) {
		inside := false
		for line := range strings.Lines(block[1]) {
			switch {
			case strings.HasPrefix(line, "grpcurl "):
				found, inside = append(found, line), true
			case inside && strings.HasPrefix(line, " "):
				found[len(found)-1] += line
			default:
				inside = false
			}
		}
	}
	return found
}

// call is a method as the README names it, and the request.
type call struct{ method, body string }

var (
	commandMethod = regexp.MustCompile(`\$S (\S+/\S+)`)
	commandBody   = regexp.MustCompile(`(?s)-d '([^']*)'`)
	tableMethod   = regexp.MustCompile("`([A-Za-z0-9.]+/[A-Za-z]+)`(?: with `([^`]+)`)?")
	tableSymbol   = regexp.MustCompile(`describe ([A-Za-z0-9.]+)`)
)

// calls returns every call that the README shows.
func calls(t *testing.T, text string) []call {
	t.Helper()
	var found []call
	for _, command := range commands(text) {
		method, body := commandMethod.FindStringSubmatch(command), commandBody.FindStringSubmatch(command)
		if method == nil || body == nil {
			t.Errorf("no method or no body: %s", command)
			continue
		}
		found = append(found, call{method: method[1], body: body[1]})
	}
	for _, row := range tableMethod.FindAllStringSubmatch(section(t, text, "Cookbook"), -1) {
		found = append(found, call{method: row[1], body: row[2]})
	}
	return found
}

// wantCall fails unless the method exists and its request type takes the body.
func wantCall(t *testing.T, c call) {
	t.Helper()
	service, method, _ := strings.Cut(c.method, "/")
	if !strings.Contains(service, ".") {
		service = "spurline.api.v1." + service
	}
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service + "." + method))
	if err != nil {
		t.Errorf("%s: %v", c.method, err)
		return
	}
	known, ok := found.(protoreflect.MethodDescriptor)
	if !ok {
		t.Errorf("%s is no method", c.method)
		return
	}
	if c.body == "" {
		return
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(c.body), &fields); err != nil {
		t.Errorf("%s: %s: %v", c.method, c.body, err)
		return
	}
	// grpcurl takes a mask as an object, unlike the JSON of the Go module.
	if raw, ok := fields["update_mask"]; ok {
		var mask struct{ Paths []string }
		if err := json.Unmarshal(raw, &mask); err != nil || len(mask.Paths) == 0 {
			t.Errorf(`%s: update_mask must be {"paths":["…"]}, not %s`, c.method, raw)
		}
		delete(fields, "update_mask")
	}
	body, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	if err := protojson.Unmarshal(body, dynamicpb.NewMessage(known.Input())); err != nil {
		t.Errorf("%s: %s: %v", c.method, c.body, err)
	}
}

// TestReadmeCallsExist: every call of the README has a method that exists and a
// body that its request type takes.
func TestReadmeCallsExist(t *testing.T) {
	t.Parallel()
	text := readme(t)
	all := calls(t, text)
	if len(all) < 20 {
		t.Errorf("only %d calls were found: %v", len(all), all)
	}
	for _, c := range all {
		wantCall(t, c)
	}
	symbols := tableSymbol.FindAllStringSubmatch(text, -1)
	if len(symbols) == 0 {
		t.Error("the README describes no message")
	}
	for _, symbol := range symbols {
		if _, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(symbol[1])); err != nil {
			t.Errorf("describe %s: %v", symbol[1], err)
		}
	}
}

// TestReadmeRuns: the commands that set a merchant up and send its orders run as they
// stand against stand-ins that were told nothing, and so does the first of the cookbook;
// what they submit arrives.
func TestReadmeRuns(t *testing.T) {
	t.Parallel()
	grpcurl := need(t, filepath.Join("..", "..", ".tmp", "bin", "grpcurl"), "run \"make tools\"")
	shell := need(t, "sh", "install a shell")
	books := zohotest.New(zohotest.WithItems(zohotest.Item{SKU: "LP-15", Rate: "1"}))
	s := start(t)
	for _, plugin := range []string{"webhook", "zoho"} {
		s.await("the plugin "+plugin, func() error { return s.app.AwaitPlugin(t.Context(), plugin) })
	}
	standIns := strings.NewReplacer("http://127.0.0.1:8090", aftershiptest.New().Start(t),
		"http://127.0.0.1:8091", books.Start(t))
	text := readme(t)
	for _, heading := range []string{
		"Setting a merchant up for AfterShip", "Setting a merchant up for Zoho", "Setting a merchant up for a webhook",
		"Sending orders", "Cookbook",
	} {
		lines := commands(section(t, text, heading))
		if len(lines) == 0 {
			t.Errorf("section %q has no commands", heading)
		}
		for _, line := range lines {
			command := exec.CommandContext(t.Context(), shell, "-c", standIns.Replace(line))
			command.Env = append(os.Environ(), "S="+s.app.Address(),
				"PATH="+filepath.Dir(grpcurl)+string(os.PathListSeparator)+os.Getenv("PATH"))
			out, err := command.CombinedOutput()
			if err != nil {
				t.Errorf("%v: %s%s", err, line, out)
			}
			if strings.Contains(line, "/TestConnection") && !strings.Contains(string(out), "CHECK_STATE_PASSED") {
				t.Errorf("the test of the connection did not pass: %s%s", line, out)
			}
		}
	}
	for _, connection := range []string{"aftership", "zoho"} {
		s.await("what goes to "+connection, func() error { return allDelivered(t, s, connection) })
	}
}

// allDelivered says what of a connection of the README's merchant is not delivered, or that there is nothing.
func allDelivered(t *testing.T, s *server, connection string) error {
	t.Helper()
	answer, err := s.deliveries.ListDeliveries(t.Context(), &apiv1.ListDeliveriesRequest{
		Parent: "merchants/acme", Connection: connection,
	})
	if err != nil {
		return err
	}
	if len(answer.GetDeliveries()) == 0 {
		return errors.New("there is none")
	}
	for _, delivery := range answer.GetDeliveries() {
		if delivery.GetState() != apiv1.DeliveryState_DELIVERY_STATE_DELIVERED {
			return fmt.Errorf("%s%s is %s (%s: %s)", delivery.GetOrderId(), delivery.GetTrackingNumber(),
				delivery.GetState(), delivery.GetReason(), delivery.GetHint())
		}
	}
	return nil
}
