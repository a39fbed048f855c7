package veil

import (
	"encoding/json"
	"hash/maphash"
	"net/url"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

const (
	// shortest secret that is masked: a shorter one would tear holes into innocent words.
	shortest = 4
	// mostSecrets are known at a time, far more than a plugin has connections. With more
	// all are forgotten, and those that are sent again are known again.
	mostSecrets = 1 << 20
	// lingering calls have ended, but the plugin may have written of them and the host has
	// not read it.
	lingering = 64
)

// Veil is for all processes of one plugin. Safe for concurrent use.
type Veil struct {
	seed maphash.Seed

	mu      sync.Mutex
	secrets *index
	// seen are connections as they were sent: what they hold is known.
	seen   map[uint64]struct{}
	people *index
	// fresh calls have not been looked into, since nothing was written.
	fresh map[*call]struct{}
	ended []*call
	// gone counts the calls that ended and were forgotten.
	gone    uint64
	waiting map[*wait]struct{}
}

// wait is one of Wait. The calls from number first on are to be kept, those that lingered
// when it began.
type wait struct{ first uint64 }

// call is a request that a process has.
type call struct {
	request proto.Message
	// people of its records, once it was looked into.
	people []string
}

// New returns a veil that knows nothing.
func New() *Veil {
	return &Veil{
		seed: maphash.MakeSeed(), secrets: newIndex(), seen: map[uint64]struct{}{},
		people: newIndex(), fresh: map[*call]struct{}{}, waiting: map[*wait]struct{}{},
	}
}

// Connections is told of connections before they are sent.
func (v *Veil) Connections(connections ...*pluginv1.Connection) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range connections {
		sum := maphash.Bytes(v.seed, c.GetState())
		for _, secret := range c.GetSecrets() {
			sum += maphash.String(v.seed, secret)
		}
		if _, known := v.seen[sum]; known {
			continue
		}
		if max(v.secrets.size, len(v.seen)) > mostSecrets {
			v.secrets, v.seen = newIndex(), map[uint64]struct{}{}
		}
		v.seen[sum] = struct{}{}
		for _, secret := range c.GetSecrets() {
			v.secret(secret)
		}
		v.state(c.GetState())
	}
}

// State is told of state that the plugin wants kept for a connection: it has tokens.
func (v *Veil) State(state []byte) {
	if len(state) == 0 {
		return
	}
	v.Connections(&pluginv1.Connection{State: state})
}

// state takes the texts out of JSON, or all of it for one.
func (v *Veil) state(state []byte) {
	if len(state) == 0 {
		return
	}
	var value any
	if json.Unmarshal(state, &value) != nil {
		value = string(state)
	}
	eachText(value, func(text string) {
		if len(text) >= 2*shortest { // Not "Bearer" and the like.
			v.secret(text)
		}
	})
}

func eachText(value any, do func(string)) {
	switch value := value.(type) {
	case string:
		do(value)
	case []any:
		for _, inner := range value {
			eachText(inner, do)
		}
	case map[string]any:
		for _, inner := range value {
			eachText(inner, do)
		}
	}
}

func (v *Veil) secret(secret string) {
	for _, form := range append(written(secret), url.QueryEscape(secret)) {
		for part := range parts(form) {
			if len(part) >= shortest && !v.secrets.has(part) {
				v.secrets.add(part, 1)
			}
		}
	}
}

// Carry is told of a request before it is sent. Call the function it returns when the call
// has ended.
func (v *Veil) Carry(request proto.Message) (done func()) {
	c := &call{request: request}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fresh[c] = struct{}{}
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.ended = append(v.ended, c)
		v.forget()
	}
}

// Wait is told that lines were read that are masked later: what would be masked in them now
// is, until the function it returns is called. Do that soon, calls gather until then.
func (v *Veil) Wait() (done func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	w := &wait{v.gone + uint64(v.over())} //nolint:gosec // It is a count.
	v.waiting[w] = struct{}{}
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		delete(v.waiting, w)
		v.forget()
	}
}

// over is how many of the calls that ended linger no longer.
func (v *Veil) over() int { return max(0, len(v.ended)-lingering) }

// forget the calls that linger no longer and that nobody waits for.
func (v *Veil) forget() {
	over := v.over()
	for w := range v.waiting {
		over = min(over, int(w.first-v.gone)) //nolint:gosec // None from first on is gone.
	}
	for _, c := range v.ended[:over] {
		delete(v.fresh, c)
		for _, text := range c.people {
			v.people.add(text, -1)
		}
	}
	v.gone += uint64(over) //nolint:gosec // It is a count.
	v.ended = slices.Delete(v.ended, 0, over)
}

// lookInto the calls that were made since something was written last.
func (v *Veil) lookInto() {
	for c := range v.fresh {
		for text := range peopleIn(c.request) {
			for _, form := range written(text) {
				for part := range parts(form) {
					if len(part) >= shortest {
						c.people = append(c.people, part)
						v.people.add(part, 1)
					}
				}
			}
		}
		c.request = nil
		delete(v.fresh, c)
	}
}

// Mask returns the line with a mask for all that it must not tell: the same slice if there
// is nothing. It does not keep the line.
func (v *Veil) Mask(line []byte) []byte {
	v.mu.Lock()
	v.lookInto()
	var found spans
	found = v.secrets.find(line, found)
	found = v.people.find(line, found)
	v.mu.Unlock()
	found = patterned(line, found)
	return found.replace(line)
}
