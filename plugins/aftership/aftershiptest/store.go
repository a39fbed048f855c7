package aftershiptest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Unrecognized is the slug of a tracking whose courier was not detected.
const Unrecognized = "unrecognized"

// keptFor is how long a tracking can be listed (AfterShip API reference,
// section 9).
const keptFor = 120 * 24 * time.Hour

// Tracking is a record that the stand-in keeps.
type Tracking struct {
	// ID is the id of newer generations, LegacyID that of older ones; every
	// endpoint takes both.
	ID, LegacyID string
	// Organisation owns it.
	Organisation string
	// Number and Slug together are unique in an organisation.
	Number, Slug string
	// Generation it was created through.
	Generation Generation
	// Created and Updated are the times of the first and last write.
	Created, Updated time.Time
	// Received is the body of its creation, byte for byte.
	Received json.RawMessage

	// facts by meaning.
	facts map[string]any
}

// Fact is a fact by its field name in the given generation, nil if unknown.
func (t Tracking) Fact(g Generation, name string) any {
	for _, f := range model(g) {
		if f.name == name {
			return t.facts[f.meaning]
		}
	}
	return nil
}

// CustomField is one custom field, empty if unknown.
func (t Tracking) CustomField(key string) string {
	pairs, _ := t.facts["custom_fields"].(map[string]any)
	value, _ := pairs[key].(string)
	return value
}

// render is the tracking as a generation shows it: every key exists, unknown
// ones are null (section 5).
func (t Tracking) render(g Generation) map[string]any {
	shown := map[string]any{}
	for _, f := range model(g) {
		shown[f.name] = t.facts[f.meaning]
		if f.shape == texts || f.shape == objects {
			if shown[f.name] == nil {
				shown[f.name] = []any{}
			}
		}
	}
	maps.Copy(shown, map[string]any{
		"id": t.ID, "tracking_number": t.Number, "slug": t.Slug,
		"created_at": t.Created.UTC().Format("2006-01-02T15:04:05+00:00"),
		"updated_at": t.Updated.UTC().Format("2006-01-02T15:04:05+00:00"),
		"active":     true, "source": "api",
		"tag": "Pending", "subtag": "Pending_001", "subtag_message": "Pending",
		"tracked_count": 0, "checkpoints": []any{},
		"subscribed_emails": []any{}, "subscribed_smses": []any{},
		"return_to_sender": false,
	})
	if shown["title"] == nil {
		shown["title"] = t.Number
	}
	if g.since(V202507) {
		// In the models of the official Node library since then at the latest.
		shown["aftership_tracking_url"] = "https://tracking.stand-in.example/" + t.ID
	}
	if g.longIDs() {
		shown["legacy_id"] = t.LegacyID
	} else {
		shown["id"] = t.LegacyID
	}
	return shown
}

// put keeps a new tracking under ids of its own, which no other start gives out:
// AfterShip's never come again.
func (s *Server) put(t *Tracking) {
	s.created++
	sum := sha256.Sum256(fmt.Appendf(nil, "tracking %d of %s", s.created, s.start))
	digits := hex.EncodeToString(sum[:])
	if t.ID == "" {
		t.ID = digits[:32]
	}
	t.LegacyID = digits[32:56]
	s.trackings = append(s.trackings, t)
}

// find looks a tracking up by its owner and a test.
func (s *Server) find(organisation string, is func(*Tracking) bool) *Tracking {
	i := slices.IndexFunc(s.trackings, func(t *Tracking) bool {
		return t.Organisation == organisation && is(t)
	})
	if i < 0 {
		return nil
	}
	return s.trackings[i]
}

func byID(id string) func(*Tracking) bool {
	return func(t *Tracking) bool { return t.ID == id || t.LegacyID == id }
}

func byNumber(slug, number string) func(*Tracking) bool {
	return func(t *Tracking) bool { return t.Number == number && t.Slug == slug }
}

// Seed keeps a tracking as if somebody had made it before, by hand or through
// another program: body is what they would have sent in that generation, without
// wrapping. It fails as the API would.
func (s *Server) Seed(g Generation, key string, body map[string]any) (Tracking, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return Tracking{}, fmt.Errorf("encode seed: %w", err)
	}
	if g.wrapped() {
		raw = fmt.Appendf(nil, `{"tracking":%s}`, raw)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	organisation := s.keys[key].Organisation
	if organisation == "" {
		organisation = key
	}
	c := &call{generation: g, organisation: organisation, raw: raw}
	if answer := s.create(c); answer.failure != nil {
		return Tracking{}, answer.failure
	}
	return s.trackings[len(s.trackings)-1].copied(), nil
}

// Trackings are the records kept, oldest first.
func (s *Server) Trackings() []Tracking {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Tracking, 0, len(s.trackings))
	for _, t := range s.trackings {
		all = append(all, t.copied())
	}
	return all
}

// Delete removes a tracking as a merchant would in the web page; it says whether
// there was one.
func (s *Server) Delete(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.trackings)
	s.trackings = slices.DeleteFunc(s.trackings, byID(id))
	return len(s.trackings) < before
}

func (t *Tracking) copied() Tracking {
	c := *t
	c.facts = maps.Clone(t.facts)
	return c
}
