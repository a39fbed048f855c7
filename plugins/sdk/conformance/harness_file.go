package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// harnessFile is a harness as people write it.
type harnessFile struct {
	Settings map[string]string `yaml:"settings"`
	Secrets  map[string]string `yaml:"secrets"`
	Faulty   []struct {
		Name     string            `yaml:"name"`
		Settings map[string]string `yaml:"settings"`
		Secrets  map[string]string `yaml:"secrets"`
		Field    string            `yaml:"field"`
	} `yaml:"faulty"`
	// Tracking and Orders are in the JSON form of their messages.
	Tracking    []any             `yaml:"tracking"`
	Orders      []any             `yaml:"orders"`
	Environment map[string]string `yaml:"environment"`
	Outcomes    map[int]string    `yaml:"outcomes"`
	Remote      *struct {
		Setting string `yaml:"setting"`
		Canned  `yaml:",inline"`
	} `yaml:"remote"`
}

// ReadHarness reads a harness in YAML:
//
//	settings: {region: eu}
//	secrets: {api_key: canary-4711}
//	faulty:
//	  - {name: no such region, settings: {region: xx}, field: region}
//	tracking:                # TrackingRecord in JSON; "{n}" is a number of its own
//	  - {order_id: "A-{n}", parcel: {tracking_number: "1Z{n}"}}
//	outcomes: {400: RETRY}   # where a refusal means something else than in HTTP
//	environment: {SPURLINE_PLUGIN_ACME_DEVELOPMENT: "true"}
//	remote:
//	  setting: base_url      # the field that takes the base URL of the remote
//	  key_header: Idempotency-Key
//	  answers:
//	    - {method: POST, path: /orders, status: 201, body: '{"id": "r-1"}'}
//	  refusal: {body: '{"code": {status}}'}
//
// What is wrong with it is in the error, with the place.
func ReadHarness(from io.Reader) (Harness, error) {
	var file harnessFile
	decoder := yaml.NewDecoder(from)
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return Harness{}, fmt.Errorf("read harness: %w", err)
	}
	h := Harness{Settings: file.Settings, Secrets: file.Secrets, Environment: file.Environment}
	for _, f := range file.Faulty {
		h.Faulty = append(h.Faulty, Faulty{Name: f.Name, Settings: f.Settings, Secrets: f.Secrets, Field: f.Field})
	}
	for i, raw := range file.Tracking {
		record := &pluginv1.TrackingRecord{}
		if err := readMessage(raw, record); err != nil {
			return Harness{}, fmt.Errorf("read harness: tracking[%d]: %w", i, err)
		}
		h.Tracking = append(h.Tracking, record)
	}
	for i, raw := range file.Orders {
		order := &commercev1.Order{}
		if err := readMessage(raw, order); err != nil {
			return Harness{}, fmt.Errorf("read harness: orders[%d]: %w", i, err)
		}
		h.Orders = append(h.Orders, order)
	}
	for status, name := range file.Outcomes {
		outcome, known := pluginv1.Outcome_value["OUTCOME_"+name]
		if !known {
			return Harness{}, fmt.Errorf("read harness: outcomes: %d: there is no outcome %q", status, name)
		}
		if h.Outcomes == nil {
			h.Outcomes = map[int]pluginv1.Outcome{}
		}
		h.Outcomes[status] = pluginv1.Outcome(outcome)
	}
	if file.Remote != nil {
		if err := file.Remote.validate(); err != nil {
			return Harness{}, fmt.Errorf("read harness: remote: %w", err)
		}
		h.Remote = &Remote{Setting: file.Remote.Setting, New: file.Remote.New}
	}
	return h, nil
}

// readMessage makes a message of what YAML has as maps and lists.
func readMessage(from any, to proto.Message) error {
	var raw bytes.Buffer
	if err := json.NewEncoder(&raw).Encode(from); err != nil {
		return err
	}
	return protojson.Unmarshal(raw.Bytes(), to)
}
