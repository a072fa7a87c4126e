// Package geo is about places on earth in Matrix's words: m.location and MSC3488, with the URIs of RFC 5870.
package geo

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"maunium.net/go/mautrix/event"
)

// Keys of a location (MSC3488).
const (
	KeyLocation = "org.matrix.msc3488.location"
	KeyAsset    = "org.matrix.msc3488.asset"
)

// What a place is (MSC3488, "m.asset").
const (
	Pin  = "m.pin"  // one on the map
	Self = "m.self" // where the sender is
)

// Place is a place. Accuracy is in metres; 0: not known. Name is how its sender calls it; "": it has none.
type Place struct {
	Latitude, Longitude float64
	Accuracy            uint32
	Name                string
}

// URI writes a place without its name.
func (p Place) URI() string {
	uri := "geo:" + Degrees(p.Latitude) + "," + Degrees(p.Longitude)
	if p.Accuracy > 0 {
		uri += fmt.Sprintf(";u=%d", p.Accuracy)
	}
	return uri
}

// IsPosition tells whether there is such a place.
func IsPosition(latitude, longitude float64) bool {
	return math.Abs(latitude) <= 90 && math.Abs(longitude) <= 180 // not for NaN
}

// Degrees writes an angle.
func Degrees(angle float64) string { return strconv.FormatFloat(angle, 'f', -1, 64) }

// Extra is what an m.location carries besides its own fields. asset is [Pin] or [Self].
func Extra(uri, description, asset string) map[string]any {
	return map[string]any{KeyLocation: map[string]any{"uri": uri, "description": description}, KeyAsset: map[string]any{"type": asset}}
}

// Of reads a Matrix location; not ok when it names no place. raw is the whole content.
func Of(content *event.MessageEventContent, raw map[string]any) (Place, bool) {
	said, _ := raw[KeyLocation].(map[string]any)
	if said == nil {
		said, _ = raw["m.location"].(map[string]any)
	}
	uri := content.GeoURI
	if uri == "" {
		uri, _ = said["uri"].(string)
	}
	place, ok := Parse(uri)
	if !ok {
		return place, false
	}
	place.Name, _ = said["description"].(string)
	if place.Name == "" && !strings.Contains(content.Body, "geo:") {
		place.Name = content.Body // clients without a description write their own words and the URI here
	}
	return place, true
}

// Parse reads a position on the earth (RFC 5870, section 3.3), with its accuracy.
func Parse(uri string) (place Place, ok bool) {
	scheme, rest, found := strings.Cut(uri, ":")
	if !found || !strings.EqualFold(scheme, "geo") {
		return Place{}, false
	}
	parts := strings.Split(rest, ";")
	coordinates := strings.Split(parts[0], ",")
	if len(coordinates) < 2 || len(coordinates) > 3 {
		return Place{}, false
	}
	latitude, latitudeErr := strconv.ParseFloat(coordinates[0], 64)
	longitude, longitudeErr := strconv.ParseFloat(coordinates[1], 64)
	if latitudeErr != nil || longitudeErr != nil || !IsPosition(latitude, longitude) {
		return Place{}, false
	}
	for _, parameter := range parts[1:] {
		name, value, _ := strings.Cut(parameter, "=")
		switch strings.ToLower(name) {
		case "u":
			if metres, err := strconv.ParseFloat(value, 64); err == nil && metres > 0 && metres < math.MaxUint32 {
				place.Accuracy = uint32(math.Round(metres))
			}
		case "crs":
			if !strings.EqualFold(value, "wgs84") {
				return Place{}, false
			}
		}
	}
	place.Latitude, place.Longitude = latitude, longitude
	return place, true
}
