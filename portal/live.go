package portal

import "time"

// A live location of staff's crosses as a location and as edits of it. These fields, which only the bridge sets, say so to the
// connector: they never stand in a room.
const (
	keyLive     = "org.passerelle.live"
	keyLiveEnds = "org.passerelle.live_ends"
)

// MarkLive marks the content of a location as the first position of somebody who can be followed for a time.
func MarkLive(raw map[string]any, lasts time.Duration) { raw[keyLive] = lasts }

// LiveFor tells for how long the sender of a location can be followed; not ok: not at all.
func LiveFor(raw map[string]any) (lasts time.Duration, ok bool) {
	lasts, ok = raw[keyLive].(time.Duration)
	return lasts, ok
}

// MarkLiveEnd marks the content of an edit as the end of a live location.
func MarkLiveEnd(raw map[string]any) { raw[keyLiveEnds] = struct{}{} }

// LiveEnds tells whether an edit is the end of a live location.
func LiveEnds(raw map[string]any) bool {
	_, ends := raw[keyLiveEnds].(struct{})
	return ends
}
