package aftershiptest

import (
	"net/http"
	"slices"
	"strings"
)

// create serves POST /trackings.
func (s *Server) create(c *call) *reply {
	tracking, whole, failure := decode(c.generation, c.raw)
	if failure != nil {
		r := failed(failure)
		r.body = whole
		return r
	}
	r := s.createFrom(c, tracking)
	r.body = whole
	return r
}

func (s *Server) createFrom(c *call, tracking map[string]any) *reply {
	sent, failure := read(c.generation, tracking, false)
	number, _ := sent.facts["tracking_number"].(string)
	_, given := sent.facts["tracking_number"]
	switch {
	case failure == nil && !given:
		failure = badRequest(4007, "`tracking_number` is required.")
	case failure == nil && !numberCharacters.MatchString(number):
		// Whether lower case is refused is not documented; it is not in the list
		// of characters (AfterShip API reference, section 2.4).
		failure = badRequest(4017, "The format of `tracking_number` is invalid.")
	case failure == nil && sent.facts["slug"] != nil && sent.facts["slug_group"] != nil:
		failure = invalidValue("slug_group")
	}
	if failure != nil {
		return droppedFrom(failed(failure), sent)
	}
	courier, failure := s.courierFor(sent.facts, number)
	if failure == nil {
		failure = courier.missing(c.generation, sent.facts)
	}
	if failure != nil {
		return droppedFrom(failed(failure), sent)
	}
	if there := s.find(c.organisation, byNumber(courier.Slug, number)); there != nil {
		return droppedFrom(s.alreadyExists(c.generation, there), sent)
	}
	own, _ := sent.facts["id"].(string)
	if own != "" {
		if there := s.find(c.organisation, byID(own)); there != nil {
			return droppedFrom(s.alreadyExists(c.generation, there), sent)
		}
	}
	now := s.clock()
	t := &Tracking{
		ID: own, Organisation: c.organisation, Number: number, Slug: courier.Slug,
		Generation: c.generation, Created: now, Updated: now,
		Received: slices.Clone(c.raw), facts: sent.facts,
	}
	s.put(t)
	r := success(http.StatusCreated, oneTracking(c.generation, t))
	r.tracking = t
	return droppedFrom(r, sent)
}

func droppedFrom(r *reply, s submission) *reply {
	r.dropped = s.dropped
	return r
}

// courierFor is the courier that a tracking names, or the detected one.
func (s *Server) courierFor(facts map[string]any, number string) (Courier, *apiError) {
	if slug, ok := facts["slug"].(string); ok {
		courier, known := s.courier(slug)
		if !known {
			return Courier{}, badRequest(4010, "The value of `slug` is invalid.")
		}
		return courier, nil
	}
	if courier, ok := s.detect(number); ok {
		return courier, nil
	}
	if s.undetected > 0 {
		return Courier{}, undetected(s.undetected)
	}
	return Courier{Slug: Unrecognized}, nil
}

// update serves PUT of one tracking.
func (s *Server) update(c *call, t *Tracking) *reply {
	tracking, whole, failure := decode(c.generation, c.raw)
	if failure != nil {
		r := failed(failure)
		r.body = whole
		return r
	}
	r := s.updateFrom(c, t, tracking)
	r.body = whole
	return r
}

func (s *Server) updateFrom(c *call, t *Tracking, tracking map[string]any) *reply {
	sent, failure := read(c.generation, tracking, true)
	if failure != nil {
		return droppedFrom(failed(failure), sent)
	}
	slug := t.Slug
	if given, ok := sent.facts["slug"].(string); ok {
		if _, known := s.courier(given); !known {
			return droppedFrom(failed(badRequest(4010, "The value of `slug` is invalid.")), sent)
		}
		slug = given
	}
	there := s.find(c.organisation, byNumber(slug, t.Number))
	if there != nil && there != t {
		return droppedFrom(s.alreadyExists(c.generation, there), sent)
	}
	t.Slug, t.Updated = slug, s.clock()
	for meaning, value := range sent.facts {
		t.facts[meaning] = value
	}
	if t.facts["note"] == "" {
		t.facts["note"] = nil
	}
	r := success(http.StatusOK, oneTracking(c.generation, t))
	r.tracking = t
	return droppedFrom(r, sent)
}

// show serves GET of one tracking.
func (s *Server) show(c *call, t *Tracking) *reply {
	r := success(http.StatusOK, oneTracking(c.generation, t))
	r.tracking = t
	return r
}

// remove serves DELETE of one tracking: 200 with the tracking.
func (s *Server) remove(c *call, t *Tracking) *reply {
	s.trackings = slices.DeleteFunc(s.trackings, func(other *Tracking) bool { return other == t })
	return s.show(c, t)
}

// one finds the tracking of a path: {id}, or {slug}/{number} in the older
// generations. Whether a malformed id is 4015 or 4004 is our reading of section 7.
func (s *Server) one(c *call, path string) (*Tracking, *apiError) {
	is := byID(path)
	if slug, number, byPair := strings.Cut(path, "/"); byPair {
		is = byNumber(slug, number)
	} else if !idCharacters.MatchString(path) {
		return nil, badRequest(4015, "The value of `id` is invalid.")
	}
	if t := s.find(c.organisation, is); t != nil {
		return t, nil
	}
	return nil, doesNotExist()
}
