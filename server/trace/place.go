package trace

import "encoding/hex"

// Place is a place in a trace. The zero value is none. Places may be compared.
type Place struct {
	// Trace names the trace, Span the span in it that what follows is a child of.
	// Neither is zero unless the place is.
	Trace [16]byte
	Span  [8]byte
	// Flags says whether the caller records the trace, see Sampled, and that its id is
	// random. There are no others.
	Flags byte
}

// The flags.
const (
	// Sampled: the caller may record the trace, so that its children should too.
	Sampled byte = 1
	// Random: the trace's id is random, at least in its last seven bytes.
	Random byte = 2
)

const (
	versionLength = 2
	// length is that of version 00. Later ones begin with the same fields.
	length = versionLength + 1 + 32 + 1 + 16 + 1 + 2
	// mostLength bounds what a later version may add.
	mostLength = 512
)

// Parse reads a traceparent by the rules of W3C Trace Context: of a later version than
// ours it takes the fields that are ours. What is malformed is none: a trace is no reason
// to refuse a call.
func Parse(traceparent string) (Place, bool) {
	if len(traceparent) < length || len(traceparent) > mostLength {
		return Place{}, false
	}
	var version, flags [1]byte
	var p Place
	valid := lowerHex(version[:], traceparent[:2]) && traceparent[2] == '-' &&
		lowerHex(p.Trace[:], traceparent[3:35]) && traceparent[35] == '-' &&
		lowerHex(p.Span[:], traceparent[36:52]) && traceparent[52] == '-' &&
		lowerHex(flags[:], traceparent[53:55])
	switch {
	case !valid, p.Trace == [16]byte{}, p.Span == [8]byte{}, version[0] == 0xff:
		return Place{}, false
	case len(traceparent) > length && (version[0] == 0 || traceparent[length] != '-'):
		return Place{}, false
	}
	p.Flags = flags[0] & (Sampled | Random)
	if version[0] > 0 {
		p.Flags &= Sampled // What the others mean there is not known.
	}
	return p, true
}

// lowerHex decodes a text of twice the length of into.
func lowerHex(into []byte, text string) bool {
	for i := range into {
		high, low := nibble(text[2*i]), nibble(text[2*i+1])
		if high > 0xf || low > 0xf {
			return false
		}
		into[i] = high<<4 | low
	}
	return true
}

// nibble is the value of a digit, or more than 0xf.
func nibble(digit byte) byte {
	switch {
	case digit >= '0' && digit <= '9':
		return digit - '0'
	case digit >= 'a' && digit <= 'f':
		return digit - 'a' + 10
	}
	return 0xff
}

// IsZero says whether there is no trace.
func (p Place) IsZero() bool { return p == Place{} }

// IsSampled says whether the caller records the trace.
func (p Place) IsSampled() bool { return p.Flags&Sampled != 0 }

// String is the traceparent of the place, of version 00. It is empty for the zero value.
func (p Place) String() string {
	if p.IsZero() {
		return ""
	}
	text := make([]byte, 0, length)
	text = hex.AppendEncode(append(text, "00-"...), p.Trace[:])
	text = hex.AppendEncode(append(text, '-'), p.Span[:])
	return string(hex.AppendEncode(append(text, '-'), []byte{p.Flags}))
}

// TraceID is the trace in 32 digits, as tools that show traces want it. It is empty for
// the zero value.
func (p Place) TraceID() string {
	if p.IsZero() {
		return ""
	}
	return hex.EncodeToString(p.Trace[:])
}

// Bytes is the place in the bytes in which it is stored, nil for the zero value.
func (p Place) Bytes() []byte {
	if p.IsZero() {
		return nil
	}
	stored := make([]byte, 0, storedLength)
	return append(append(append(stored, p.Trace[:]...), p.Span[:]...), p.Flags)
}

// storedLength is that of Bytes.
const storedLength = 16 + 8 + 1

// FromBytes reads what Bytes wrote; anything else is the zero value.
func FromBytes(stored []byte) (p Place) {
	if len(stored) != storedLength {
		return Place{}
	}
	copy(p.Trace[:], stored)
	copy(p.Span[:], stored[16:])
	p.Flags = stored[24]
	return p
}
